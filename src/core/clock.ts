/** Time as the scheduler needs it: passed in, so that a test can make hours pass in a moment. */
import { setTimeout as delay } from "node:timers/promises";
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
  async sleep(ms, { signal } = {}) {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
