/** Speaks all lines, and has those that do not fit said in fewer words: choose, measure, shorten, speak again. */
import type { Asker } from "../chat/chat-model.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import type { Line, Seconds, Segment } from "../core/segment.ts";
import type { TranslationManner, TranslationMemory } from "../translation/contract.ts";
import { speakingCharacters } from "../translation/pace.ts";
import { rewordToFit } from "../translation/shorten.ts";
import type { PlannedLine } from "./plan-file.ts";
import type { Clip } from "./spoken-clips.ts";
import type { PreparedLine } from "./translation-file.ts";
import { type SpokenTexts, withTexts } from "./word-lines.ts";

/** A line that has to be spoken faster than this is worth other words: listeners notice beyond it. */
const comfortableTempo = 1.2;
/** Lines asked about at once. */
const askedAtOnce = 8;

/** What speaking some lines gave. */
export type Spoken = { readonly clips: ReadonlyMap<string, Clip> };

export type FittingInput<Result extends Spoken> = {
  /** As reviewed. */
  readonly segments: readonly Segment[];
  /** What was prepared for those that may be reworded. */
  readonly prepared: ReadonlyMap<string, PreparedLine>;
  /** What is said at first. */
  readonly texts: SpokenTexts;
  /** How often lines may be said in other words; 0 to 2. */
  readonly rounds: number;
  /** Who shortens further than the short wording; nobody without. */
  readonly rewriter?: {
    readonly asker: Asker;
    readonly memory: TranslationMemory;
    readonly manner: TranslationManner;
  };
  /** Lines of the segments with whatever texts: the same segments make the same lines, whichever way they are worded. */
  makeLines(segments: readonly Segment[]): readonly Line[];
  speak(lines: readonly Line[]): Promise<Result>;
  plan(
    lines: readonly Line[],
    clips: ReadonlyMap<string, Clip>,
    segments: readonly Segment[],
  ): readonly PlannedLine[];
};

export type Fitting<Result> = {
  /** All lines with the texts that were spoken last. */
  readonly lines: readonly Line[];
  readonly clips: ReadonlyMap<string, Clip>;
  readonly planned: readonly PlannedLine[];
  /** One for each round of speaking; the first is about all lines. */
  readonly rounds: readonly Result[];
  /** Lines that were said in other words than at first. */
  readonly reworded: number;
  /** Why the language model was not asked any further; absent when it always answered. */
  readonly trouble?: DubberError;
};

/**
 * Speaks, plans, and rewords lines that would be faster than 1.2×, twice at the most. A wording that was spoken and is no shorter than the one
 * before is dropped. Which words are asked for depends on clips and texts alone, so that an interrupted run ends as an unbroken one.
 */
export async function speakFitting<Result extends Spoken>(
  input: FittingInput<Result>,
  call: Call = {},
): Promise<Fitting<Result>> {
  let texts = input.texts;
  let segments = withTexts(input.segments, texts);
  let lines = input.makeLines(segments);
  const first = await input.speak(lines);
  const rounds = [first];
  const clips = new Map(first.clips);
  const plan = () =>
    tryPlan(() =>
      input.plan(
        lines.filter(({ id }) => clips.has(id)),
        clips,
        segments,
      ),
    );
  let planned = plan();
  const reworded = new Set<string>();
  const model: Model = { rewriter: input.rewriter };
  for (let round = 1; round <= input.rounds; round++) {
    const tight =
      "error" in planned ? longLines(lines, clips) : planned.lines.filter(isTight).map(toTight);
    const shorter = await shorterTexts(input.prepared, tight, { texts, round, model }, call);
    if (shorter.size === 0) break;
    const nextSegments = withTexts(input.segments, new Map([...texts, ...shorter]));
    const changed = input
      .makeLines(nextSegments)
      .filter(({ segments: ids }) => ids.some((id) => shorter.has(id)));
    const spoken = await input.speak(changed);
    rounds.push(spoken);
    const taken = new Map<string, string>();
    for (const line of changed) {
      const clip = spoken.clips.get(line.id);
      const before = clips.get(line.id);
      if (clip === undefined || (before !== undefined && lengthOf(clip) >= lengthOf(before)))
        continue;
      clips.set(line.id, clip);
      reworded.add(line.id);
      for (const id of line.segments) {
        const text = shorter.get(id);
        if (text !== undefined) taken.set(id, text);
      }
    }
    if (taken.size === 0) break;
    texts = new Map([...texts, ...taken]);
    segments = withTexts(input.segments, texts);
    lines = input.makeLines(segments);
    planned = plan();
  }
  if ("error" in planned) throw planned.error;
  return {
    ...{ lines, clips, planned: planned.lines, rounds, reworded: reworded.size },
    ...(model.trouble && { trouble: model.trouble }),
  };
}

