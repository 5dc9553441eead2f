/** What so many calls at once bring, and whether more of them brought more. */
import type { Finished } from "./limit-policy.ts";

export type Gain = {
  /** Calls at once before. */
  readonly level: number;
  /** Characters a second afterwards, over before. */
  readonly ratio: number;
  /** Time a character takes afterwards, over before. */
  readonly slower: number;
  /** Whether it brought enough, as far as these calls show. */
  readonly looksWorthIt: boolean;
  /** The same, but absent as long as chance may have done it. */
  readonly isWorthIt?: boolean;
};

/** Growth has to bring this share of what it promised: 12 % more speech for 25 % more calls. */
const worthShare = 0.5;
/** How much the time for a character may differ from call to call, as a share of it: to go on little is risked, to stop much. */
const spreadToGoOn = 0.2;
const spreadToStop = 0.5;

/**
 * A window of finished calls. By Little's law characters a second are calls in flight times characters over the time
 * they took; so it need not wait until as many calls have ended as were in flight, which is too late when it grows quickly.
 */
export class Throughput {
  #count = 0;
  #levels = 0;
  #ms = 0;
  #characters = 0;
  #highestLevel = 0;

  get count(): number {
    return this.#count;
  }

  get highestLevel(): number {
    return this.#highestLevel;
  }

  /** @param level calls in flight when it started. */
  add(level: number, { ms, characters }: Finished): void {
    this.#count += 1;
    this.#levels += level;
    // An engine without delay, or a text without letters, is no division by zero.
    this.#ms += Math.max(ms, 0.1);
    this.#characters += Math.max(characters, 1);
    this.#highestLevel = Math.max(this.#highestLevel, level);
  }

  addAll(other: Throughput): void {
    this.#levels += other.#levels;
    this.#count += other.#count;
    this.#ms += other.#ms;
    this.#characters += other.#characters;
    this.#highestLevel = Math.max(this.#highestLevel, other.#highestLevel);
  }

  /** Compares this window, at a higher level, with the one before. */
  gainOver(before: Throughput): Gain {
    const level = before.#levels / before.#count;
    if (this.#count === 0 || before.#count === 0)
      return { level, ratio: 1, slower: 1, looksWorthIt: true };
    const promised = this.#levels / this.#count / level;
    const slower = this.#ms / this.#characters / (before.#ms / before.#characters);
    const ratio = promised / slower;
    const wanted = 1 + worthShare * (promised - 1);
    const few = Math.sqrt(1 / this.#count + 1 / before.#count);
    const gain = { level, ratio, slower, looksWorthIt: ratio >= wanted };
    if (ratio >= wanted * (1 + spreadToGoOn * few)) return { ...gain, isWorthIt: true };
    if (ratio <= wanted / (1 + spreadToStop * few)) return { ...gain, isWorthIt: false };
    return gain;
  }
}
