/** `dubber serve`: the HTTP API, until Ctrl-C or SIGTERM. */
import { pino } from "pino";
import { DubberError } from "../../core/error.ts";
import { collectEarly } from "../../core/small-heap.ts";
import { serve } from "../../server/serve.ts";
import { readServerSettings, type ServerSettings } from "../../server/settings.ts";
import type { Action } from "../command-context.ts";
import { unknownSettings } from "../environment.ts";
import { exitCodes } from "../exit-codes.ts";
import { currentFolder } from "../paths.ts";
import type { World } from "../world.ts";

export const serveCommand: Action = async (_args, values, { output, signal, env, world }) => {
  if (world.ownsProcess) collectEarly();
  const { host, port, dataDir, ttsProvider, workers } = values;
  const flags = {
    HOST: host,
    PORT: port,
    DATA_DIR: dataDir,
    TTS_ENGINE: ttsProvider,
    MAX_SYNTHESIS_WORKERS: workers,
  };
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  const settings = readServerSettings({
    ...env,
    ...Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
  });
  for (const name of unknownSettings(currentFolder(world)))
    output.warn(`${name} in .env is no setting of Dubber; it is ignored.`);
  const level = output.isVerbose ? "debug" : settings.logLevel;
  await using log = openLog(world);
  const logger = pino({ level, base: null, redact: ["req.headers", "headers"] }, log.destination);
  const server = await serve({ settings, env, logger }).catch((error: unknown) => {
    throw describeListenError(error, settings);
  });
  output.say(`Listening on ${server.url}; ${server.url}/docs shows what there is. Ctrl-C ends it.`);
  output.event({ type: "listening", url: server.url });
  await new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  output.say("Stopping: what is at work comes to its end or is kept.");
  await server.close();
  output.result({ status: "done", url: server.url }, "");
  return exitCodes.done;
};

/** Where the log goes: stderr, since stdout is for results. Lines are written together, so that thousands a second cost little. */
function openLog({ stderr, ownsProcess }: World) {
  if (!ownsProcess) return { destination: stderr, async [Symbol.asyncDispose]() {} };
  const destination = pino.destination({ fd: 2, sync: false, minLength: 4096 });
  const flushing = setInterval(() => destination.flush(), 200).unref();
  return {
    destination,
    async [Symbol.asyncDispose]() {
      clearInterval(flushing);
      destination.flushSync();
    },
  };
}

/** Why an address cannot be listened on; anything else comes back unchanged. */
function describeListenError(error: unknown, { host, port }: ServerSettings): unknown {
  if (!(error instanceof Error && "code" in error && "syscall" in error)) return error;
  const elsewhere = "Choose another with --port or PORT";
  const known: Readonly<Record<string, readonly [message: string, hint: string]>> = {
    EADDRINUSE: [
      `Port ${port} of ${host} is taken by another program.`,
      `${elsewhere}; 0 takes a free one. Is this server running already?`,
    ],
    EACCES: [`Port ${port} may not be listened on by this user.`, `${elsewhere}, above 1023.`],
    EADDRNOTAVAIL: [
      `HOST ${host} is no address of this machine.`,
      "Give one that is; 0.0.0.0 stands for all of them.",
    ],
    ENOTFOUND: [`HOST ${host} is a name nobody knows.`, "Check its spelling, or give an address."],
  };
  const reason = known[String(error.code)];
  if (reason === undefined) return error;
  return new DubberError("usage", reason[0], { hint: reason[1], cause: error });
}
