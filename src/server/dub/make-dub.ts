/** Carries out the order of a dub, in the process of its own: the pipeline's whole path, then the files a client gets. */
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileThrough } from "../../core/atomic-file.ts";
import { systemClock } from "../../core/clock.ts";
import { DubberError, describeFileError } from "../../core/error.ts";
import { makeDirectory } from "../../core/make-directory.ts";
import { outputFormat } from "../../media/output-format.ts";
import { type MediaInfo, probe } from "../../media/probe.ts";
import { encodeSound } from "../../media/sound-encoder.ts";
import { type DubResult, dub } from "../../pipeline/dub.ts";
import type { DubOptions } from "../../pipeline/options.ts";
import { prepareSetup, type Setup, type SetupOptions } from "../../pipeline/setup.ts";
import { withoutKeptVoices } from "../engines/kept-voices.ts";
import { checkRoom } from "./check-room.ts";
import { type ClientWords, openClientWords } from "./client-words.ts";
import { toDubOptions, toSetupOptions } from "./dub-options.ts";
import { type DubProgress, openDubProgress } from "./dub-progress.ts";
import type { DubOrder, MadeDub } from "./dub-protocol.ts";
import { withOwnVoice } from "./own-voice.ts";

/** Lines that could not be spoken are tried again by a second run; all others have their clips by then. */
const mostRuns = 2;
/** The process of a killed server may hold the directory for a moment, ms. */
const lockPauseMs = 100;
const mostLockPauses = 100;
/** How often it is told how far the dub is, ms. */
const progressEveryMs = 300;

/**
 * Dubs, and goes on where an earlier process was killed. A dub in which lines are missing is none.
 *
 * @param env where keys, addresses and tools are found.
 * @returns paths of files that are nobody else's, a report and warnings without any path.
 * @throws DubberError in words for the client.
 */
export async function makeDub(
  order: DubOrder,
  {
    env,
    onProgress,
  }: { readonly env: SetupOptions["env"]; readonly onProgress: (share: number) => void },
): Promise<MadeDub> {
  const words = openClientWords(order);
  const progress = openDubProgress(order.job);
  const telling = tellRegularly(progress, onProgress);
  try {
    await using setup = openSetup(order, env);
    const info = await probe(await setup.tools(), order.video);
    await makeDirectory(order.directory);
    await checkRoom(order.directory, { duration: info.duration, video: order.video });
    const options = toDubOptions(order, outputFormat(info));
    const result = await dubAll(options, setup, progress);
    return await handOver({ order, result, info, setup, progress, words });
  } catch (error) {
    throw error instanceof DubberError ? words.error(error) : error;
  } finally {
    clearInterval(telling);
  }
}

/** By the clock, not by events: the last one before a long silence counts as well. */
function tellRegularly(progress: DubProgress, onProgress: (share: number) => void): NodeJS.Timeout {
  let told = 0;
  return setInterval(() => {
    if (progress.share <= told) return;
    told = progress.share;
    onProgress(told);
  }, progressEveryMs);
}

function openSetup(order: DubOrder, env: SetupOptions["env"]): Setup {
  const setup = prepareSetup(toSetupOptions(order, env));
  const { ownVoice, job } = order;
  let opened: ReturnType<Setup["synthesizer"]> | undefined;
  return {
    ...setup,
    synthesizer: () =>
      (opened ??= setup
        .synthesizer()
        .then((engine) =>
          ownVoice === undefined
            ? withoutKeptVoices(engine)
            : withOwnVoice(engine, ownVoice, job.to),
        )),
  };
}

/** @throws DubberError `lines_failed` when lines are still missing in the end. */
async function dubAll(
  options: DubOptions,
  setup: Setup,
  progress: DubProgress,
): Promise<DubResult> {
  for (let run = 1; ; run++) {
    const result = await dubOnce(options, setup, progress);
    if (result.status === "done") return result;
    if (run === mostRuns) throw linesMissing(result);
  }
}

async function dubOnce(
  options: DubOptions,
  setup: Setup,
  progress: DubProgress,
): Promise<DubResult> {
  for (let pauses = 0; ; pauses++) {
    try {
      const job = dub(options, { setup });
      for await (const event of job) progress.event(event);
      return await job.result;
    } catch (error) {
      const isLocked = error instanceof DubberError && error.code === "work_directory_locked";
      if (!isLocked || pauses === mostLockPauses) throw error;
      await systemClock.sleep(lockPauseMs);
    }
  }
}

function linesMissing({ lines = [], failures }: DubResult): DubberError {
  const all = lines.length + failures.length;
  const why = failures[0]?.reason ?? "nobody knows why";
  return new DubberError(
    "lines_failed",
    `${failures.length} of ${all} lines could not be spoken: ${why}`,
    { retryable: true },
  );
}

type HandOver = {
  readonly order: DubOrder;
  readonly result: DubResult;
  readonly info: MediaInfo;
  readonly setup: Setup;
  readonly progress: DubProgress;
  readonly words: ClientWords;
};

/** Copies what the pipeline wants to find again if this is the last thing before a crash, and makes what it does not. */
async function handOver({
  order: { directory, job },
  result: { languageDirectory, warnings, output = "" },
  info,
  setup,
  progress,
  words,
}: HandOver): Promise<MadeDub> {
  const at = (name: string): string => join(languageDirectory, name);
  const subtitles = join(directory, "subtitles.srt");
  await writeFileThrough(subtitles, (path) => copyFile(at("spoken.srt"), path));
  const report = JSON.parse(await read(at("report.json"))) as { readonly warnings: string[] };
  const told = {
    report: { ...words.value(report), warnings: report.warnings.map(words.message) },
    warnings: warnings.map(words.message),
  };
  if (info.video === undefined) return { audio: output, subtitles, ...told };
  if (job.burn === "soft" && !outputFormat(info).canHoldSubtitles) {
    told.warnings.push("This kind of video holds no subtitles; they are at subtitles_url.");
  }
  // Not WAV: an hour of that is 690 MB. AAC is what the picture of an MP4 has beside it, and every player knows it.
  const audio = join(directory, "sound.m4a");
  await encodeSound(
    await setup.tools(),
    { path: at("new_audio.wav"), outPath: audio, codec: "aac", parts: setup.workers },
    { onProgress: (seconds) => progress.sound(seconds / info.duration) },
  );
  return { video: output, audio, subtitles, ...told };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw describeFileError(error, path);
  }
}
