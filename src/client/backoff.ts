/** When the next try is. */
import { systemClock } from "../core/clock.ts";
import { DubberApiError } from "./error.ts";

const firstMs = 500;
const mostMs = 8000;
/** However long a server asks to be left alone, it is asked again by then. */
const mostRetryAfterMs = 30_000;

/**
 * @param failures so far, 1 or more.
 * @returns ms: what the server asked for, else twice as long each time; with a random share, so that many clients do not come back at once.
 */
export function delayMs(failures: number, retryAfterMs?: number): number {
  if (retryAfterMs !== undefined) {
    return Math.min(retryAfterMs, mostRetryAfterMs) + Math.random() * firstMs;
  }
  return Math.min(mostMs, firstMs * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
}

/** A server that cannot be reached for longer than this is given up, ms. */
const outageMs = 120_000;

/** For those who watch a task: a server may go away and come back, as long as it does come back. */
export class Patience {
  #failures = 0;
  #sinceMs = 0;

  /** The server is there. */
  reset(): void {
    this.#failures = 0;
  }

  /**
   * Resolves when it is time to try again.
   *
   * @param mostMs never longer than this.
   * @throws the error itself, when another try is of no use or the server has been away for two minutes.
   */
  async after(error: unknown, { signal, mostMs = Number.POSITIVE_INFINITY }: PatienceCall) {
    const nowMs = systemClock.now();
    if (this.#failures === 0) this.#sinceMs = nowMs;
    this.#failures += 1;
    const isPassing = error instanceof DubberApiError && error.retryable;
    if (!isPassing || nowMs - this.#sinceMs > outageMs) throw error;
    const ms = Math.min(delayMs(this.#failures, error.retryAfterMs), mostMs);
    await systemClock.sleep(ms, signal ? { signal } : {});
  }
}

type PatienceCall = { readonly signal: AbortSignal | undefined; readonly mostMs?: number };
