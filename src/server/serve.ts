/** One running server: opens everything from the data directory up to the socket, and closes it again in the other order. */
import type { AddressInfo } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import { readSecrets } from "../api/webhook-signature.ts";
import { systemClock } from "../core/clock.ts";
import { Closers } from "../core/closers.ts";
import { findTools, type Tools } from "../media/tools.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";
import { type HttpTimings, makeApp } from "./app.ts";
import type { ServerContext } from "./context.ts";
import { sweepWorkDirectories } from "./dub/work-directories.ts";
import { openEngines } from "./engines/engines.ts";
import { openStorageGuard } from "./files/storage-guard.ts";
import { openKeyRing } from "./keys.ts";
import { type Metrics, openMetrics } from "./metrics.ts";
import { openData } from "./open-data.ts";
import { openWorkers } from "./open-workers.ts";
import { openReachable } from "./reachable.ts";
import type { ServerSettings } from "./settings.ts";
import { Sinks } from "./speech/sinks.ts";
import { sweepRegularly } from "./sweeper.ts";
import { Courier } from "./webhooks/courier.ts";
import { type DeliveryOptions, openDelivery } from "./webhooks/deliver.ts";
import { makeMessage } from "./webhooks/message.ts";
import type { Outbox } from "./webhooks/outbox.ts";

export type ServeOptions = {
  readonly settings: ServerSettings;
  /** Keys, addresses and tools are found here. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logger: FastifyBaseLogger;
  /** Engines that are not in the catalogue. */
  readonly engines?: Readonly<Record<string, () => Promise<Synthesizer>>>;
  /** Finds ffmpeg, for a program that has looked for it already. Default: looks in FFMPEG_PATH and PATH. */
  readonly findTools?: typeof findTools;
  /** How webhooks reach their receivers. */
  readonly delivery?: Pick<DeliveryOptions, "resolve" | "connect" | "ca">;
  /** Unix ms; for tests. */
  readonly now?: () => number;
  /** What decides how long a call waits before its next try, 0 ≤ x < 1; for tests. Default Math.random. */
  readonly random?: () => number;
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
  const { webhookSecret, shutdownMs, callTimeoutMs, outageMs } = settings;
  let courier: Courier | undefined;
  const data = await openData(
    settings.dataDirectory,
    {
      ...{ makeMessage: webhookSecret === undefined ? undefined : makeMessage, now },
      onMessage: () => courier?.wake(),
    },
    opened,
  );
  const { root, folder, files, tasks, voices } = data;
  const engines = opened.use(
    openEngines({
      ...{ env, now, defaultEngine: settings.engine, limit: 2 * settings.workers },
      ...{ callTimeoutMs, outageMs, random: options.random },
      ...(options.engines && { extra: options.engines }),
    }),
  );
  const metrics = openMetrics({
    queue: tasks.counts,
    disk: async () => ({ used: await files.usedBytes(), free: await files.freeBytes() }),
  });
  opened.add(() => void metrics.close());
  if (webhookSecret !== undefined) {
    courier = openCourier({ outbox: data.outbox, secret: webhookSecret, metrics }, options);
    opened.add(() => courier?.close({ graceMs: webhookShare * shutdownMs }));
  }
  const tools = findOnce(options.findTools ?? findTools, env);
  const sinks = new Sinks();
  const parts = { settings, engines, sinks, metrics, tools, now };
  const workers = openWorkers({ ...parts, data, env, logger }, opened);
  let isStopping = false;
  const context: ServerContext = {
    ...{ ...parts, files, tasks, voices, workers, folder },
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
      { tasks, voices, files, engines, keptForMs: settings.keptForMs, now },
      {
        ...{ everyMs: settings.sweepEveryMs, clock: systemClock },
        onError: (error) => logger.error({ err: error }, "sweeping failed"),
      },
    ),
  );
  opened.add(async () => {
    isStopping = true;
    await workers.stop({ graceMs: graceShare * shutdownMs, mostMs: workShare * shutdownMs });
  });
  await sweepWorkDirectories({ root, tasks });
  workers.start();
  // Looking for them takes a moment, which the first listener would wait; who needs them is told when they are missing.
  tools().catch(() => {});
  await app.listen({ host: settings.host, port: settings.port });
  return urlOf(app.server.address() as AddressInfo);
}

type Messages = {
  readonly outbox: Outbox;
  readonly secret: string;
  readonly metrics: Metrics;
};

function openCourier(
  { outbox, secret, metrics }: Messages,
  { delivery, logger }: ServeOptions,
): Courier {
  return new Courier({
    outbox,
    deliver: openDelivery({ secrets: readSecrets(secret), ...delivery }),
    onDelivery: (report) => {
      metrics.webhooks.inc({ outcome: report.outcome });
      logger.info(report, "webhook");
    },
    onTrouble: (error) => logger.error({ err: error }, "webhooks are in trouble"),
  });
}

/** Finds the tools when they are first needed; what is missing may be there the next time. */
function findOnce(find: typeof findTools, env: ServeOptions["env"]): () => Promise<Tools> {
  let found: Promise<Tools> | undefined;
  return () => {
    found ??= find({ env });
    found.catch(() => (found = undefined));
    return found;
  };
}

function urlOf({ address, family, port }: AddressInfo): string {
  const host = family === "IPv6" ? `[${address}]` : address;
  return `http://${host}:${port}`;
}
