/** Finds out what a person did to the subtitles: every reviewed segment gets the id and the speaker of the one it was made from. */
import type { Segment } from "../core/segment.ts";
import { textId, uniqueIds } from "../core/text-id.ts";
import { isSameTime, type Matches, noMatches, unexplained } from "./match-state.ts";
import { matchTexts, shiftsOf } from "./match-texts.ts";
import { matchTimes } from "./match-times.ts";

/** What changed; ids in the order of the reviewed text, dropped ones in the order of the prepared one. */
export type ReviewChanges = {
  /** The text is another one. */
  readonly edited: readonly string[];
  /** Start or end is another one; may be edited as well. */
  readonly moved: readonly string[];
  /** Nothing of it is left. */
  readonly dropped: readonly string[];
  /** New ids of what was made from nothing. */
  readonly added: readonly string[];
  /** Parts of it stand on their own, under new ids that are not in `added`. */
  readonly split: readonly string[];
  /** It holds others as well, whose ids are gone but not in `dropped`. */
  readonly joined: readonly string[];
};

/** The reviewed text with the ids it had, and what was done to it. */
export type MatchedReview = {
  /** In the order of the review. */
  readonly segments: readonly Segment[];
  readonly changes: ReviewChanges;
};

/**
 * Gives reviewed segments the ids and speakers of the prepared ones, which a subtitle file does not carry.
 *
 * A segment keeps its id when its text is unchanged, wherever it went (the nearest in time among equal texts), or when it
 * stands where it stood, with another text. Of a split segment the part with most of its text keeps the id; joined segments
 * have the id of the first. What is left gets an id from its text, and the speaker of the nearest segment.
 *
 * @param prepared as it was given to the person; ids are unique.
 * @param reviewed as it was read back; its ids do not count. Its own speakers win.
 * @returns ids are unique. Both lists alike: the same ids and no changes.
 */
export function matchReview(
  prepared: readonly Segment[],
  reviewed: readonly Segment[],
): MatchedReview {
  const matches = noMatches(prepared, reviewed);
  matchTexts(prepared, reviewed, matches);
  matchTimes(prepared, reviewed, matches, shiftsOf(prepared, reviewed, matches));
  const ids = idsOf(prepared, reviewed, matches);
  const nearest = nearestSegment(prepared);
  const segments = reviewed.map((segment, index) => {
    const origin = prepared[matches.origin[index] ?? matches.pieces.get(index) ?? -1];
    const speaker = segment.speaker ?? (origin ?? nearest(segment))?.speaker;
    return { ...segment, id: ids[index] ?? "", ...(speaker !== undefined && { speaker }) };
  });
  return { segments, changes: changesOf(prepared, segments, matches) };
}

function idsOf(
  prepared: readonly Segment[],
  reviewed: readonly Segment[],
  { origin }: Matches,
): string[] {
  const newId = uniqueIds();
  // A new segment never gets an id that a person or a program may remember for another one.
  for (const { id } of prepared) newId(id);
  return reviewed.map(
    ({ text }, index) => prepared[origin[index] ?? -1]?.id ?? newId(textId(text)),
  );
}

function changesOf(
  prepared: readonly Segment[],
  segments: readonly Segment[],
  matches: Matches,
): ReviewChanges {
  const { keeper, origin, absorbed, pieces } = matches;
  const wasSplit = new Set(pieces.values());
  const joinedInto = new Set(absorbed.values());
  const edited: string[] = [];
  const moved: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const from = origin[index];
    const before = prepared[from ?? -1];
    if (from === undefined || before === undefined) continue;
    if (wasSplit.has(from) || joinedInto.has(index)) continue;
    if (segment.text !== before.text) edited.push(segment.id);
    if (!isSameTime(segment, before)) moved.push(segment.id);
  }
  const idAt = (index: number): string => segments[index]?.id ?? "";
  const isGone = (index: number): boolean => keeper[index] === undefined && !absorbed.has(index);
  return {
    edited,
    moved,
    dropped: prepared.filter((_, index) => isGone(index)).map(({ id }) => id),
    added: unexplained(matches).map(idAt),
    split: segments.filter((_, index) => wasSplit.has(origin[index] ?? -1)).map(({ id }) => id),
    joined: [...joinedInto].sort((a, b) => a - b).map(idAt),
  };
}

/** The segment with the most time in common, or with the least time between. */
function nearestSegment(segments: readonly Segment[]) {
  return ({ start, end }: Segment): Segment | undefined => {
    let nearest: Segment | undefined;
    let least = Infinity;
    for (const other of segments) {
      const gap = Math.max(start, other.start) - Math.min(end, other.end);
      if (gap < least) [nearest, least] = [other, gap];
    }
    return nearest;
  };
}
