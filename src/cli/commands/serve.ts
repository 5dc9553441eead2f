/** `dubber serve`: the HTTP API, until Ctrl-C or SIGTERM. */
import { pino } from "pino";
import { collectEarly } from "../../core/small-heap.ts";
import { serve } from "../../server/serve.ts";
import { readServerSettings } from "../../server/settings.ts";
import type { Action } from "../command-context.ts";
import { unknownSettings } from "../environment.ts";
import { exitCodes } from "../exit-codes.ts";

export const serveCommand: Action = async (_args, values, { output, signal, env }) => {
  collectEarly();
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
  for (const name of unknownSettings())
    output.warn(`${name} in .env is no setting of Dubber; it is ignored.`);
  const level = output.isVerbose ? "debug" : settings.logLevel;
  // stdout is for results; lines are written together, so that thousands a second cost little.
  const destination = pino.destination({ fd: 2, sync: false, minLength: 4096 });
  const flushing = setInterval(() => destination.flush(), 200).unref();
  const logger = pino({ level, base: null, redact: ["req.headers", "headers"] }, destination);
  const server = await serve({ settings, env, logger });
  output.say(`Listening on ${server.url}; ${server.url}/docs shows what there is. Ctrl-C ends it.`);
  output.event({ type: "listening", url: server.url });
  await new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  output.say("Stopping: what is at work comes to its end or is kept.");
  await server.close();
  clearInterval(flushing);
  destination.flushSync();
  output.result({ status: "done", url: server.url }, "");
  return exitCodes.done;
};
