/** One step of the plan of a chain: every place one line can have, with its price. */
import type { Seconds, Slot } from "../core/segment.ts";
import type { Link } from "./chains.ts";
import type { DelayGrid } from "./delay-grid.ts";
import { earliestAfter, latestBefore } from "./pause.ts";
import type { PlanLine } from "./placement.ts";
import { borrowCost, delayCost, tempoCost } from "./plan-cost.ts";
import type { Caps } from "./tempo-grid.ts";

/** The line to place, latest end, and starts to try. */
type Here = { readonly line: PlanLine; readonly to: Seconds; readonly delays: readonly Seconds[] };
type Next = Link & { readonly grid: DelayGrid };
type Prices = {
  readonly settled: Float64Array;
  /** Per tempo within the caps. */
  readonly durations: Float64Array;
  readonly tempoCosts: Float64Array;
  readonly width: number;
  readonly caps: Caps;
};
type Target = {
  readonly costs: Float64Array;
  readonly choices: Uint16Array;
  readonly base: number;
};

/**
 * Tries every start with every tempo within the caps, and with the rushes that let the next line start in time.
 *
 * @param target takes the cheapest way into every state before the next line. A choice is packed as tempo × 64 + start; the
 *   tempo after the last one within the caps stands for a rush.
 * @returns 0, or what even the fastest of them lacks, seconds.
 */
export function tryPlaces(
  { line, to, delays }: Here,
  next: Next | undefined,
  { settled, durations, tempoCosts, width, caps }: Prices,
  { costs, choices, base }: Target,
): Seconds {
  const { slot, duration: natural } = line;
  const usual = durations.length;
  const { guard, maxTempo, rushTempo } = caps;
  let isFeasible = false;
  let excess = Infinity;
  const offer = (t: number, d: number, entry: number, cost: number): void => {
    isFeasible = true;
    const state = (t < usual ? t : usual - 1) * width + entry;
    if (cost < costs[state]!) {
      costs[state] = cost;
      choices[base + state] = t * 64 + d;
    }
  };
  for (let d = 0; d < delays.length; d++) {
    // A start nobody can reach has no price with any tempo.
    if (settled[d] === Infinity) continue;
    const delay = delays[d]!;
    const start = slot.start + delay;
    const startCost = delayCost(delay);
    let entry = -1;
    for (let t = 0; t < usual; t++) {
      const end = start + durations[t]!;
      entry = end > to + 1e-9 ? -1 : next === undefined ? 0 : entryAfter(end, slot, next, guard);
      if (entry < 0) continue;
      const place = startCost + borrowCost(end - slot.end);
      offer(t, d, entry, settled[t * width + d]! + tempoCosts[t]! + place);
    }
    // Rushing is of no use to a next line that may already start as early as it ever may.
    const before = settled[(usual - 1) * width + d]!;
    if (entry === 0) continue;
    const soonest = start + natural / rushTempo;
    const first = next === undefined ? 0 : entryAfter(soonest, slot, next, guard);
    if (first < 0 || soonest > to + 1e-9) {
      excess = Math.min(excess, lack(soonest, slot, to, next, guard));
      continue;
    }
    const last = entry > 0 ? entry - 1 : next === undefined ? 0 : next.grid.delays.length - 1;
    for (let e = first; e <= last; e++) {
      const limit = next && latestBefore(slot, next.line.slot, next.grid.delays[e]!, guard);
      // The fastest tempo counts as fitting where rounding alone says otherwise.
      const end = Math.max(soonest, Math.min(to, limit ?? to));
      const tempo = Math.max(maxTempo, natural / (end - start));
      const place = startCost + borrowCost(end - slot.end);
      offer(usual, d, e, before + tempoCost(line, tempo, caps) + place);
    }
  }
  return isFeasible ? 0 : excess;
}

/** Position of the next line's earliest start; −1 where that is too late. */
function entryAfter(end: Seconds, slot: Slot, next: Next, guard: Seconds): number {
  const free = earliestAfter(end, slot, next.line.slot, guard);
  return next.grid.indexAfter((free > next.from ? free : next.from) - next.line.slot.start);
}

function lack(
  end: Seconds,
  slot: Slot,
  to: Seconds,
  next: Next | undefined,
  guard: Seconds,
): Seconds {
  if (next === undefined) return end - to;
  const late = earliestAfter(end, slot, next.line.slot, guard) - next.line.slot.start - next.latest;
  return Math.max(end - to, late);
}
