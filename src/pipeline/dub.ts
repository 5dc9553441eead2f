/** The whole path, or a part of it: prep, synth and burn as jobs a person, a program or the command line can start. */
import { join, resolve } from "node:path";
import { type Bill, openBill } from "../core/bill.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { type MediaInfo, probe } from "../media/probe.ts";
import { burnStage } from "./burn-stage.ts";
import { type Emit, type Job, type StageName, startJob } from "./events.ts";
import { mixStage } from "./mix-stage.ts";
import { type CheckedOptions, checkOptions, type DubOptions } from "./options.ts";
import { checkOutput } from "./output-path.ts";
import { type PlanFile, readPlan } from "./plan-file.ts";
import { prepFactsSchema } from "./prep-facts.ts";
import { prepStage } from "./prep-stage.ts";
import { type Openers, prepareSetup, type Setup } from "./setup.ts";
import { chosenStream, extractOriginal, type OriginalSound } from "./sound-stage.ts";
import type { SpeechAccount } from "./spoken-clips.ts";
import type { StageInput } from "./stage-input.ts";
import type { StageRecord } from "./state.ts";
import { synthStage } from "./synth-stage.ts";
import { openWorkDirectory, type WorkDirectory } from "./work-directory.ts";
import { type YoutubeInput, youtubeStage } from "./youtube-stage.ts";

/** What a run works with, and what ends it. */
export type RunContext = Call & {
  /** Tools and engine to work with. Default: ffmpeg by FFMPEG_PATH and PATH, and the engine the options name. */
  readonly setup?: Setup;
  /** Where the default setup finds FFMPEG_PATH, PATH, keys and addresses. Default: the process's own environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** How the default setup opens its parts. Default: for this run alone. */
  readonly openers?: Openers;
  /** Pays for several runs, one after the other; its limit holds in place of `maxCost`. */
  readonly bill?: Bill;
};

/** What a run has made, and what it could not. */
export type DubResult = {
  /** `partial`: some lines could not be translated or spoken; the next run tries only those again. */
  readonly status: "done" | "partial";
  readonly video: string;
  readonly workdir: string;
  /** Where this language's files are. */
  readonly languageDirectory: string;
  /** BCP 47, where it is known. */
  readonly language?: string;
  /** The finished file, when the burn stage ran. */
  readonly output?: string;
  /** Spoken lines as planned, when synth or burn ran. */
  readonly lines?: PlanFile["lines"];
  /** Who spoke them, what it took, and what it cost; when the synth stage had something to do. */
  readonly speech?: SpeechAccount & { readonly engine: string };
  /** The folder of the texts for YouTube, when that stage ran, and why there are no chapters where there are none. */
  readonly youtube?: { readonly directory: string; readonly noChapters?: string };
  /** US dollars this run has spent: hearing, translating, speaking. */
  readonly costUsd: number;
  /** Lines that could not be spoken, with the reason. */
  readonly failures: PlanFile["failures"];
  readonly warnings: readonly string[];
};

/**
 * Dubs a video: text, speech, mix, finished file. What an earlier run made and nothing has changed is used again.
 *
 * ```ts
 * const job = dub({ video: "talk.mp4", subs: "talk.es.srt", to: "es" });
 * for await (const event of job) console.error(event);
 * const { output } = await job.result;
 * ```
 *
 * @throws (through `result`) DubberError; or the signal's reason, leaving a directory that resumes.
 */
export function dub(options: DubOptions, context: RunContext = {}): Job<DubResult> {
  return start(options, ["prep", "synth", "burn", "youtube"], context);
}

/** Lays out the text for review and extracts the original sound: `subs.srt` in the work directory. */
export function prep(options: DubOptions, context: RunContext = {}): Job<DubResult> {
  return start(options, ["prep"], context);
}

/** Speaks, plans and mixes what was reviewed: `new_audio.wav`, `plan.json`, `report.json`. */
export function synth(options: DubOptions, context: RunContext = {}): Job<DubResult> {
  return start(options, ["synth"], context);
}

/** Puts dub and subtitles into the video. Never changes `subs.srt`. */
export function burn(options: DubOptions, context: RunContext = {}): Job<DubResult> {
  return start(options, ["burn"], context);
}

/** Writes title, description, chapters and tags for YouTube from the reviewed text, into `youtube/` of the language's folder. */
export function youtube(options: DubOptions, context: RunContext = {}): Job<DubResult> {
  return start(options, ["youtube"], context);
}

type Part = "prep" | "synth" | "burn" | "youtube";

/** What a stage a person names is made of. */
const forced = {
  prep: ["recognition", "polish", "prep"],
  synth: ["synth", "mix"],
  burn: ["burn"],
  youtube: ["youtube"],
} as const;

function start(options: DubOptions, parts: readonly Part[], context: RunContext): Job<DubResult> {
  return startJob(async (emit) => {
    const checked = checkOptions(options);
    if (context.setup !== undefined) return await run(checked, parts, context.setup, emit, context);
    const { env = process.env, openers } = context;
    await using setup = prepareSetup({ ...checked, env, openers });
    return await run(checked, parts, setup, emit, context);
  });
}