/** The language model until it fails: what is spoken already is worth more than fewer words. */
type Model = { rewriter: FittingInput<Spoken>["rewriter"]; trouble?: DubberError };

/** Lines that fit nowhere may do so in other words: the error waits until those are spoken. */
function tryPlan(
  plan: () => readonly PlannedLine[],
): { readonly lines: readonly PlannedLine[] } | { readonly error: DubberError } {
  try {
    return { lines: plan() };
  } catch (error) {
    if (error instanceof DubberError && error.code === "line_too_long") return { error };
    throw error;
  }
}

/** A line that does not fit: how long it was spoken, and how long it may be at a comfortable tempo. */
type TightLine = {
  readonly text: string;
  readonly segments: readonly string[];
  readonly spoken: Seconds;
  readonly room: Seconds;
};

function isTight({ overrun, tempo }: PlannedLine): boolean {
  return overrun > 0.0005 || tempo > comfortableTempo;
}

function toTight({ text, segments, speech, duration }: PlannedLine): TightLine {
  return {
    ...{ text, spoken: speech.end - speech.start, room: duration * comfortableTempo },
    segments: segments.flatMap(({ id }) => id ?? []),
  };
}

/** Without a plan: the lines that are longer than their own time. */
function longLines(lines: readonly Line[], clips: ReadonlyMap<string, Clip>): readonly TightLine[] {
  return lines.flatMap(({ id, text, segments, slot }) => {
    const clip = clips.get(id);
    const room = (slot.end - slot.start) * comfortableTempo;
    if (clip === undefined || lengthOf(clip) <= room) return [];
    return [{ text, segments, spoken: lengthOf(clip), room }];
  });
}

/** Fewer words for the segments of lines that do not fit, where there are any. */
async function shorterTexts(
  prepared: ReadonlyMap<string, PreparedLine>,
  tight: readonly TightLine[],
  {
    texts,
    round,
    model,
  }: { readonly texts: SpokenTexts; readonly round: number; readonly model: Model },
  call: Call,
): Promise<ReadonlyMap<string, string>> {
  const found = await mapConcurrent(
    tight,
    askedAtOnce,
    async ({ text: said, segments, spoken, room }) => {
      const pace = speakingCharacters(said) / spoken;
      const share = Math.min(1, room / spoken);
      const shorter: (readonly [string, string])[] = [];
      for (const id of segments) {
        const text = texts.get(id);
        const known = prepared.get(id);
        if (text === undefined || known === undefined) continue;
        const budget = (speakingCharacters(text) / pace) * share;
        const fewer = await fewerWords(known, text, { budget, pace, round, model }, call);
        if (fewer !== undefined) shorter.push([id, fewer]);
      }
      return shorter;
    },
    call,
  );
  return new Map(found.flat());
}

type Wish = {
  /** Seconds there are for it. */
  readonly budget: Seconds;
  readonly pace: number;
  readonly round: number;
  readonly model: Model;
};

/** The short wording while it is shorter than what is said now; then whatever the model finds. */
async function fewerWords(
  { short, source }: PreparedLine,
  now: string,
  { budget, pace, round, model }: Wish,
  call: Call,
): Promise<string | undefined> {
  const { rewriter } = model;
  const isShorter = short !== undefined && speakingCharacters(short) < speakingCharacters(now);
  const fits = isShorter && speakingCharacters(short) / pace <= budget;
  if (isShorter && (fits || round === 1 || rewriter === undefined)) return short;
  if (rewriter === undefined || source === undefined) return undefined;
  try {
    const wish = { seconds: budget, pace, ...rewriter };
    return (await rewordToFit({ text: now, sourceText: source }, wish, call)).text;
  } catch (error) {
    if (!(error instanceof DubberError)) throw error;
    model.rewriter = undefined;
    model.trouble ??= error;
    return undefined;
  }
}

function lengthOf({ speech }: Clip): Seconds {
  return speech.end - speech.start;
}
