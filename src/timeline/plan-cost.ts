/** What a plan tries to keep small. The weights follow the order in which things are meant to yield. */
import type { Seconds } from "../core/segment.ts";
import type { PlanLine } from "./placement.ts";
import type { Caps } from "./tempo-grid.ts";

/** Per second of silence borrowed, squared: nearly free, so that it comes first. */
const borrowWeight = 0.0002;
/** Per second of early start: dearer than borrowing, cheaper than the first step of tempo. */
const earlyWeight = 0.001;
/** Per second of delay, and per second squared: dearer than a tempo within the caps for a line of a second or more. */
const delayWeight = 2;
const delaySquareWeight = 2;
/** Per second saved above the fastest tempo: dearer than anything else together. */
const rushWeight = 1000;
/** Per squared difference of tempo between neighbours. */
const jumpWeight = 2;
/** After a longer pause nobody compares tempos. */
const jumpPause = 1;

/** Price of speaking at a tempo: its squared distance from the one the line would have alone, and the seconds it rushes. */
export function tempoCost({ slot, duration }: PlanLine, tempo: number, caps: Caps): number {
  const { minTempo, maxTempo } = caps;
  const filling = Math.max(minTempo, duration / (slot.end - slot.start));
  const wish = minTempo >= 1 ? minTempo : Math.min(1, filling, maxTempo);
  const saved = tempo > maxTempo ? duration / maxTempo - duration / tempo : 0;
  return (tempo - wish) ** 2 + rushWeight * saved;
}

/** Price of a start `delay` seconds after the slot's (< 0: before). */
export function delayCost(delay: Seconds): number {
  if (delay < 0) return -delay * earlyWeight;
  return delay * (delayWeight + delay * delaySquareWeight);
}

/** Price of an end `borrowed` seconds past the slot's; nothing before it. */
export function borrowCost(borrowed: Seconds): number {
  return borrowed > 0 ? borrowWeight * borrowed * borrowed : 0;
}

/** Weight of the squared jump of tempo from one line to the next; 0 across speakers and pauses. */
export function jumpWeightBetween(line: PlanLine, next: PlanLine): number {
  const isHeardTogether =
    line.speaker === next.speaker && next.slot.start - line.slot.end <= jumpPause;
  return isHeardTogether ? jumpWeight : 0;
}
