/** Runs one job for the command line: shows it, sums it up, and turns its end into an exit code. */
import { basename, join } from "node:path";
import { languageName } from "../core/language.ts";
import { money } from "../core/money.ts";
import type { DubResult } from "../pipeline/dub.ts";
import type { Job } from "../pipeline/events.ts";
import type { CommandContext } from "./command-context.ts";
import { exitCodes } from "./exit-codes.ts";
import { shownPath } from "./paths.ts";
import { openProgressBoard, type Progress } from "./progress.ts";
import type { World } from "./world.ts";

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
export async function runJob(
  job: Job<DubResult>,
  { output, world }: Pick<CommandContext, "output" | "world">,
  log: string,
): Promise<number> {
  const progress = openProgressBoard(output, world).open();
  const finished = await follow(job, progress, { output, world, log });
  output.say(summary(finished, world));
  const { result } = finished;
  output.result(shortResult(result), placeOf(result, world));
  return result.status === "partial" ? exitCodes.partial : exitCodes.done;
}

type FollowOptions = Pick<CommandContext, "output" | "world"> & {
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
  { output, world, log }: FollowOptions,
): Promise<Finished> {
  const startedAt = world.now();
  let hasCalls = false;
  try {
    for await (const event of job) {
      hasCalls ||= event.type === "call" && event.stage === "synth";
      progress.show(event);
    }
    const result = await job.result;
    return { result, seconds: (world.now() - startedAt) / 1000, hasCalls };
  } catch (error) {
    progress.end();
    if (hasCalls) output.say(`Every call is in ${shownPath(log, world)}.`);
    throw error;
  } finally {
    progress.end();
  }
}

/** Where a run logs its calls. */
export function callLogOf(workdir: string): string {
  return join(workdir, "synth_async.log");
}

/** The result as programs get it: the lines are in plan.json, here is their number. */
export function shortResult({ lines, ...rest }: DubResult): Readonly<Record<string, unknown>> {
  return { ...rest, ...(lines && { lines: lines.length }) };
}

/** What was made, seen from the current folder. */
export function placeOf({ output, youtube, languageDirectory }: DubResult, world: World): string {
  return shownPath(output ?? youtube?.directory ?? languageDirectory, world);
}

/** What a person wants to know at the end, in a line or two. */
export function summary({ result, seconds, hasCalls }: Finished, world: World): string {
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
  const log = shownPath(callLogOf(workdir), world);
  return [
    parts.join(" · "),
    ...(failures.length > 0 ? ["Run the same command again to speak only the missing lines."] : []),
    ...(youtube === undefined ? [] : [youtubeText(youtube, world)]),
    ...(hasCalls ? [`Every call to ${speech?.engine ?? "the voice"} is in ${log}.`] : []),
  ].join("\n");
}

function youtubeText(
  { directory, noChapters }: NonNullable<DubResult["youtube"]>,
  world: World,
): string {
  const folder = shownPath(directory, world);
  const why = noChapters === undefined ? "" : `, without chapters: ${noChapters}`;
  return `The texts for YouTube are in ${folder}${why}`;
}
