/** What speaking costs and may cost: money is promised before a call and counted after it. */
import { DubberError } from "../core/error.ts";
import { money } from "../core/money.ts";
import type { Seconds } from "../core/segment.ts";
import { speakingTime } from "./speaking-time.ts";

export type Budget = {
  /** Spoken so far, US dollars; calls in flight do not count yet. */
  readonly spentUsd: number;
  /**
   * Sets money aside for one text.
   *
   * @returns what to call with the seconds that came back: 0 gives the money free again.
   * @throws DubberError `too_expensive` when it could take the sum over the most that may be spent.
   */
  reserve(text: string): (spoken: Seconds) => void;
};

/**
 * @param usdPerMinute price of a minute of speech; 0 for engines that cost nothing.
 * @param maxUsd the most that may be spent; Infinity by default.
 */
export function openBudget({
  usdPerMinute,
  maxUsd = Number.POSITIVE_INFINITY,
}: {
  readonly usdPerMinute: number;
  readonly maxUsd?: number;
}): Budget {
  let spentUsd = 0;
  let reservedUsd = 0;
  const price = (seconds: Seconds): number => (seconds / 60) * usdPerMinute;
  return {
    get spentUsd() {
      return spentUsd;
    },
    reserve(text) {
      const expected = price(speakingTime(text));
      if (spentUsd + reservedUsd + expected > maxUsd) {
        throw new DubberError(
          "too_expensive",
          `Speaking on could cost more than ${money(maxUsd)}; ${money(spentUsd)} are spent.`,
          { hint: "Raise --max-cost and run it again; what is spoken is kept." },
        );
      }
      reservedUsd += expected;
      let isSettled = false;
      return (spoken) => {
        if (isSettled) return;
        isSettled = true;
        reservedUsd -= expected;
        spentUsd += price(spoken);
      };
    },
  };
}
