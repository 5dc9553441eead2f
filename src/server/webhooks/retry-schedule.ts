/** When is a message tried again, and when no more? */

const [second, minute, hour] = [1000, 60_000, 3_600_000];

/**
 * The wait before each try, ms: the example of Standard Webhooks 1.0, «Deliverability and reliability», three days and four
 * hours in all. The first try is at once.
 */
export const waitsMs: readonly number[] = [
  ...[0, 5 * second, 5 * minute, 30 * minute],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hour),
];

/** Longest a receiver is obeyed that asks to be left alone, ms. */
export const longestRetryAfterMs = hour;

/**
 * The wait after a failed try: the schedule's, up to a fifth shorter or longer, so that messages that failed together do not come
 * back together; and never less than the receiver asked for, up to an hour.
 *
 * @param attempts tries so far, ≥ 1.
 * @param random 0 ≤ x < 1.
 * @returns ms; undefined after the last try.
 */
export function retryWaitMs({
  attempts,
  retryAfterMs = 0,
  random,
}: {
  readonly attempts: number;
  readonly retryAfterMs?: number | undefined;
  readonly random: () => number;
}): number | undefined {
  const wait = waitsMs[attempts];
  if (wait === undefined) return undefined;
  return Math.max(wait * (0.8 + 0.4 * random()), Math.min(retryAfterMs, longestRetryAfterMs));
}
