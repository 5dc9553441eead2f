/** One run's money: set aside before a call, counted after it, over everything the run pays for. */
import { DubberError } from "./error.ts";
import { money } from "./money.ts";

/** US dollars throughout. */
export type Bill = {
  /** Paid so far; calls in flight do not count yet. */
  readonly spentUsd: number;
  /** What may still be set aside; Infinity without a limit. */
  readonly leftUsd: number;
  /**
   * Sets money aside for one call.
   *
   * @param doing what it is for, as a sentence begins: `Recognising on`.
   * @returns what to call once with what it has cost in the end: 0 gives the money free again.
   * @throws DubberError `too_expensive` when it could take the sum over the most that may be spent.
   */
  reserve(expectedUsd: number, doing: string): (paidUsd: number) => void;
};

/** @param maxUsd the most that may be spent; Infinity by default. */
export function openBill(maxUsd: number = Number.POSITIVE_INFINITY): Bill {
  let spentUsd = 0;
  let reservedUsd = 0;
  return {
    get spentUsd() {
      return spentUsd;
    },
    get leftUsd() {
      return Math.max(0, maxUsd - spentUsd - reservedUsd);
    },
    reserve(expectedUsd, doing) {
      if (expectedUsd > 0 && spentUsd + reservedUsd + expectedUsd > maxUsd) {
        throw new DubberError(
          "too_expensive",
          `${doing} could cost more than ${money(maxUsd)}; ${money(spentUsd)} are spent.`,
          { hint: "Raise --max-cost and run it again; what is paid for is kept." },
        );
      }
      reservedUsd += expectedUsd;
      let isSettled = false;
      return (paidUsd) => {
        if (isSettled) return;
        isSettled = true;
        reservedUsd -= expectedUsd;
        spentUsd += paidUsd;
      };
    },
  };
}
