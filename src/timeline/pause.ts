/** The pause between two neighbouring lines. */
import type { Seconds, Slot } from "../core/segment.ts";

/**
 * Earliest start of the next line after one that ends at `end`: a guard later, or at the next slot's own start where the line
 * stayed inside its slot, for then nobody is pushed.
 */
export function earliestAfter(end: Seconds, slot: Slot, next: Slot, guard: Seconds): Seconds {
  const isInside = end <= Math.min(slot.end, next.start);
  return isInside ? Math.min(end + guard, next.start) : end + guard;
}

/** Latest end of a line so that the next one may start `delay` (< 0: early) after its slot's start; inverse of the above. */
export function latestBefore(slot: Slot, next: Slot, delay: Seconds, guard: Seconds): Seconds {
  const pushed = next.start + delay - guard;
  return delay >= 0 ? Math.max(pushed, Math.min(slot.end, next.start)) : pushed;
}
