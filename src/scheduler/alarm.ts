/** One timer that is set again and again, so that at most one sleep is under way and none is left behind. */
import type { Clock } from "../core/clock.ts";

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #sleep: { readonly at: number; readonly end: AbortController } | undefined;

  /** @param ring called when it rings; sets it again if need be. May be called too early, never twice for one setting. */
  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** @param at a time of the clock, ms; absent to switch it off. One that rings earlier anyway is left as it is. */
  set(at: number | undefined): void {
    if (at !== undefined && this.#sleep !== undefined && this.#sleep.at <= at) return;
    this.#sleep?.end.abort();
    this.#sleep = undefined;
    if (at === undefined) return;
    const sleep = { at, end: new AbortController() };
    this.#sleep = sleep;
    this.#clock.sleep(Math.max(0, at - this.#clock.now()), { signal: sleep.end.signal }).then(
      () => {
        if (this.#sleep !== sleep) return;
        this.#sleep = undefined;
        this.#ring();
      },
      () => {},
    );
  }
}
