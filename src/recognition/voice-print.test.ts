import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchPrint, printLikeness } from "./voice-print.ts";

describe("printLikeness", () => {
  it("is 1 for the same voice however loud, 0 for unrelated ones, −1 for the opposite", () => {
    expect(printLikeness([3, 4], [6, 8])).toBeCloseTo(1, 12);
    expect(printLikeness([1, 0], [0, 2])).toBe(0);
    expect(printLikeness([1, 2], [-1, -2])).toBeCloseTo(-1, 12);
  });

  it("is 0 for what cannot be compared, and never outside −1 to 1", () => {
    expect(printLikeness([1, 2], [1])).toBe(0);
    expect(printLikeness([], [])).toBe(0);
    expect(printLikeness([0, 0], [1, 1])).toBe(0);
    const print = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(
      fc.property(print, print, (one, other) => {
        const value = printLikeness(one, other);
        expect(Math.abs(value)).toBeLessThanOrEqual(1 + 1e-9);
        expect(value).toBeCloseTo(printLikeness(other, one), 12);
      }),
    );
  });
});

describe("matchPrint", () => {
  const known = new Map([
    ["Ana", [1, 0, 0]],
    ["Ben", [0, 1, 0]],
    ["Old", [1, 0]],
  ]);
  it("finds the most alike over the threshold", () => {
    expect(matchPrint(known, [0.9, 0.3, 0])?.name).toBe("Ana");
    expect(matchPrint(known, [0.3, 0.9, 0])?.name).toBe("Ben");
  });
  it("finds nobody below it, and nobody for a print of nothing or of another model", () => {
    expect(matchPrint(known, [0.1, 0.1, 1])).toBeUndefined();
    expect(matchPrint(known, [1, 1, 0], 0.8)).toBeUndefined();
    expect(matchPrint(known, [])).toBeUndefined();
    expect(matchPrint(new Map(), [1, 0, 0])).toBeUndefined();
  });
  it("takes the first of two equally alike", () => {
    expect(matchPrint(known, [1, 1, 0])?.name).toBe("Ana");
  });
});
