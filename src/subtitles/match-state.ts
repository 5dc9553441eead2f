/** Who has found whom while reviewed segments are matched with the prepared ones. */
import type { Segment } from "../core/segment.ts";

/** What is known so far; numbers are positions in the two lists. */
export type Matches = {
  /** By prepared segment: the reviewed one that keeps its id. */
  readonly keeper: (number | undefined)[];
  /** By reviewed segment: the prepared one whose id it keeps. */
  readonly origin: (number | undefined)[];
  /** Prepared segments that went into a reviewed one that keeps another's id, and that one. */
  readonly absorbed: Map<number, number>;
  /** Reviewed segments that are a part of a prepared one whose id another part keeps, and that one. */
  readonly pieces: Map<number, number>;
};

/** Nobody knows anybody. */
export function noMatches(prepared: readonly Segment[], reviewed: readonly Segment[]): Matches {
  return {
    keeper: prepared.map(() => undefined),
    origin: reviewed.map(() => undefined),
    absorbed: new Map(),
    pieces: new Map(),
  };
}

/** Gives a reviewed segment the id of a prepared one. */
export function match({ keeper, origin }: Matches, before: number, after: number): void {
  keeper[before] = after;
  origin[after] = before;
}

/** Prepared segments nobody has claimed. */
export function unclaimed({ keeper, absorbed }: Matches): number[] {
  return [...keeper.keys()].filter((index) => keeper[index] === undefined && !absorbed.has(index));
}

/** Reviewed segments that come from nowhere so far. */
export function unexplained({ origin, pieces }: Matches): number[] {
  return [...origin.keys()].filter((index) => origin[index] === undefined && !pieces.has(index));
}

/** A subtitle file keeps milliseconds: times that are nearer than this are the same. */
const sameTime = 0.002;

/** Whether two segments stand at the same time. */
export function isSameTime(one: Segment, other: Segment): boolean {
  const isNear = (a: number, b: number): boolean => Math.abs(a - b) <= sameTime;
  return isNear(one.start, other.start) && isNear(one.end, other.end);
}
