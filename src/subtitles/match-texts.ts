/** Matches segments whose text is unchanged, wherever they stand now; the nearest in time among equals. */
import type { Segment } from "../core/segment.ts";
import { isSameTime, type Matches, match, unclaimed, unexplained } from "./match-state.ts";

/**
 * Matches every reviewed segment whose text a prepared one has.
 *
 * First what did not change at all, then texts that stand once on both sides, then the nearest in time, where a stretch of
 * the file that was moved as a whole is taken to have moved its repeated lines with it.
 */
export function matchTexts(
  prepared: readonly Segment[],
  reviewed: readonly Segment[],
  matches: Matches,
): void {
  for (const [before, after] of groupsOf(prepared, reviewed, matches)) {
    matchUnmoved(prepared, reviewed, before, after, matches);
  }
  for (const [before, after] of groupsOf(prepared, reviewed, matches)) {
    const [first = 0, last = 0] = [before[0], after[0]];
    if (before.length === 1 && after.length === 1) match(matches, first, last);
  }
  const rest = groupsOf(prepared, reviewed, matches);
  if (rest.length === 0) return;
  const shifts = shiftsOf(prepared, reviewed, matches);
  for (const [before, after] of rest) {
    if (before.length === after.length) {
      for (const [index, one] of before.entries()) match(matches, one, after[index] ?? 0);
    } else {
      const stands = before.map((index) => (prepared[index]?.start ?? 0) + (shifts[index] ?? 0));
      const stood = after.map((index) => reviewed[index]?.start ?? 0);
      for (const [one, other] of nearestPairs(stands, stood)) {
        match(matches, before[one] ?? 0, after[other] ?? 0);
      }
    }
  }
}

/**
 * How far the neighbourhood of every prepared segment has moved, seconds: what its nearest matched neighbour moved by, in the
 * order of the file; 0 when nothing is matched.
 */
export function shiftsOf(
  prepared: readonly Segment[],
  reviewed: readonly Segment[],
  { keeper }: Matches,
): readonly number[] {
  const moved = prepared.map(({ start }, index) => {
    const now = reviewed[keeper[index] ?? -1];
    return now && now.start - start;
  });
  const distances = prepared.map(() => Infinity);
  const shifts = prepared.map(() => 0);
  const carry = (indexes: readonly number[]): void => {
    let [shift, distance] = [0, Infinity];
    for (const index of indexes) {
      distance += 1;
      const own = moved[index];
      if (own !== undefined) [shift, distance] = [own, 0];
      if (distance < (distances[index] ?? Infinity)) {
        distances[index] = distance;
        shifts[index] = shift;
      }
    }
  };
  const indexes = [...prepared.keys()];
  carry(indexes);
  carry(indexes.toReversed());
  return shifts;
}

type Group = readonly [before: readonly number[], after: readonly number[]];

/** Positions of each text that is open on both sides, each list by start. */
function groupsOf(
  prepared: readonly Segment[],
  reviewed: readonly Segment[],
  matches: Matches,
): Group[] {
  const before = byText(prepared, unclaimed(matches));
  const after = byText(reviewed, unexplained(matches));
  return [...before].flatMap(([text, indexes]): Group[] => {
    const others = after.get(text);
    return others === undefined ? [] : [[indexes, others]];
  });
}

function byText(segments: readonly Segment[], indexes: readonly number[]): Map<string, number[]> {
  const sorted = indexes.toSorted(
    (a, b) => (segments[a]?.start ?? 0) - (segments[b]?.start ?? 0) || a - b,
  );
  return Map.groupBy(sorted, (index) => segments[index]?.text ?? "");
}

/** Two lists by start: walks both at once. */
function matchUnmoved(
  prepared: readonly Segment[],
  reviewed: readonly Segment[],
  before: readonly number[],
  after: readonly number[],
  matches: Matches,
): void {
  let next = 0;
  for (const index of before) {
    const one = prepared[index];
    for (; one !== undefined && next < after.length; next++) {
      const other = reviewed[after[next] ?? -1];
      if (other === undefined) continue;
      if (isSameTime(one, other)) {
        match(matches, index, after[next++] ?? 0);
        break;
      }
      if (other.start >= one.start) break;
    }
  }
}

/**
 * Pairs two sorted lists of times, the nearest first, until one list is used up.
 *
 * Of all that is left the nearest pair always stands side by side, so only neighbours are compared.
 */
function nearestPairs(before: readonly number[], after: readonly number[]): [number, number][] {
  const all = [
    ...before.map((time, index) => ({ time, index, isBefore: true })),
    ...after.map((time, index) => ({ time, index, isBefore: false })),
  ].sort((a, b) => a.time - b.time || Number(b.isBefore) - Number(a.isBefore) || a.index - b.index);
  const pairs: [number, number][] = [];
  // Neighbours that can be paired, in rounds: taking a pair makes new neighbours.
  let open = all;
  for (;;) {
    const near = open
      .slice(1)
      .map((right, index) => ({ left: open[index], right }))
      .filter(({ left, right }) => left?.isBefore !== right.isBefore)
      .sort((a, b) => distance(a) - distance(b));
    if (near.length === 0) return pairs;
    const taken = new Set<(typeof all)[number]>();
    for (const { left, right } of near) {
      if (left === undefined || taken.has(left) || taken.has(right)) continue;
      taken.add(left).add(right);
      pairs.push(left.isBefore ? [left.index, right.index] : [right.index, left.index]);
    }
    open = open.filter((one) => !taken.has(one));
  }
}

type Neighbours = {
  readonly left: { readonly time: number } | undefined;
  readonly right: { readonly time: number };
};

function distance({ left, right }: Neighbours): number {
  return right.time - (left?.time ?? 0);
}
