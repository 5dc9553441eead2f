/** How long a call waits before its next try. */

/** Longest a service is obeyed that asks to be left alone, ms. Some ask for an hour. */
export const longestRetryAfterMs = 60_000;

const baseMs = 500;
const capMs = 30_000;

export type BackoffOptions = {
  /** Tries of this call that failed, ≥ 1. */
  readonly failures: number;
  /** What the service asked for, ms; obeyed up to 60,000. */
  readonly retryAfterMs?: number | undefined;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
};

/**
 * The wait after a failed try: anything between 0 and 500 ms · 2^(failures − 1), that at most 30 s, and never less
 * than the service asked for. Doubling with "full jitter", so that calls that failed together do not come back
 * together: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @returns ms.
 */
export function backoffMs({ failures, retryAfterMs, random }: BackoffOptions): number {
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 20));
  return Math.max(random() * ceiling, obeyedMs(retryAfterMs));
}

/** The part of a `Retry-After` that is obeyed, ms: 0 when there is none or it is no positive number. */
export function obeyedMs(retryAfterMs: number | undefined): number {
  if (retryAfterMs === undefined || !(retryAfterMs > 0)) return 0;
  return Math.min(retryAfterMs, longestRetryAfterMs);
}
