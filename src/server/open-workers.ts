/** Those who work on tasks, with everything they work with. */
import { availableParallelism } from "node:os";
import type { FastifyBaseLogger } from "fastify";
import { openAudioWorkers } from "../audio/audio-workers.ts";
import { systemClock } from "../core/clock.ts";
import type { Closers } from "../core/closers.ts";
import { encodeSoundFile } from "../media/sound-file.ts";
import type { Tools } from "../media/tools.ts";
import { toApiError } from "./api-error.ts";
import { runDub } from "./dub/run-dub.ts";
import type { Engines } from "./engines/engines.ts";
import { noteTurn } from "./log-turn.ts";
import type { Metrics } from "./metrics.ts";
import type { Data } from "./open-data.ts";
import type { ServerSettings } from "./settings.ts";
import { openEngineVoices } from "./speech/engine-voices.ts";
import { resultWriter } from "./speech/result-file.ts";
import { runSpeech } from "./speech/run-speech.ts";
import type { Sinks } from "./speech/sinks.ts";
import { Workers } from "./tasks/workers.ts";

export type WorkersContext = {
  readonly data: Data;
  readonly engines: Engines;
  readonly sinks: Sinks;
  readonly settings: ServerSettings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly metrics: Metrics;
  readonly logger: FastifyBaseLogger;
  readonly tools: () => Promise<Tools>;
  readonly now: () => number;
};

/**
 * Begins nothing yet.
 *
 * @param opened closes what they work with.
 */
export function openWorkers(
  { data, engines, sinks, settings, env, metrics, logger, tools, now }: WorkersContext,
  opened: Closers,
): Workers {
  const { root, folder, files, tasks, voices } = data;
  const { callTimeoutMs, outageMs } = settings;
  const audio = opened.use(openAudioWorkers({ count: availableParallelism() }));
  const speech = {
    ...{ engines, store: tasks, files, voices, now },
    engineVoices: openEngineVoices(voices),
    writeResult: resultWriter({
      ...{ files, folder },
      encode: async (file, call) => await encodeSoundFile(await tools(), file, call),
    }),
    changeTempo: audio.changeTempo,
    sinkOf: (id: string) => sinks.get(id),
  };
  const dub = { ...speech, callTimeoutMs, outageMs, root, env };
  return new Workers({
    ...{ store: tasks, limit: settings.workers, dubLimit: settings.dubWorkers },
    ...{ clock: systemClock, now },
    runners: {
      speech: (task, call) => runSpeech(speech, task, call),
      dub: (task, call) => runDub(dub, task, call),
    },
    describe: (error) => {
      const { code, message } = toApiError(error);
      return { code, message };
    },
    async discard(names) {
      for (const name of names) await files.remove(name);
    },
    onTurn: (turn) => noteTurn(turn, { metrics, logger }),
    onTrouble: (error) => logger.error({ err: error }, "the workers are in trouble"),
  });
}
