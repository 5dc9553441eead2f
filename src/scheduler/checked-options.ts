/** The scheduler's options with their defaults, checked before anything is asked of anybody. */
import { type Clock, systemClock } from "../core/clock.ts";
import { DubberError } from "../core/error.ts";
import type { Askable, LimitMemory, Outage, SchedulerOptions } from "./contract.ts";

export type CheckedOptions = {
  /** Calls in flight at most; with `isAuto` the most that may be found. */
  readonly highest: number;
  readonly isAuto: boolean;
  readonly retries: number;
  readonly callTimeoutMs: number;
  readonly outageMs: number;
  readonly memory: LimitMemory | undefined;
  readonly onOutage: ((outage: Outage) => void) | undefined;
  readonly random: () => number;
  readonly clock: Clock;
};

/** The most that `auto` tries, whatever the engine says it can do. */
const highestAuto = 100;
const highestLimit = 1_000;
/** Longest a timer can wait, ms: 24.8 days. */
const longestMs = 2 ** 31 - 1;

/**
 * Fills in the defaults. For an engine of this machine `auto` is as many calls as the engine has lanes.
 *
 * @throws DubberError `invalid_options` naming the option that cannot be.
 */
export function checkOptions(
  { place, lanes }: Pick<Askable<never, unknown>, "place" | "lanes">,
  options: SchedulerOptions,
): CheckedOptions {
  const { limit = 5, retries = 4, callTimeoutMs = 120_000, outageMs = 120_000 } = options;
  if (limit !== "auto" && !isWhole(limit, 1, highestLimit)) {
    throw new DubberError("invalid_options", `The limit cannot be ${limit} calls at once.`, {
      hint: `Give a whole number from 1 to ${highestLimit}, or "auto".`,
    });
  }
  if (!isWhole(retries, 0, Number.MAX_SAFE_INTEGER)) {
    throw new DubberError("invalid_options", `A call cannot be tried again ${retries} times.`, {
      hint: "Give a whole number, 0 or more.",
    });
  }
  for (const [name, ms] of Object.entries({ callTimeoutMs, outageMs })) {
    if (typeof ms === "number" && ms > 0 && ms <= longestMs) continue;
    throw new DubberError("invalid_options", `${name} cannot be ${ms} ms.`, {
      hint: `Give a number above 0, at most ${longestMs}.`,
    });
  }
  const isLocal = place === "local";
  const most = isLocal ? lanes : highestLimit;
  return {
    highest:
      limit === "auto" ? Math.min(lanes, isLocal ? lanes : highestAuto) : Math.min(limit, most),
    isAuto: limit === "auto" && !isLocal,
    ...{ retries, callTimeoutMs, outageMs },
    ...{ memory: options.memory, onOutage: options.onOutage },
    random: options.random ?? Math.random,
    clock: options.clock ?? systemClock,
  };
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
}
