/** Runs several jobs: two videos at once, the languages of a video one after the other, one setup for all, and one that fails stops no other. */
import { basename, resolve } from "node:path";
import { openBill } from "../core/bill.ts";
import { DubberError } from "../core/error.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import type { DubResult, RunContext } from "../pipeline/dub.ts";
import type { Job } from "../pipeline/events.ts";
import { checkOptions, type DubOptions } from "../pipeline/options.ts";
import { prepareSetup } from "../pipeline/setup.ts";
import type { CommandContext } from "./command-context.ts";
import type { GivenOptions } from "./dub-options.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { describeError } from "./output.ts";
import { openProgressBoard } from "./progress.ts";
import { callLogOf, type Finished, follow, placeOf, shortResult, summary } from "./run-job.ts";
import { workDirectoryOf } from "./work-directory-of.ts";
import type { World } from "./world.ts";

export type Start = (options: DubOptions, context: RunContext) => Job<DubResult>;

/** Everything that is to be done: each video in each language. */
export type Errand = {
  readonly videos: readonly string[];
  /** BCP 47; undefined where none was named. */
  readonly languages: readonly (string | undefined)[];
};

/** One mixes while the other speaks; a third would only make both slower. */
const atOnce = 2;

type Ended = {
  readonly video: string;
  readonly language: string | undefined;
  readonly finished?: Finished;
  readonly error?: unknown;
};

/**
 * @returns 0 when all are done, 3 when some failed or are partial, the first one's code when all failed.
 * @throws DubberError `usage`, `invalid_options` before anything is started; the signal's reason.
 */
export async function runSeveral(
  { videos, languages }: Errand,
  options: GivenOptions,
  start: Start,
  { output, signal, env, world }: CommandContext,
): Promise<number> {
  checkSeveral({ videos, languages }, options, world);
  const [first = ""] = videos;
  const checked = checkOptions({ ...options, video: first });
  const board = openProgressBoard(output, world);
  const limited = options.maxCost === undefined ? {} : { bill: openBill(options.maxCost) };
  await using setup = prepareSetup({ ...checked, env, openers: world.openers });

  async function runOne(video: string, language: string | undefined): Promise<Ended> {
    const about = {
      ...(videos.length > 1 && { video: nameOf(video, videos) }),
      ...(languages.length > 1 && language !== undefined && { to: language }),
    };
    const name = Object.values(about).join(" ");
    try {
      const workdir = workDirectoryOf(video, options.workdir, world);
      const asked = { ...options, video, workdir, ...(language !== undefined && { to: language }) };
      const job = start(asked, { setup, signal, env, ...limited });
      const log = callLogOf(workdir);
      const finished = await follow(job, board.open(about), { output, world, log });
      output.say(`${name}: ${summary(finished, world)}`);
      return { video, language, finished };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      output.failure(name, error);
      return { video, language, error };
    }
  }
  // A work directory has one writer, and what the first language heard the next ones use.
  async function runLanguages(video: string): Promise<readonly Ended[]> {
    const ended: Ended[] = [];
    for (const language of languages) ended.push(await runOne(video, language));
    return ended;
  }
  // Nobody knows what a run will cost before it has ended: with a limit to keep, they take turns.
  const limit = options.maxCost === undefined ? atOnce : 1;
  const ended = (await mapConcurrent(videos, limit, runLanguages, { signal })).flat();

  const failed = ended.filter(({ error }) => error !== undefined);
  const isPartial = ended.some(({ finished }) => finished?.result.status === "partial");
  const code =
    failed.length === ended.length
      ? exitCodeOf(failed[0]?.error)
      : failed.length > 0 || isPartial
        ? exitCodes.partial
        : exitCodes.done;
  if (failed.length > 0) output.say(failureText(failed, ended.length, { videos, languages }));
  const status =
    code === exitCodes.done ? "done" : failed.length === ended.length ? "failed" : "partial";
  const costUsd = ended.reduce((sum, { finished }) => sum + (finished?.result.costUsd ?? 0), 0);
  output.result(
    { status, results: ended.map(describeEnd), costUsd },
    ended.flatMap(({ finished }) => (finished ? [placeOf(finished.result, world)] : [])).join("\n"),
  );
  return code;
}

function failureText(failed: readonly Ended[], total: number, { videos, languages }: Errand) {
  const what = languages.length === 1 ? "videos" : "dubs";
  const names = failed.map(({ video, language }) =>
    [
      ...(videos.length > 1 ? [nameOf(video, videos)] : []),
      ...(languages.length > 1 ? [language] : []),
    ].join(" "),
  );
  return `${failed.length} of ${total} ${what} failed: ${names.join(", ")}`;
}

function describeEnd({
  video,
  language,
  finished,
  error,
}: Ended): Readonly<Record<string, unknown>> {
  if (finished !== undefined) return shortResult(finished.result);
  const about = { video: resolve(video), ...(language !== undefined && { language }) };
  return { status: "failed", ...about, error: describeError(error) };
}

/** What cannot hold for several videos or languages is refused before the first one is touched. */
function checkSeveral({ videos, languages }: Errand, options: GivenOptions, world: World): void {
  const { workdir, output, subs, youtubeOutdir } = options;
  if (videos.length > 1) {
    refuseAny([["--workdir", workdir]], "place", `${videos.length} videos`, "videos");
  }
  const [what, how] =
    languages.length > 1
      ? [`${languages.length} languages`, "languages"]
      : [`${videos.length} videos`, "videos"];
  const places = [
    ["--output", output],
    ["--youtube-outdir", youtubeOutdir],
  ] as const;
  refuseAny(places, "place", what, how);
  if (languages.length > 1) refuseAny([["--subs", subs]], "text", what, how);
  const byDirectory = Map.groupBy(videos, (video) => workDirectoryOf(video, undefined, world));
  for (const [directory, sharing] of byDirectory) {
    if (sharing.length === 1) continue;
    throw new DubberError(
      "usage",
      `${sharing.join(" and ")} would share the work directory ${directory}.`,
      { hint: "Dub them one by one, each with its own --workdir." },
    );
  }
}

function refuseAny(
  flags: readonly (readonly [flag: string, value: string | undefined])[],
  thing: string,
  several: string,
  each: string,
): void {
  const [found] = flags.find(([, value]) => value !== undefined) ?? [];
  if (found === undefined) return;
  throw new DubberError("usage", `${found} names one ${thing} for ${several}.`, {
    hint: `Leave it away, or dub the ${each} one by one.`,
  });
}

/** The file's name, or the path as it was given where two names are the same. */
function nameOf(video: string, videos: readonly string[]): string {
  const name = basename(video);
  return videos.filter((other) => basename(other) === name).length > 1 ? video : name;
}