async function run(
  options: CheckedOptions,
  parts: readonly Part[],
  setup: Setup,
  emit: Emit,
  { signal, bill = openBill(options.maxCost) }: RunContext,
): Promise<DubResult> {
  // A failure in one place ends what goes on beside it, so that nothing runs on behind the caller's back.
  const ending = new AbortController();
  const call = { signal: signal ? AbortSignal.any([signal, ending.signal]) : ending.signal };
  call.signal.throwIfAborted();
  const { video, workdir, to: language } = options;
  const force = options.force.flatMap((name) => forced[name]);
  if (parts.includes("burn")) await checkOutput(options);
  await using work = await openWorkDirectory({ video, workdir, language, force, emit }, call);

  let probing: Promise<MediaInfo> | undefined;
  const info = (): Promise<MediaInfo> =>
    (probing ??= setup.tools().then((tools) => probe(tools, video, call)));
  const paidBefore = bill.spentUsd;
  const shared: StageInput = { work, options, setup, tools: setup.tools, info, bill, emit };

  // Extraction needs one core for a moment; it hides behind the text and the speaking.
  const original =
    parts.includes("prep") || parts.includes("synth") ? originalOf(shared, call) : undefined;
  // A sound that cannot be taken ends the speaking too: nobody waits an hour for that news.
  original?.catch((error: unknown) => ending.abort(error));
  let speech: DubResult["speech"];
  const isFirst = work.lastRecord("synth", language ?? "") === undefined;
  if (parts.includes("synth") && isFirst) warmUp(setup, call);
  try {
    if (parts.includes("prep")) await prepStage(shared, call);
    if (parts.includes("synth")) {
      const before = work.lastRecord("synth", language ?? "");
      const planned = await synthStage({ ...shared, language: languageOf(work, options) }, call);
      if (planned !== before) speech = planned.facts.speech as DubResult["speech"];
      await mixStage(
        {
          ...shared,
          planned,
          workers: setup.workers,
          original: original as Promise<OriginalSound>,
        },
        call,
      );
    }
    if (parts.includes("burn")) await burnStage({ ...shared, workers: setup.workers }, call);
    const texts = parts.includes("youtube")
      ? await youtubeTexts({ ...shared, language: languageOf(work, options) }, parts, call)
      : undefined;
    await original;
    return {
      ...(await describeRun(work, options, parts)),
      ...(speech && { speech }),
      ...(texts && { youtube: describeTexts(texts) }),
      costUsd: bill.spentUsd - paidBefore,
    };
  } catch (error) {
    ending.abort(error);
    await original?.catch(() => {});
    throw error;
  }
}

/** Starts the engine while the text is still being read. What goes wrong is told when it is asked to speak. */
function warmUp(setup: Setup, call: Call): void {
  setup
    .synthesizer()
    .then((engine) => (engine.place === "local" ? engine.voices(call) : []))
    .catch(() => {});
}

async function originalOf(shared: StageInput, call: Call): Promise<OriginalSound> {
  const { background, audioStream } = shared.options;
  if (background !== "off") return await extractOriginal(shared, call);
  // Nothing of it is mixed, but it may be kept as the second track.
  if (audioStream !== undefined) chosenStream(shared.options, await shared.info());
  return { fingerprint: "none", loudness: null };
}

function languageOf(work: WorkDirectory, options: CheckedOptions): string | undefined {
  const facts = work.lastRecord("prep", options.to ?? "")?.facts ?? {};
  return options.to ?? prepFactsSchema.parse(facts).language;
}

/** At the end of a dub a person's own texts are no failure: they stay, and that is said. */
async function youtubeTexts(
  input: YoutubeInput,
  parts: readonly Part[],
  call: Call,
): Promise<StageRecord | undefined> {
  try {
    return await youtubeStage(input, call);
  } catch (error) {
    const isEdited = error instanceof DubberError && error.code === "edited_file";
    if (!isEdited || parts.length === 1) throw error;
    input.emit({ type: "warning", stage: "youtube", message: error.message });
    return undefined;
  }
}

function describeTexts({ facts }: StageRecord): NonNullable<DubResult["youtube"]> {
  const { directory, noChapters } = facts;
  return {
    directory: String(directory),
    ...(noChapters !== undefined && { noChapters: String(noChapters) }),
  };
}

/** The stages whose warnings a person hears of at the end, and whether all languages share one. */
function stagesOf(parts: readonly Part[]): readonly (readonly [StageName, isShared: boolean])[] {
  return [
    ["recognition", true],
    ["polish", true],
    ["prep", false],
    ["sound", true],
    ...(parts.includes("synth")
      ? ([
          ["synth", false],
          ["mix", false],
        ] as const)
      : []),
    ...(parts.includes("burn") ? ([["burn", false]] as const) : []),
    ...(parts.includes("youtube") ? ([["youtube", false]] as const) : []),
  ];
}

async function describeRun(
  work: WorkDirectory,
  options: CheckedOptions,
  parts: readonly Part[],
): Promise<Omit<DubResult, "costUsd">> {
  const scope = options.to ?? "";
  const language = languageOf(work, options);
  const records = stagesOf(parts).map(([name, isShared]) =>
    work.lastRecord(name, isShared ? "" : scope),
  );
  const isDubbed = parts.includes("synth") || parts.includes("burn");
  const prepared = prepFactsSchema.safeParse(work.lastRecord("prep", scope)?.facts ?? {}).data;
  const isUntranslated = parts.includes("prep") && (prepared?.untranslated ?? 0) > 0;
  const plan = isDubbed ? await readPlan(join(work.languageRoot, "plan.json")) : undefined;
  const mixed = isDubbed ? work.lastRecord("mix", scope) : undefined;
  const burnt = parts.includes("burn") ? work.lastRecord("burn", scope) : undefined;
  return {
    status: mixed?.facts.complete === false || isUntranslated ? "partial" : "done",
    video: resolve(options.video),
    workdir: work.root,
    languageDirectory: work.languageRoot,
    ...(language !== undefined && { language }),
    ...(burnt && { output: String(burnt.facts.output) }),
    ...(plan && { lines: plan.lines }),
    failures: plan?.failures ?? [],
    warnings: records.flatMap((record) => record?.warnings ?? []),
  };
}
