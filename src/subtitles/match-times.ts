/** Matches segments whose text a person changed, by the time they share with the prepared ones: edited, joined or split. */
import type { Segment } from "../core/segment.ts";
import { type Matches, match, unclaimed, unexplained } from "./match-state.ts";
import { type LetterPairs, letterPairs, likeness, shareIn } from "./text-likeness.ts";

/** Less than half of a segment's time or text is not that segment any more. */
const mostly = 0.5;
/** The parts of a whole are together about as long as the whole: longer ones are only like it. */
const longestParts = 1.3;
/** Of all prepared segments at the time of a reviewed one, as many are looked at; more only overlap in odd files. */
const mostNeighbours = 24;

/** A prepared and a reviewed segment at the same time; all figures are shares, 0–1. */
type Meeting = {
  readonly before: number;
  readonly after: number;
  /** Of the prepared segment's time, how much the reviewed one covers. */
  readonly ofBefore: number;
  readonly ofAfter: number;
  /** Of the time both take together. */
  readonly ofBoth: number;
  /** How much of the prepared text is left in the reviewed one, and the other way round. */
  readonly textKept: number;
  readonly textFrom: number;
  readonly likeness: number;
  /** Letters of the prepared text for one of the reviewed text. */
  readonly lengthShare: number;
};

/**
 * Matches what is still open on both sides: first joined segments, then split ones, then those that mostly share their time, or
 * some time and most of their text.
 *
 * @param shifts how far the neighbourhood of every prepared segment has moved, seconds. A segment is looked for where it was and
 *   where it would be if it had moved along.
 */
export function matchTimes(
  prepared: readonly Segment[],
  reviewed: readonly Segment[],
  matches: Matches,
  shifts: readonly number[],
): void {
  const unmoved = meetingsOf(prepared, reviewed, matches, []);
  const hasMoved = shifts.some((shift) => shift !== 0);
  const moved = hasMoved ? meetingsOf(prepared, reviewed, matches, shifts) : [];
  const meetings = bestOfEach([...unmoved, ...moved]);
  matchJoined(prepared, meetings, matches);
  matchSplit(reviewed, meetings, matches);
  for (const { before, after, ...shares } of meetings) {
    const { ofBefore, ofAfter } = shares;
    const isNear = Math.max(ofBefore, ofAfter, shares.likeness) >= mostly;
    if (isNear && isOpen(matches, before, after)) match(matches, before, after);
  }
}

/** Each pair once, at the time at which it shares most; the best pairs first. */
function bestOfEach(meetings: readonly Meeting[]): readonly Meeting[] {
  const seen = new Set<string>();
  return meetings
    .toSorted((a, b) => rank(b) - rank(a) || a.before - b.before || a.after - b.after)
    .filter(({ before, after }) => {
      const pair = `${before} ${after}`;
      return !seen.has(pair) && seen.add(pair);
    });
}

function rank({ ofBoth, likeness }: Meeting): number {
  return ofBoth + likeness;
}

/** One reviewed segment with the text of several prepared ones: it keeps the id of the first. */
function matchJoined(
  prepared: readonly Segment[],
  meetings: readonly Meeting[],
  matches: Matches,
): void {
  const parts = meetings.filter(
    ({ ofBefore, textKept }) => ofBefore >= mostly && textKept >= mostly,
  );
  for (const [after, all] of Map.groupBy(parts, (one) => one.after)) {
    const open = all
      .filter(({ before }) => isOpen(matches, before, after))
      .sort(by(prepared, "before"));
    const [first, ...others] = open;
    const length = open.reduce((sum, { lengthShare }) => sum + lengthShare, 0);
    if (first === undefined || others.length === 0 || length > longestParts) continue;
    match(matches, first.before, after);
    for (const { before } of others) matches.absorbed.set(before, after);
  }
}

