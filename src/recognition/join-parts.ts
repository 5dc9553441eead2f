/** The phrases of parts → one list for the whole sound; where parts share sound, no word is lost or doubled. */
import type { Seconds, Slot } from "../core/segment.ts";
import { type Phrase, separatePhrases } from "./phrase.ts";
import { bareWord, phraseOf, type TimedPiece, timedPieces } from "./timed-pieces.ts";

/** A part and what was said in it. */
export type SpokenPart = Slot & { readonly phrases: readonly Phrase[] };

/** How far the times of the same word may be apart in two parts: as recognisers measure them, and as they are estimated from text. */
const measuredError: Seconds = 0.6;
const estimatedError: Seconds = 6;

/**
 * Joins the phrases of parts that follow each other.
 *
 * Of the words two parts share, the longest run that both heard, at about the same time, is looked for; the first part speaks up to the middle of that
 * run, the second from there on. So words cut by a part's border, which only one part heard whole, come from that one. Where nothing
 * matches, each part keeps what lies on its side of the middle of the overlap.
 *
 * @param parts sorted; each with its phrases sorted and disjoint. A part shares sound with its neighbours only.
 * @returns sorted and disjoint.
 */
export function joinParts(parts: readonly SpokenPart[]): Phrase[] {
  const joined: Phrase[] = [];
  let rest: readonly Phrase[] = parts[0]?.phrases ?? [];
  parts.forEach((part, index) => {
    const next = parts[index + 1];
    if (next === undefined || next.start >= part.end) {
      joined.push(...rest);
      rest = next?.phrases ?? [];
      return;
    }
    const [kept, following] = joinTwo(rest, next.phrases, { start: next.start, end: part.end });
    joined.push(...kept);
    rest = following;
  });
  return separatePhrases(joined);
}

/** A word of a phrase, for comparing. */
type Heard = TimedPiece & {
  readonly plain: string;
  readonly phrase: number;
  readonly piece: number;
};
/** A word, by phrase and piece: up to it (first part) or from it on (second part) words are kept. */
type Seam = readonly [phrase: number, piece: number];

function joinTwo(
  before: readonly Phrase[],
  after: readonly Phrase[],
  shared: Slot,
): [Phrase[], Phrase[]] {
  const first = before.map(timedPieces);
  const second = after.map(timedPieces);
  const isMeasured = [...first, ...second].every((pieces) => pieces.every(({ word }) => word));
  const error = isMeasured ? measuredError : estimatedError;
  const tail = heardWords(first).filter(({ end }) => end > shared.start - error);
  const head = heardWords(second).filter(({ start }) => start < shared.end + error);
  const middle = (shared.start + shared.end) / 2;
  const pair = seamIn(tail, head, { error, middle, isMeasured });
  const isBefore = ({ start, end }: TimedPiece) => (start + end) / 2 < middle;
  // Words from a measured seam on; without one, those on either side of the middle.
  const lastOfFirst: Seam | undefined = pair?.[0] ?? seamOf(heardWords(first).findLast(isBefore));
  const firstOfSecond: Seam | undefined = pair
    ? [pair[1][0], pair[1][1] + 1]
    : seamOf(heardWords(second).find((word) => !isBefore(word)));
  return [
    keep(before, first, (at) => lastOfFirst !== undefined && compareSeams(at, lastOfFirst) <= 0),
    keep(
      after,
      second,
      (at) => firstOfSecond !== undefined && compareSeams(at, firstOfSecond) >= 0,
    ),
  ];
}

/** The same word in both, in the middle of the run that speaks most for being the same sound. */
function seamIn(
  tail: readonly Heard[],
  head: readonly Heard[],
  { error, middle, isMeasured }: { error: Seconds; middle: Seconds; isMeasured: boolean },
): [Seam, Seam] | undefined {
  let best = { score: 0, first: -1, second: -1, length: 0 };
  /** Of the run that ends at the word before, in the tail, and each word of the head. */
  let previous: { score: number; length: number }[] = [];
  tail.forEach((a, first) => {
    const current = head.map((b, second) => {
      const distance = Math.abs(a.start + a.end - b.start - b.end) / 2;
      if (a.plain === "" || a.plain !== b.plain || distance >= error)
        return { score: 0, length: 0 };
      const run = previous[second - 1] ?? { score: 0, length: 0 };
      const one = { score: run.score + 1 - distance / error, length: run.length + 1 };
      if (one.score > best.score) best = { ...one, first, second };
      return one;
    });
    previous = current;
  });
  if (best.length === 0) return undefined;
  const pairs = Array.from({ length: best.length }, (_, back) => ({
    a: tail[best.first - back] as Heard,
    b: head[best.second - back] as Heard,
  }));
  // With times that are only guessed, one short word is no evidence.
  if (!isMeasured && best.length === 1 && (pairs[0]?.a.plain.length ?? 0) < 5) return undefined;
  const distance = ({ a }: { a: Heard }) => Math.abs((a.start + a.end) / 2 - middle);
  const nearest = pairs.reduce((near, pair) => (distance(pair) < distance(near) ? pair : near));
  return [
    [nearest.a.phrase, nearest.a.piece],
    [nearest.b.phrase, nearest.b.piece],
  ];
}

function heardWords(pieces: readonly (readonly TimedPiece[])[]): Heard[] {
  return pieces.flatMap((of, phrase) =>
    of.map((one, piece) => ({ ...one, plain: bareWord(one.text), phrase, piece })),
  );
}

function seamOf(word: Heard | undefined): Seam | undefined {
  return word && [word.phrase, word.piece];
}

function compareSeams(a: Seam, b: Seam): number {
  return a[0] - b[0] || a[1] - b[1];
}

/** What is kept of each phrase is one stretch of its pieces. */
function keep(
  phrases: readonly Phrase[],
  pieces: readonly (readonly TimedPiece[])[],
  isKept: (at: Seam) => boolean,
): Phrase[] {
  return phrases.flatMap((phrase, index) => {
    const all = pieces[index] ?? [];
    const kept = all.filter((_, piece) => isKept([index, piece]));
    if (kept.length === 0) return [];
    if (kept.length === all.length) return [phrase];
    return [
      phraseOf(kept, {
        ...(kept[0] === all[0] && { start: phrase.start }),
        ...(kept.at(-1) === all.at(-1) && { end: phrase.end }),
      }),
    ];
  });
}
