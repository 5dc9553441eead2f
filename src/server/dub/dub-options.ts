/** From a task's options to the pipeline's. */
import { availableParallelism } from "node:os";
import type { DubOptions } from "../../pipeline/options.ts";
import type { SetupOptions } from "../../pipeline/setup.ts";
import type { DubOrder } from "./dub-protocol.ts";

/** A dub is one worker of several: this many lines are spoken at once, and as many processes and threads work. */
const lanes = 2;

/**
 * Nothing that costs money besides the engine the task names: no translation, no recogniser but the one of this machine.
 *
 * @param output where the finished file goes.
 */
export function toDubOptions(
  { job, video, subtitles, directory, ownVoice }: DubOrder,
  output: string,
): DubOptions {
  const { to, engine, fit, background, burn, loudness } = job;
  const voice = ownVoice?.id ?? job.voice;
  return {
    ...{ video, to, engine, background, loudness, workdir: directory, output, burnMode: burn },
    ...{ workers: workers(), maxConcurrent: lanes },
    ...(subtitles !== undefined && { subs: subtitles }),
    ...(voice !== undefined && { voice }),
    ...(fit !== "plan" && { strictTiming: true, timingFitMode: fit }),
  };
}

export function toSetupOptions(
  { job, callTimeoutMs, outageMs }: DubOrder,
  env: SetupOptions["env"],
): SetupOptions {
  return {
    ...{ env, engine: job.engine, workers: workers(), maxConcurrent: lanes },
    ...(callTimeoutMs !== undefined && { ttsTimeout: callTimeoutMs / 1000 }),
    ...(outageMs !== undefined && { ttsPatience: outageMs / 1000 }),
  };
}

function workers(): number {
  return Math.min(lanes, availableParallelism());
}