/** One prepared segment in several reviewed ones: the part with most of its text keeps the id. */
function matchSplit(
  reviewed: readonly Segment[],
  meetings: readonly Meeting[],
  matches: Matches,
): void {
  const parts = meetings.filter(({ ofAfter, textFrom }) => ofAfter >= mostly && textFrom >= mostly);
  for (const [before, all] of Map.groupBy(parts, (one) => one.before)) {
    const open = all
      .filter(({ after }) => isOpen(matches, before, after))
      .sort(by(reviewed, "after"));
    const length = open.reduce((sum, { lengthShare }) => sum + 1 / lengthShare, 0);
    if (open.length < 2 || length > longestParts) continue;
    const most = Math.max(...open.map((one) => one.likeness));
    const keeper = open.find((one) => one.likeness === most);
    for (const one of open) {
      if (one === keeper) match(matches, before, one.after);
      else matches.pieces.set(one.after, before);
    }
  }
}

function by(segments: readonly Segment[], side: "before" | "after") {
  return (a: Meeting, b: Meeting): number =>
    (segments[a[side]]?.start ?? 0) - (segments[b[side]]?.start ?? 0) || a[side] - b[side];
}

function isOpen({ keeper, origin, absorbed, pieces }: Matches, before: number, after: number) {
  const isBeforeOpen = keeper[before] === undefined && !absorbed.has(before);
  return isBeforeOpen && origin[after] === undefined && !pieces.has(after);
}

/** Every open prepared segment with every open reviewed one at its time. */
function meetingsOf(
  prepared: readonly Segment[],
  reviewed: readonly Segment[],
  matches: Matches,
  shifts: readonly number[],
): Meeting[] {
  const moved = (index: number): { start: number; end: number } => {
    const { start = 0, end = 0 } = prepared[index] ?? {};
    return { start: start + (shifts[index] ?? 0), end: end + (shifts[index] ?? 0) };
  };
  const left = unclaimed(matches)
    .map((index) => ({ index, ...moved(index) }))
    .sort((a, b) => a.start - b.start || a.index - b.index);
  const right = unexplained(matches)
    .map((index) => ({ index, start: reviewed[index]?.start ?? 0, end: reviewed[index]?.end ?? 0 }))
    .sort((a, b) => a.start - b.start || a.index - b.index);
  const pairsOf = rememberPairs();
  const meetings: Meeting[] = [];
  let running: typeof left = [];
  let next = 0;
  for (const one of right) {
    for (; next < left.length && (left[next]?.start ?? Infinity) < one.end; next++) {
      running.push(left[next] as (typeof left)[number]);
    }
    running = running.filter(({ end }) => end > one.start);
    const near = running
      .map((other) => ({ other, overlap: overlapOf(one, other) }))
      .filter(({ overlap }) => overlap > 0)
      .sort((a, b) => b.overlap - a.overlap || away(a.other, one) - away(b.other, one))
      .slice(0, mostNeighbours);
    for (const { other, overlap } of near) {
      const was = pairsOf(prepared[other.index]?.text ?? "");
      const is = pairsOf(reviewed[one.index]?.text ?? "");
      const [long, length] = [other.end - other.start, one.end - one.start];
      meetings.push({
        before: other.index,
        after: one.index,
        ofBefore: overlap / long,
        ofAfter: overlap / length,
        ofBoth: overlap / (long + length - overlap),
        textKept: shareIn(was, is),
        textFrom: shareIn(is, was),
        likeness: likeness(was, is),
        lengthShare: was.letters.length / is.letters.length,
      });
    }
  }
  return meetings;
}

/** How far apart two segments stand in their files. */
function away(one: { readonly index: number }, other: { readonly index: number }): number {
  return Math.abs(one.index - other.index);
}

type Span = { readonly start: number; readonly end: number };

function overlapOf(one: Span, other: Span): number {
  return Math.min(one.end, other.end) - Math.max(one.start, other.start);
}

function rememberPairs(): (text: string) => LetterPairs {
  const known = new Map<string, LetterPairs>();
  return (text) => {
    const pairs = known.get(text) ?? letterPairs(text);
    known.set(text, pairs);
    return pairs;
  };
}
