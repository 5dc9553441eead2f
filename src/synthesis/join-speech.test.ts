import { describe, expect, it } from "vitest";
import { DubberError } from "../core/error.ts";
import { joinSpeech } from "./join-speech.ts";
import type { TextPart } from "./split-text.ts";

function spoken(
  samples: readonly number[] | number,
  {
    end = "none",
    sampleRate = 1_000,
    warnings = [] as string[],
  }: Partial<TextPart> & {
    sampleRate?: number;
    warnings?: string[];
  } = {},
) {
  const audio =
    typeof samples === "number" ? new Int16Array(samples).fill(10_000) : Int16Array.from(samples);
  return { part: { text: "x", end }, result: { audio, sampleRate, warnings } };
}

/** The largest step from one sample to the next. */
function largestStep(audio: Int16Array): number {
  return audio.reduce(
    (most, one, at) => (at === 0 ? 0 : Math.max(most, Math.abs(one - (audio[at - 1] ?? 0)))),
    0,
  );
}

describe("joinSpeech", () => {
  it("leaves a single part as it is", () => {
    const one = spoken(5);
    expect(joinSpeech([one], "fake")).toBe(one.result);
  });

  it.each([
    ["sentence" as const, 120],
    ["clause" as const, 60],
  ])("puts a silence after a %s of %i ms", (end, pauseMs) => {
    const { audio, sampleRate } = joinSpeech([spoken(100, { end }), spoken(100)], "fake");
    expect(sampleRate).toBe(1_000);
    expect(audio.length).toBe(200 + pauseMs);
    expect(audio.subarray(100, 100 + pauseMs).every((one) => one === 0)).toBe(true);
    expect(audio.subarray(5, 95).every((one) => one === 10_000)).toBe(true);
  });

  it("fades parts into each other elsewhere, over 5 ms, as loud as before", () => {
    const { audio } = joinSpeech([spoken(100), spoken(100)], "fake");
    expect(audio.length).toBe(195);
    expect(Math.min(...audio)).toBeGreaterThan(9_990);
    expect(Math.max(...audio)).toBeLessThan(10_010);
  });

  it("makes no step that clicks, at 24 kHz, whatever the parts end with", () => {
    const loud = { sampleRate: 24_000 };
    const high = spoken(Array(2_400).fill(30_000), { ...loud, end: "sentence" });
    const low = spoken(Array(2_400).fill(-30_000), loud);
    expect(largestStep(joinSpeech([high, low], "fake").audio)).toBeLessThan(600);
    expect(largestStep(joinSpeech([low, high], "fake").audio)).toBeLessThan(600);
  });

  it("joins parts shorter than the fade, and empty ones, without losing the others", () => {
    const { audio } = joinSpeech([spoken(50), spoken(1), spoken(0), spoken(3), spoken(50)], "fake");
    expect(audio.length).toBeGreaterThan(95);
    expect(audio[0]).toBe(10_000);
    expect(audio.at(-1)).toBe(10_000);
  });

  it("clips instead of wrapping where faded parts are loud", () => {
    const { audio } = joinSpeech(
      [spoken(Array(20).fill(32_767)), spoken(Array(20).fill(32_767))],
      "fake",
    );
    expect(Math.min(...audio)).toBeGreaterThan(32_000);
  });

  it("gives every warning once", () => {
    const parts = [spoken(9, { warnings: ["a", "b"] }), spoken(9, { warnings: ["b", "c"] })];
    expect(joinSpeech(parts, "fake").warnings).toEqual(["a", "b", "c"]);
  });

  it("refuses parts at different rates", () => {
    const parts = [spoken(9), spoken(9, { sampleRate: 8_000 })];
    expect(() => joinSpeech(parts, "fake")).toThrow(DubberError);
    expect(() => joinSpeech(parts, "fake")).toThrow(/1000 and 8000 Hz/);
  });
});
