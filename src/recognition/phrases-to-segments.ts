/** Phrases → segments: long ones taken apart, each with an id that survives what happens to its neighbours. */
import type { Seconds, Segment } from "../core/segment.ts";
import { textId, uniqueIds } from "../core/text-id.ts";
import type { Phrase } from "./phrase.ts";
import { endsClause, endsSentence } from "./sentences.ts";
import { phraseOf, type TimedPiece, timedPieces } from "./timed-pieces.ts";

export type SegmentLimits = {
  /** Default 12 s: what a person says and reads in one go. */
  readonly maxSeconds?: Seconds;
  /** Default 200. */
  readonly maxCharacters?: number;
};

/** A cut leaves at least so much on either side. */
const shortestPiece: Seconds = 0.3;

/**
 * Takes phrases apart that are too long, at the end of a sentence where there is one near the middle, else after a comma, else in the longest pause
 * between words. Phrases that are short enough stay as they are: neighbours are not joined.
 *
 * @param phrases sorted and disjoint.
 * @returns the same words in the same order, sorted and disjoint; a phrase that cannot be cut stays too long.
 */
export function phrasesToSegments(
  phrases: readonly Phrase[],
  { maxSeconds = 12, maxCharacters = 200 }: SegmentLimits = {},
): Segment[] {
  const newId = uniqueIds();
  const isTooLong = ({ start, end, text }: Phrase) =>
    end - start > maxSeconds || text.length > maxCharacters;
  const split = (phrase: Phrase): Phrase[] => {
    if (!isTooLong(phrase)) return [phrase];
    const pieces = timedPieces(phrase);
    const at = bestCut(phrase, pieces);
    if (at === undefined) return [phrase];
    return [
      ...split(phraseOf(pieces.slice(0, at), { start: phrase.start })),
      ...split(phraseOf(pieces.slice(at), { end: phrase.end })),
    ];
  };
  return phrases.flatMap(split).map((phrase) => ({ id: newId(textId(phrase.text)), ...phrase }));
}

/** Index of the piece the second half begins with. */
function bestCut(phrase: Phrase, pieces: readonly TimedPiece[]): number | undefined {
  let best: { readonly at: number; readonly score: number } | undefined;
  let characters = 0;
  for (let at = 1; at < pieces.length; at++) {
    const before = pieces[at - 1] as TimedPiece;
    const after = pieces[at] as TimedPiece;
    characters += before.text.length;
    if (before.end - phrase.start < shortestPiece || phrase.end - after.start < shortestPiece) {
      continue;
    }
    // 0 in the middle, 1 at either end. A sentence's end anywhere but at the edges is better than a comma in the middle.
    const offset = Math.abs((2 * characters) / phrase.text.length - 1);
    const mark = endsSentence(before.text) ? 2 : endsClause(before.text) ? 0.8 : 0;
    const score = mark + Math.min(2, after.start - before.end) - 1.5 * offset ** 2;
    if (best === undefined || score > best.score) best = { at, score };
  }
  return best?.at;
}
