/** Placing a chain at its natural tempo: what does not fit moves later. */
import type { Seconds } from "../core/segment.ts";
import type { Chain } from "./chains.ts";
import { earliestAfter, latestBefore } from "./pause.ts";
import type { Caps } from "./tempo-grid.ts";
import type { Excess } from "./too-long.ts";

export type PlannedChain = {
  /** One per link. */
  readonly steps: readonly { readonly start: Seconds; readonly tempo: number }[];
  /** Links that found no place; `steps` means nothing then. */
  readonly tooLong: readonly Excess[];
};

/** Starts each line at its slot, a little early if that keeps the next one in time, or when the line before it is over. */
export function planNatural(chain: Chain, { maxEarly, maxTempo, guard, end }: Caps): PlannedChain {
  const steps: { start: Seconds; tempo: number }[] = [];
  const tooLong: Excess[] = [];
  const tempo = Math.min(1, maxTempo);
  let free = -Infinity;
  for (const [position, { line, from }] of chain.entries()) {
    const { slot, duration: natural } = line;
    const duration = natural / tempo;
    const next = chain[position + 1]?.line.slot;
    const limit = Math.min(end, next ? latestBefore(slot, next, 0, guard) : end);
    const earliest = Math.max(free, from, slot.start - maxEarly);
    const start = Math.max(earliest, Math.min(slot.start, limit - duration));
    const excess = start + duration - end;
    if (excess > 1e-9) tooLong.push({ id: line.id, slot, excess });
    steps.push({ start, tempo });
    if (next) free = earliestAfter(start + duration, slot, next, guard);
  }
  return { steps, tooLong };
}
