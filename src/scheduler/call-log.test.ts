import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAttempt } from "./call-log.ts";
import type { Attempt } from "./contract.ts";

const at = new Date("2026-03-04T05:06:07.089Z");
const good: Attempt = {
  ...{
    engine: "openai",
    lineId: "12",
    attempt: 1,
    outcome: "ok",
    status: 200,
    ms: 812.4,
    bytes: 96_044,
  },
  ...{ characters: 42, limit: 5, inFlight: 4 },
};
const bad: Attempt = {
  ...good,
  ...{
    attempt: 3,
    part: 2,
    outcome: "rate_limited",
    status: 429,
    message: "Too many.",
    retryInMs: 1_234.5,
  },
};

describe("formatAttempt", () => {
  it("writes columns for people", () => {
    expect(formatAttempt(good, at, "text")).toBe(
      "2026-03-04T05:06:07.089Z  openai      12                try 1   ok                  200     812 ms      96044 B     42 ch  4/5 in flight",
    );
    expect(formatAttempt(bad, at, "text")).toBe(
      "2026-03-04T05:06:07.089Z  openai      12 part 2         try 3   rate_limited        429     812 ms      96044 B     42 ch  4/5 in flight      again in 1235 ms: Too many.",
    );
  });

  it("shows seconds where a sound was asked with", () => {
    const heard = { ...good, characters: 0, seconds: 29.52 };
    expect(formatAttempt(heard, at, "text")).toContain("  96044 B    29.5 s  4/5");
    expect(JSON.parse(formatAttempt(heard, at, "json"))).toHaveProperty("seconds", 29.52);
  });

  it("shows a dash for what there is none of", () => {
    const { status: _, ...local } = { ...good, lineId: "" };
    expect(formatAttempt(local, at, "text")).toMatch(/Z {2}openai +- .* - .* 4\/5 in flight$/);
  });

  it("writes every field as JSON, times as whole milliseconds", () => {
    expect(JSON.parse(formatAttempt(bad, at, "json"))).toEqual({
      ...bad,
      ...{ at: at.toISOString(), ms: 812, retryInMs: 1235 },
    });
    expect(JSON.parse(formatAttempt(good, at, "json"))).not.toHaveProperty("retryInMs");
  });

  it("cuts a long reason", () => {
    const line = formatAttempt({ ...bad, message: "💥".repeat(5_000) }, at, "text");
    expect(line.length).toBeLessThan(900);
    expect(line.isWellFormed()).toBe(true);
  });

  it("is one line without control characters, whatever the id and the reason hold", () => {
    const nasty = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "a\nb",
        "\r\n",
        "\u001b[2J",
        "\u0085",
        "\u2028\u2029",
        "\u009b31m",
        "\u202eevil",
        "\ud800",
      ),
    );
    fc.assert(
      fc.property(
        nasty,
        nasty,
        fc.constantFrom("text" as const, "json" as const),
        (lineId, message, format) => {
          const line = formatAttempt({ ...bad, lineId, message }, at, format);
          expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u);
          expect(line.isWellFormed()).toBe(true);
          if (format === "json") expect(JSON.parse(line)).toMatchObject({ lineId, message });
        },
      ),
      { numRuns: 300 },
    );
  });
});
