/** Runs one job for the command line: shows it, sums it up, and turns its end into an exit code. */
import { basename, join, relative } from "node:path";
import { languageName } from "../core/language.ts";
import { money } from "../core/money.ts";
import type { DubResult } from "../pipeline/dub.ts";
import type { Job } from "../pipeline/events.ts";
import { defaultWorkDirectory } from "../pipeline/work-directory.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Output } from "./output.ts";
import { openProgressBoard, type Progress } from "./progress.ts";

/** A job that has ended well, or nearly. */
export type Finished = {
  readonly result: DubResult;
  readonly seconds: number;
  /** Whether anybody was asked to speak, and so a log was written. */
  readonly hasCalls: boolean;
};

/**
 * @param log where its calls are logged, for when it fails.
 * @returns 0, or 3 when some lines could not be spoken.
 * @throws whatever the job failed with.
 */
export async function runJob(job: Job<DubResult>, output: Output, log: string): Promise<number> {
  const finished = await follow(job, openProgressBoard(output).open(), { output, log });
  output.say(summary(finished));
  const { result } = finished;
  output.result(shortResult(result), placeOf(result));
  return result.status === "partial" ? exitCodes.partial : exitCodes.done;
}

type FollowOptions = {
  readonly output: Output;
  /** Told when the job fails after somebody was asked to speak. */
  readonly log: string;
};

/**
 * Shows a job until its end.
 *
 * @throws whatever the job failed with.
 */
export async function follow(
  job: Job<DubResult>,
  progress: Progress,
  { output, log }: FollowOptions,
): Promise<Finished> {
  const startedAt = performance.now();
  let hasCalls = false;
  try {
    for await (const event of job) {
      hasCalls ||= event.type === "call" && event.stage === "synth";
      progress.show(event);
    }
    const result = await job.result;
    return { result, seconds: (performance.now() - startedAt) / 1000, hasCalls };
  } catch (error) {
    progress.end();
    if (hasCalls) output.say(`Every call is in ${relative(process.cwd(), log)}.`);
    throw error;
  } finally {
    progress.end();
  }
}

/** Where a run logs its calls. */
export function callLogOf(workdir: string | undefined, video: string): string {
  return join(workdir ?? defaultWorkDirectory(video), "synth_async.log");
}

/** The result as programs get it: the lines are in plan.json, here is their number. */
export function shortResult({ lines, ...rest }: DubResult): Readonly<Record<string, unknown>> {
  return { ...rest, ...(lines && { lines: lines.length }) };
}

/** What was made, seen from the current folder. */
export function placeOf({ output, youtube, languageDirectory }: DubResult): string {
  return relative(process.cwd(), output ?? youtube?.directory ?? languageDirectory) || ".";
}

/** What a person wants to know at the end, in a line or two. */
export function summary({ result, seconds, hasCalls }: Finished): string {
  const { lines, failures, warnings, language, video, speech, workdir, youtube } = result;
  const into = language === undefined ? "" : ` in ${languageName(language)}`;
  const parts = [`${basename(video)}${into}`];
  if (lines !== undefined) {
    const fastest = lines.reduce((max, { tempo }) => Math.max(max, tempo), 1);
    const late = lines.filter(({ overrun }) => overrun > 0.0005).length;
    parts.push(`${lines.length} lines spoken`, `fastest ${fastest.toFixed(2)}×`);
    if (late > 0) parts.push(`${late} too long for their place`);
  }
  if (failures.length > 0) parts.push(`${failures.length} not spoken`);
  if (warnings.length > 0) parts.push(`${warnings.length} warnings`);
  if (hasCalls && speech && speech.byFallback > 0)
    parts.push(`${speech.byFallback} by the fallback`);
  if (result.costUsd > 0) parts.push(`about ${money(result.costUsd)}`);
  parts.push(`${seconds.toFixed(1)} s`);
  const log = relative(process.cwd(), callLogOf(workdir, video));
  return [
    parts.join(" · "),
    ...(failures.length > 0 ? ["Run the same command again to speak only the missing lines."] : []),
    ...(youtube === undefined ? [] : [youtubeText(youtube)]),
    ...(hasCalls ? [`Every call to ${speech?.engine ?? "the voice"} is in ${log}.`] : []),
  ].join("\n");
}

function youtubeText({ directory, noChapters }: NonNullable<DubResult["youtube"]>): string {
  const folder = relative(process.cwd(), directory) || ".";
  const why = noChapters === undefined ? "" : `, without chapters: ${noChapters}`;
  return `The texts for YouTube are in ${folder}${why}`;
}
