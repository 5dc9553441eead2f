import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DubberError } from "../core/error.ts";
import { joinSpeech, openSpeechJoin, type SpokenPart } from "./join-speech.ts";
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

/** Parts of all lengths around that of the fade, which is 5 samples at 1,000 Hz. */
const parts = fc.array(
  fc.record({
    samples: fc.oneof(
      fc.array(fc.integer({ min: -32_768, max: 32_767 }), { maxLength: 30 }),
      fc.array(fc.constantFrom(-32_768, 32_767), { maxLength: 12 }),
    ),
    end: fc.constantFrom("sentence" as const, "clause" as const, "none" as const),
    warnings: fc.subarray(["a", "b", "c"]),
  }),
  { minLength: 1, maxLength: 6 },
);

describe("openSpeechJoin", () => {
  it("gives out, piece by piece, what mixing all parts at once gives", () => {
    fc.assert(
      fc.property(parts, fc.constantFrom(1_000, 200, 3, 1), (some, sampleRate) => {
        const all = some.map(({ samples, ...rest }) => spoken(samples, { ...rest, sampleRate }));
        const join = openSpeechJoin("fake");
        const pieces = all.map((one) => [...join.add(one)]);
        const audio = [...pieces.flat(), ...join.end()];
        expect(audio).toEqual(mixedAtOnce(all, sampleRate));
        const whole = joinSpeech(all, "fake");
        expect(audio).toEqual([...whole.audio]);
        expect(new Set(join.warnings)).toEqual(new Set(whole.warnings));
      }),
      { numRuns: 500 },
    );
  });

  it("holds back no more than the 5 ms that the next part may change", () => {
    const join = openSpeechJoin("fake");
    expect(join.add(spoken(100, { end: "sentence" })).length).toBe(95);
    expect(join.add(spoken(100)).length).toBe(5 + 120 + 95);
    expect(join.add(spoken(100)).length).toBe(95);
    expect(join.end().length).toBe(5);
    expect(join.end().length).toBe(0);
  });

  it("leaves what it gave out alone, and the parts as well", () => {
    const [first, second] = [spoken(100), spoken(100)];
    const join = openSpeechJoin("fake");
    const out = join.add(first);
    const before = [...out];
    join.add(second);
    expect([...out]).toEqual(before);
    expect(first.result.audio.every((one) => one === 10_000)).toBe(true);
  });

  it("gives every warning once, as soon as its part has come", () => {
    const join = openSpeechJoin("fake");
    join.add(spoken(9, { warnings: ["a", "b"] }));
    expect(join.warnings).toEqual(["a", "b"]);
    join.add(spoken(9, { warnings: ["b", "c"] }));
    expect(join.warnings).toEqual(["a", "b", "c"]);
  });

  it("refuses a part at another rate", () => {
    const join = openSpeechJoin("fake");
    join.add(spoken(9));
    expect(() => join.add(spoken(9, { sampleRate: 8_000 }))).toThrow(/1000 and 8000 Hz/);
  });
});

/** The rule written down for a whole text: every part has its place, and all are added up there. */
function mixedAtOnce(all: readonly SpokenPart[], sampleRate: number): number[] {
  let end = 0;
  const places = all.map(({ result: { audio } }, index) => {
    const before = all[index - 1];
    const shorter = Math.min(before?.result.audio.length ?? 0, audio.length);
    const fadeIn = Math.min(Math.round(0.005 * sampleRate), Math.floor(shorter / 2));
    const seconds = { sentence: 0.12, clause: 0.06, none: 0 }[before?.part.end ?? "none"];
    const pause = Math.round(seconds * sampleRate);
    const at = pause > 0 ? end + pause : end - fadeIn;
    end = at + audio.length;
    return { at, audio, fadeIn };
  });
  const mixed = new Int16Array(end);
  for (const [index, { at, audio, fadeIn }] of places.entries()) {
    const fadeOut = places[index + 1]?.fadeIn ?? 0;
    for (const [offset, sample] of audio.entries()) {
      const goingIn = fadeIn === 0 ? 1 : (offset + 0.5) / fadeIn;
      const goingOut = fadeOut === 0 ? 1 : (audio.length - offset - 0.5) / fadeOut;
      const sum = (mixed[at + offset] ?? 0) + Math.round(sample * Math.min(goingIn, goingOut, 1));
      mixed[at + offset] = Math.max(-32_768, Math.min(32_767, sum));
    }
  }
  return [...mixed];
}
