/** A clock that jumps from one waiting sleeper to the next: hours pass in a moment, the same way every time. */
import type { Call } from "../../src/core/call.ts";
import type { Clock } from "../../src/core/clock.ts";

type Sleeper = { readonly at: number; readonly wake: () => void };

export class VirtualClock implements Clock {
  #now = 0;
  /** By time, equal times in the order they came. */
  readonly #sleepers: Sleeper[] = [];

  now(): number {
    return this.#now;
  }

  /** How many wait now. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, { signal }: Call = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const sleeper: Sleeper = {
        at: this.#now + Math.max(0, ms),
        wake: () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      const abort = () => {
        const place = this.#sleepers.indexOf(sleeper);
        if (place >= 0) this.#sleepers.splice(place, 1);
        reject(signal?.reason);
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#sleepers.splice(this.#placeFor(sleeper.at), 0, sleeper);
    });
  }

  /** Lets `ms` pass, and everything happen that is due by then. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    while ((this.#sleepers[0]?.at ?? Number.POSITIVE_INFINITY) <= until) {
      this.#wakeNext();
      await settle();
    }
    this.#now = until;
  }

  /**
   * Lets time pass until `work` has ended, and gives what it gives.
   *
   * @throws Error when it has not ended and nobody sleeps any more: it would hang for ever.
   */
  async run<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    await settle();
    while (!isDone) {
      if (this.#sleepers.length === 0) throw new Error(`It hangs at ${this.#now} ms.`);
      this.#wakeNext();
      await settle();
    }
    return work;
  }

  #wakeNext(): void {
    const sleeper = this.#sleepers.shift();
    if (sleeper === undefined) return;
    this.#now = Math.max(this.#now, sleeper.at);
    sleeper.wake();
  }

  #placeFor(at: number): number {
    let [low, high] = [0, this.#sleepers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sleepers[middle] as Sleeper).at <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Until every promise that can settle now has settled. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
