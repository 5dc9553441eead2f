/** Time as the scheduler needs it: passed in, so that a test can make hours pass in a moment. */
import type { Call } from "./call.ts";

/** What the scheduler knows of time; a test passes one that it moves itself. */
export type Clock = {
  /** Milliseconds of a clock that only goes forward: setting the machine's time does not move it. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when that comes first. */
  sleep(ms: number, call?: Call): Promise<void>;
};

export const systemClock: Clock = {
  now: () => performance.now(),
  // Not node:timers/promises: every call has a deadline that is called off, and that would build an error with its stack each time.
  sleep: (ms, { signal } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", wake);
        resolve();
      }, ms);
      function wake(): void {
        clearTimeout(timer);
        reject(signal?.reason);
      }
      signal?.addEventListener("abort", wake, { once: true });
    }),
};
