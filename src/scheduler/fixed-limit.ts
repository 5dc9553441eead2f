/** A limit somebody chose. It only gives way to a service that says it allows less. */
import type { LimitPolicy } from "./limit-policy.ts";

/** @param chosen a whole number ≥ 1. */
export function fixedLimit(chosen: number): LimitPolicy {
  let limit = chosen;
  return {
    get limit() {
      return limit;
    },
    found: undefined,
    settled: undefined,
    started: (level) => ({ level, era: 0 }),
    allowedAtOnce(allowed) {
      if (Number.isSafeInteger(allowed) && allowed >= 1) limit = Math.min(chosen, allowed);
    },
    remember() {},
    succeeded() {},
    throttled() {},
  };
}
