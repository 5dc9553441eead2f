/** What speaking costs and may cost: money is promised before a call and counted after it. */
import { type Bill, openBill } from "../core/bill.ts";
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
 * @param bill what everything is paid from; without a limit by default.
 */
export function openBudget({
  usdPerMinute,
  bill = openBill(),
}: {
  readonly usdPerMinute: number;
  readonly bill?: Bill;
}): Budget {
  let spentUsd = 0;
  const price = (seconds: Seconds): number => (seconds / 60) * usdPerMinute;
  return {
    get spentUsd() {
      return spentUsd;
    },
    reserve(text) {
      const pay = bill.reserve(price(speakingTime(text)), "Speaking on");
      let isSettled = false;
      return (spoken) => {
        if (isSettled) return;
        isSettled = true;
        spentUsd += price(spoken);
        pay(price(spoken));
      };
    },
  };
}
