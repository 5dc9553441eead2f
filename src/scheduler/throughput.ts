/** What so many calls at once bring, and whether more of them brought more. */
import type { Finished } from "./limit-policy.ts";

export type Gain = {
  /** Calls at once before. */
  readonly level: number;
  /** Work a second afterwards, over before. */
  readonly ratio: number;
  /** Time a unit of work takes afterwards, over before. */
  readonly slower: number;
  /** Whether it brought enough, as far as these calls show. */
  readonly looksWorthIt: boolean;
  /** The same, but absent as long as chance may have done it. */
  readonly isWorthIt?: boolean;
};

/** Growth has to bring this share of what it promised: 12 % more work done for 25 % more calls. */
const worthShare = 0.5;
/** How much the time for a unit of work may differ from call to call, as a share of it: to go on little is risked, to stop much. */
const spreadToGoOn = 0.2;
const spreadToStop = 0.5;

/**
 * A window of finished calls. By Little's law work done a second is calls in flight times work over the time
 * they took; so it need not wait until as many calls have ended as were in flight, which is too late when it grows quickly.
 */
export class Throughput {
  #count = 0;
  #levels = 0;
  #ms = 0;
  #size = 0;
  #highestLevel = 0;

  get count(): number {
    return this.#count;
  }

  get highestLevel(): number {
    return this.#highestLevel;
  }

  /** @param level calls in flight when it started. */
  add(level: number, { ms, size }: Finished): void {
    this.#count += 1;
    this.#levels += level;
    // An answer without delay, or a request without size, is no division by zero.
    this.#ms += Math.max(ms, 0.1);
    this.#size += Math.max(size, 1);
    this.#highestLevel = Math.max(this.#highestLevel, level);
  }

  addAll(other: Throughput): void {
    this.#levels += other.#levels;
    this.#count += other.#count;
    this.#ms += other.#ms;
    this.#size += other.#size;
    this.#highestLevel = Math.max(this.#highestLevel, other.#highestLevel);
  }

  /** Compares this window, at a higher level, with the one before. */
  gainOver(before: Throughput): Gain {
    const level = before.#levels / before.#count;
    if (this.#count === 0 || before.#count === 0)
      return { level, ratio: 1, slower: 1, looksWorthIt: true };
    const promised = this.#levels / this.#count / level;
    const slower = this.#ms / this.#size / (before.#ms / before.#size);
    const ratio = promised / slower;
    const wanted = 1 + worthShare * (promised - 1);
    const few = Math.sqrt(1 / this.#count + 1 / before.#count);
    const gain = { level, ratio, slower, looksWorthIt: ratio >= wanted };
    if (ratio >= wanted * (1 + spreadToGoOn * few)) return { ...gain, isWorthIt: true };
    if (ratio <= wanted / (1 + spreadToStop * few)) return { ...gain, isWorthIt: false };
    return gain;
  }
}
