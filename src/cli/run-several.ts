/** Runs the jobs of several videos: two at once, one setup for all, and one that fails stops no other. */
import { basename, resolve } from "node:path";
import { DubberError } from "../core/error.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import type { DubResult, RunContext } from "../pipeline/dub.ts";
import type { DubEvent, Job } from "../pipeline/events.ts";
import { checkOptions, type DubOptions } from "../pipeline/options.ts";
import { prepareSetup } from "../pipeline/setup.ts";
import { defaultWorkDirectory } from "../pipeline/work-directory.ts";
import type { CommandContext } from "./command-context.ts";
import type { GivenOptions } from "./dub-options.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { describeError, type Output } from "./output.ts";
import { openProgressBoard, type Progress } from "./progress.ts";
import { callLogOf, type Finished, follow, placeOf, shortResult, summary } from "./run-job.ts";

export type Start = (options: DubOptions, context: RunContext) => Job<DubResult>;

/** One mixes while the other speaks; a third would only make both slower. */
const atOnce = 2;

type Ended = { readonly video: string; readonly finished?: Finished; readonly error?: unknown };

/**
 * @returns 0 when all are done, 3 when some failed or are partial, the first one's code when all failed.
 * @throws DubberError `usage`, `invalid_options` before anything is started; the signal's reason.
 */
export async function runSeveral(
  videos: readonly string[],
  options: GivenOptions,
  start: Start,
  { output, signal, env }: CommandContext,
): Promise<number> {
  checkSeveral(videos, options);
  const [first = ""] = videos;
  const checked = checkOptions({ ...options, video: first });
  const board = openProgressBoard(output);
  const purse = openPurse(options.maxCost);
  await using setup = prepareSetup({ ...checked, env });

  async function runOne(video: string): Promise<Ended> {
    const name = nameOf(video, videos);
    try {
      const job = start({ ...options, ...purse.rest(), video }, { setup, signal, env });
      const log = callLogOf(undefined, video);
      const finished = await followAndPay(job, board.open(name), purse, { output, log });
      output.say(`${name}: ${summary(finished)}`);
      return { video, finished };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      output.failure(name, error);
      return { video, error };
    }
  }
  // Nobody knows what a run will cost before it has ended: with a limit to keep, they take turns.
  const limit = options.maxCost === undefined ? atOnce : 1;
  const ended = await mapConcurrent(videos, limit, runOne, { signal });

  const failed = ended.filter(({ error }) => error !== undefined);
  const isPartial = ended.some(({ finished }) => finished?.result.status === "partial");
  const code =
    failed.length === videos.length
      ? exitCodeOf(failed[0]?.error)
      : failed.length > 0 || isPartial
        ? exitCodes.partial
        : exitCodes.done;
  if (failed.length > 0) {
    const names = failed.map(({ video }) => nameOf(video, videos)).join(", ");
    output.say(`${failed.length} of ${videos.length} videos failed: ${names}`);
  }
  const status =
    code === exitCodes.done ? "done" : failed.length === videos.length ? "failed" : "partial";
  output.result(
    { status, results: ended.map(describeEnd) },
    ended.flatMap(({ finished }) => (finished ? [placeOf(finished.result)] : [])).join("\n"),
  );
  return code;
}

function describeEnd({ video, finished, error }: Ended): Readonly<Record<string, unknown>> {
  if (finished !== undefined) return shortResult(finished.result);
  return { status: "failed", video: resolve(video), error: describeError(error) };
}

/** Money for all videos together. */
type Purse = { pay(usd: number): void; rest(): { readonly maxCost?: number } };

function openPurse(maxUsd: number | undefined): Purse {
  let spent = 0;
  return {
    pay(usd) {
      spent += usd;
    },
    rest: () => (maxUsd === undefined ? {} : { maxCost: Math.max(0, maxUsd - spent) }),
  };
}

async function followAndPay(
  job: Job<DubResult>,
  progress: Progress,
  purse: Purse,
  told: { readonly output: Output; readonly log: string },
): Promise<Finished> {
  // Of a run that fails, what it has told so far is all that is known.
  let costUsd = 0;
  let isPaid = false;
  const onEvent = (event: DubEvent): void => {
    if (event.type === "progress") costUsd = Math.max(costUsd, event.speech?.costUsd ?? 0);
  };
  try {
    const finished = await follow(job, progress, { ...told, onEvent });
    const { speech } = finished.result;
    if (finished.hasCalls && speech !== undefined) {
      purse.pay(speech.costUsd);
      isPaid = true;
    }
    return finished;
  } finally {
    if (!isPaid) purse.pay(costUsd);
  }
}

/** What cannot hold for several videos is refused before the first one is touched. */
function checkSeveral(videos: readonly string[], options: GivenOptions): void {
  for (const [flag, value] of [
    ["--workdir", options.workdir],
    ["--output", options.output],
  ]) {
    if (value === undefined) continue;
    throw new DubberError("usage", `${flag} names one place for ${videos.length} videos.`, {
      hint: "Leave it away, or dub the videos one by one.",
    });
  }
  const byDirectory = Map.groupBy(videos, (video) => defaultWorkDirectory(video));
  for (const [directory, sharing] of byDirectory) {
    if (sharing.length === 1) continue;
    throw new DubberError(
      "usage",
      `${sharing.join(" and ")} would share the work directory ${directory}.`,
      { hint: "Dub them one by one, each with its own --workdir." },
    );
  }
}

/** The file's name, or the path as it was given where two names are the same. */
function nameOf(video: string, videos: readonly string[]): string {
  const name = basename(video);
  return videos.filter((other) => basename(other) === name).length > 1 ? video : name;
}
