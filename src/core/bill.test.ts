import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openBill } from "./bill.ts";

describe("a bill", () => {
  it("counts what was paid, not what was set aside", () => {
    const bill = openBill(1);
    const pay = bill.reserve(0.6, "Working");
    expect([bill.spentUsd, bill.leftUsd]).toEqual([0, 0.4]);
    pay(0.2);
    expect([bill.spentUsd, bill.leftUsd]).toEqual([0.2, 0.8]);
  });

  it("refuses what could go beyond the most, naming both sums, and sets nothing aside then", () => {
    const bill = openBill(1);
    bill.reserve(0.7, "Working")(0.7);
    expect(() => bill.reserve(0.4, "Working on")).toThrow(
      expect.objectContaining({
        code: "too_expensive",
        message: "Working on could cost more than $1.00; $0.70 are spent.",
      }),
    );
    expect(bill.leftUsd).toBeCloseTo(0.3);
  });

  it("lets what costs nothing through, even when everything is spent", () => {
    const bill = openBill(0);
    expect(() => bill.reserve(0, "Working")(0)).not.toThrow();
    expect(() => bill.reserve(0.01, "Working")).toThrow(/more than/);
  });

  it("is settled once", () => {
    const bill = openBill();
    const pay = bill.reserve(1, "Working");
    pay(1);
    pay(1);
    expect(bill.spentUsd).toBe(1);
  });

  it("never lets calls that cost what they were expected to go beyond the most", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.array(fc.double({ min: 0, max: 3, noNaN: true })),
        (max, calls) => {
          const bill = openBill(max);
          for (const usd of calls) {
            try {
              bill.reserve(usd, "Working")(usd);
            } catch {}
          }
          expect(bill.spentUsd).toBeLessThanOrEqual(max + 1e-9);
        },
      ),
    );
  });
});
