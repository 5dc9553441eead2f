/** From a task's options to the pipeline's. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { OutputFormat } from "../../media/output-format.ts";
import type { DubOptions } from "../../pipeline/options.ts";
import type { SetupOptions } from "../../pipeline/setup.ts";
import type { DubOrder } from "./dub-protocol.ts";

/** A dub is one worker of several: this many lines are spoken at once, and as many processes and threads work. */
const lanes = 2;

/**
 * Nothing that costs money besides the engine the task names: no translation, no recogniser but the one of this machine.
 *
 * @param format of the finished file, which goes into the order's directory.
 */
export function toDubOptions(
  { job, video, subtitles, directory, ownVoice }: DubOrder,
  { extension, canHoldSubtitles }: OutputFormat,
): DubOptions {
  const { to, engine, fit, background, burn, loudness } = job;
  const voice = ownVoice?.id ?? job.voice;
  return {
    ...{ video, to, engine, background, loudness },
    ...{ workdir: directory, output: join(directory, `dub${extension}`) },
    // A client gets them as a file in any case: nobody looks beside the output.
    burnMode: burn === "soft" && !canHoldSubtitles ? "off" : burn,
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
