import { describe, expect, it } from "vitest";
import { retryWaitMs, waitsMs } from "./retry-schedule.ts";

const middle = () => 0.5;
const minute = 60_000;
const hour = 60 * minute;

describe("retryWaitMs", () => {
  it("is the schedule of Standard Webhooks, ten tries and no more", () => {
    const tries = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    expect(tries.map((attempts) => retryWaitMs({ attempts, random: middle }))).toEqual([
      ...[5000, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour],
      ...[24 * hour, undefined],
    ]);
    // «Time since start» of the last try in the specification's table: 75:35:05.
    const wholeMs = waitsMs.reduce((sum, wait) => sum + wait, 0);
    expect(wholeMs).toBe(75 * hour + 35 * minute + 5000);
  });

  it.each([
    [0, 4000],
    [0.5, 5000],
    [1, 6000],
  ])("is a fifth shorter or longer by chance: %d → %i ms", (chance, wait) => {
    expect(retryWaitMs({ attempts: 1, random: () => chance })).toBeCloseTo(wait);
  });

  it.each([
    [1, 60_000, 60_000],
    [1, 1000, 5000],
    [1, 10 * hour, hour],
    [5, hour, 5 * hour],
    [10, 60_000, undefined],
  ])("after try %i obeys a receiver that asks for %i ms: %s", (attempts, retryAfterMs, wait) => {
    expect(retryWaitMs({ attempts, retryAfterMs, random: middle })).toBe(wait);
  });
});
