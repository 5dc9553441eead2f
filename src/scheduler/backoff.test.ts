import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";

const almostOne = () => 1 - Number.EPSILON;

describe("backoffMs", () => {
  it.each([
    [1, 500],
    [2, 1_000],
    [4, 4_000],
    [6, 16_000],
    [7, 30_000],
    [500, 30_000],
  ])("after %i failures waits at most %i ms", (failures, longest) => {
    expect(backoffMs({ failures, random: almostOne })).toBeCloseTo(longest, 3);
    expect(backoffMs({ failures, random: () => 0 })).toBe(0);
  });

  it.each([
    [5_000, 5_000],
    [3_600_000, 60_000],
    [0, 0],
    [-5, 0],
    [Number.NaN, 0],
  ])("obeys a Retry-After of %f ms for at least %i ms", (retryAfterMs, least) => {
    expect(backoffMs({ failures: 1, retryAfterMs, random: () => 0 })).toBe(least);
  });

  it("is never shorter than asked for, and never longer than a minute", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.option(fc.double(), { nil: undefined }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, retryAfterMs, chance) => {
          const ms = backoffMs({ failures, retryAfterMs, random: () => chance });
          expect(ms).toBeGreaterThanOrEqual(Math.min(60_000, Math.max(0, retryAfterMs || 0)));
          expect(ms).toBeLessThanOrEqual(60_000);
        },
      ),
    );
  });
});
