/** Divides a span of time among the pieces of a text. */
import type { Seconds, Slot } from "../core/segment.ts";

/**
 * Gives every piece time in proportion to its weight, but at least `minDuration` seconds if the span has that much
 * for each; what the short ones gain, the others give in proportion.
 *
 * @param weights positive, e.g. numbers of characters.
 * @returns one slot per weight, each starting exactly where the one before ends; the last ends exactly with the span.
 */
export function shareTime(
  { start, end }: Slot,
  weights: readonly number[],
  minDuration: Seconds,
): readonly Slot[] {
  const durations = shares(end - start, weights, minDuration);
  let from = start;
  return durations.map((duration, index) => {
    const to = index === durations.length - 1 ? end : from + duration;
    const slot = { start: from, end: to };
    from = to;
    return slot;
  });
}

function shares(span: Seconds, weights: readonly number[], least: Seconds): readonly Seconds[] {
  const isRaised = weights.map(() => false);
  const hasRoom = least * weights.length <= span;
  for (;;) {
    let time = span;
    let weight = 0;
    for (const [index, one] of weights.entries()) {
      if (isRaised[index]) time -= least;
      else weight += one;
    }
    const durations = weights.map((one, index) =>
      isRaised[index] ? least : (time * one) / weight,
    );
    // Raising one makes the others shorter, so look again until none falls below; each round settles at least one.
    const short = hasRoom
      ? durations.findIndex((one, index) => !isRaised[index] && one < least)
      : -1;
    if (short < 0) return durations;
    for (const [index, one] of durations.entries()) if (one < least) isRaised[index] = true;
  }
}
