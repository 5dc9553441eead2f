/** One running server: opens everything from the data directory up to the socket, and closes it again in the other order. */
import { readdir, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { FastifyBaseLogger } from "fastify";
import { readSecrets } from "../api/webhook-signature.ts";
import { openAudioWorkers } from "../audio/audio-workers.ts";
import { systemClock } from "../core/clock.ts";
import { Closers } from "../core/closers.ts";
import { describeFileError } from "../core/error.ts";
import { takeLock } from "../core/lock.ts";
import { makeDirectory } from "../core/make-directory.ts";
import { encodeSoundFile } from "../media/sound-file.ts";
import { findTools, type Tools } from "../media/tools.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";
import { toApiError } from "./api-error.ts";
import { type HttpTimings, makeApp } from "./app.ts";
import type { ServerContext } from "./context.ts";
import { runDub } from "./dub/run-dub.ts";
import { sweepWorkDirectories } from "./dub/work-directories.ts";
import { openEngines } from "./engines/engines.ts";
import { openDiskFiles } from "./files/disk-files.ts";
import { openStorageGuard } from "./files/storage-guard.ts";
import { openKeyRing } from "./keys.ts";
import { noteTurn } from "./log-turn.ts";
import { openMetrics } from "./metrics.ts";
import { openReachable } from "./reachable.ts";
import type { ServerSettings } from "./settings.ts";
import { openEngineVoices } from "./speech/engine-voices.ts";
import { resultWriter } from "./speech/result-file.ts";
import { runSpeech } from "./speech/run-speech.ts";
import { Sinks } from "./speech/sinks.ts";
import { openDatabase } from "./store/database.ts";
import { openSqliteOutbox } from "./store/sqlite-outbox.ts";
import { openSqliteTasks } from "./store/sqlite-tasks.ts";
import { openSqliteVoices } from "./store/sqlite-voices.ts";
import { sweepRegularly } from "./sweeper.ts";
import { Workers } from "./tasks/workers.ts";
import { Courier } from "./webhooks/courier.ts";
import { type DeliveryOptions, openDelivery } from "./webhooks/deliver.ts";
import { makeMessage } from "./webhooks/message.ts";

export type ServeOptions = {
  readonly settings: ServerSettings;
  /** Keys, addresses and tools are found here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: FastifyBaseLogger;
  /** Engines that are not in the catalogue. */
  readonly engines?: Readonly<Record<string, () => Promise<Synthesizer>>>;
  /** How webhooks reach their receivers. */
  readonly delivery?: Pick<DeliveryOptions, "resolve" | "connect" | "ca">;
  /** Unix ms; for tests. */
  readonly now?: () => number;
  /** For tests. */
  readonly timings?: HttpTimings;
};

export type RunningServer = {
  /** `http://127.0.0.1:8000` */
  readonly url: string;
  /** Takes nothing new, ends or keeps what is at work, and gives everything back, within SHUTDOWN_TIMEOUT. A second call waits for the first. */
  close(): Promise<void>;
};

/**
 * How much of the time to stop work gets to come to its end, how much of it with being given back, and then webhooks that are under way;
 * the rest is for closing.
 */
const graceShare = 0.6;
const workShare = 0.8;
const webhookShare = 0.1;

/**
 * Starts a server. An engine that is down is no reason not to: `/health` says so, and tasks wait for it.
 *
 * @throws DubberError `work_directory_locked` when another server has the data directory; `not_writable`, `disk_full`,
 * `work_directory_corrupt`; what `listen` throws.
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const opened = new Closers();
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= opened.close());
  try {
    const url = await open(options, opened);
    return { url, close };
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

async function open(options: ServeOptions, opened: Closers): Promise<string> {
  const { settings, env, logger, now = Date.now } = options;
  const root = settings.dataDirectory;
  await makeDirectory(root);
  opened.use(
    await takeLock(join(root, ".lock"), {
      what: "The data directory",
      wayOut: "give this server its own --data-dir",
    }),
  );
  const folder = await emptyFolder(join(root, "tmp"));
  const files = await openDiskFiles(join(root, "files"));
  const database = openDatabase(join(root, "dubber.db"));
  opened.add(() => database.close());
  const secrets =
    settings.webhookSecret === undefined ? undefined : readSecrets(settings.webhookSecret);
  const tasks = openSqliteTasks(database, {
    ...{ makeMessage: secrets && makeMessage, now },
    onMessage: () => courier?.wake(),
  });
  const voices = openSqliteVoices(database);
  const { callTimeoutMs, outageMs } = settings;
  const patience = { callTimeoutMs, outageMs };
  const engines = opened.use(
    openEngines({
      ...{ env, now, defaultEngine: settings.engine, limit: 2 * settings.workers },
      ...patience,
      ...(options.engines && { extra: options.engines }),
    }),
  );
  const metrics = openMetrics({
    queue: tasks.counts,
    disk: async () => ({ used: await files.usedBytes(), free: await files.freeBytes() }),
  });
  opened.add(() => void metrics.close());
  let found: Promise<Tools> | undefined;
  const tools = () => {
    found ??= findTools({ env });
    found.catch(() => (found = undefined));
    return found;
  };
  const courier = secrets && openCourier();
  if (courier) {
    opened.add(() => courier.close({ graceMs: webhookShare * settings.shutdownMs }));
  }
  const sinks = new Sinks();
  const audio = opened.use(openAudioWorkers({ count: availableParallelism() }));
  const writeResult = resultWriter({
    ...{ files, folder },
    encode: async (file, call) => await encodeSoundFile(await tools(), file, call),
  });
  const discard = async (names: readonly string[]) => {
    for (const name of names) await files.remove(name);
  };
  const speech = {
    engines,
    store: tasks,
    files,
    voices,
    engineVoices: openEngineVoices(voices),
    writeResult,
    changeTempo: audio.changeTempo,
    sinkOf: (id: string) => sinks.get(id),
    now,
  };
  const workers = new Workers({
    ...{ store: tasks, limit: settings.workers, dubLimit: settings.dubWorkers, clock: systemClock },
    ...{ now, discard },
    runners: {
      speech: (task, call) => runSpeech(speech, task, call),
      dub: (task, call) => runDub({ ...speech, ...patience, root, env }, task, call),
    },
    describe: (error) => {
      const { code, message } = toApiError(error);
      return { code, message };
    },
    onTurn: (turn) => noteTurn(turn, { metrics, logger }),
    onTrouble: (error) => logger.error({ err: error }, "the workers are in trouble"),
  });
  let isStopping = false;
  const context: ServerContext = {
    ...{ settings, engines, files, tasks, voices, sinks, workers, metrics, folder, tools, now },
    keys: openKeyRing(settings.apiKeys),
    storage: openStorageGuard({ ...settings, files, now }),
    inFlight: new Set(),
    rates: new Map(),
    isAccepting: () => !isStopping,
    isReachable: openReachable({ env, now }),
  };
  const app = await makeApp(context, logger, options.timings);
  opened.add(() => app.close());
  opened.add(
    sweepRegularly(
      { tasks, voices, files, keptForMs: settings.keptForMs, now },
      {
        ...{ everyMs: settings.sweepEveryMs, clock: systemClock },
        onError: (error) => logger.error({ err: error }, "sweeping failed"),
      },
    ),
  );
  opened.add(async () => {
    isStopping = true;
    const { shutdownMs } = settings;
    await workers.stop({ graceMs: graceShare * shutdownMs, mostMs: workShare * shutdownMs });
  });
  await sweepWorkDirectories({ root, tasks });
  workers.start();
  await app.listen({ host: settings.host, port: settings.port });
  return urlOf(app.server.address() as AddressInfo);

  function openCourier(): Courier {
    return new Courier({
      outbox: openSqliteOutbox(database),
      deliver: openDelivery({ secrets: secrets ?? [], ...options.delivery }),
      onDelivery: (report) => {
        metrics.webhooks.inc({ outcome: report.outcome });
        logger.info(report, "webhook");
      },
      onTrouble: (error) => logger.error({ err: error }, "webhooks are in trouble"),
    });
  }
}

/** What a killed server left of uploads and files in the making is of no use. */
async function emptyFolder(path: string): Promise<string> {
  try {
    await makeDirectory(path);
    for (const name of await readdir(path)) {
      await rm(join(path, name), { recursive: true, force: true });
    }
    return path;
  } catch (error) {
    throw describeFileError(error, path);
  }
}

function urlOf({ address, family, port }: AddressInfo): string {
  const host = family === "IPv6" ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
