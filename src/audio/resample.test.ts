import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resample, resampleToLength } from "./resample.ts";

function sine(frames: number, sampleRate: number, frequency: number): Float32Array {
  return Float32Array.from({ length: frames }, (_, frame) =>
    Math.sin((2 * Math.PI * frequency * frame) / sampleRate),
  );
}

/** Level of the middle of `samples` in dB of a full sine. */
function levelDb(samples: Float32Array): number {
  const middle = samples.subarray(samples.length / 4, (samples.length * 3) / 4);
  const power = middle.reduce((sum, value) => sum + value * value, 0) / middle.length;
  return 10 * Math.log10(2 * power + 1e-30);
}

/** What is left after taking the sine of `frequency` away, in dB of a full sine: aliases, images, noise. */
function residueDb(samples: Float32Array, sampleRate: number, frequency: number): number {
  const from = Math.floor(samples.length / 4);
  const window = samples.subarray(from, from * 3);
  const pure = sine(samples.length, sampleRate, frequency).subarray(from, from * 3);
  return levelDbAll(window.map((value, index) => value - (pure[index] as number)));
}

function levelDbAll(samples: Float32Array): number {
  const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
  return 10 * Math.log10(2 * power + 1e-30);
}

const rates = [
  [22_050, 48_000],
  [24_000, 48_000],
  [16_000, 48_000],
  [44_100, 48_000],
  [48_000, 16_000],
  [48_000, 44_100],
  [48_000, 22_050],
] as const;

describe("resample", () => {
  it.each(rates)("keeps tones in place and adds less than −80 dB, %i → %i Hz", (from, to) => {
    const nyquist = Math.min(from, to) / 2;
    for (const share of [0.01, 0.1, 0.33, 0.6, 0.86]) {
      const frequency = share * nyquist;
      const result = resample(sine(from / 4, from, frequency), from, to);
      expect(residueDb(result, to, frequency)).toBeLessThan(-80);
    }
  });

  it.each([
    [48_000, 16_000],
    [48_000, 22_050],
    [48_000, 44_100],
  ])("removes what the lower rate cannot hold, %i → %i Hz", (from, to) => {
    for (const frequency of [1.01 * (to / 2), Math.min(1.07 * (to / 2), 23_900)]) {
      expect(levelDb(resample(sine(from / 4, from, frequency), from, to))).toBeLessThan(-80);
    }
  });

  it("returns round(length · to / from) samples", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }),
        fc.constantFrom(8000, 16_000, 22_050, 24_000, 44_100, 48_000),
        fc.constantFrom(8000, 16_000, 22_050, 24_000, 44_100, 48_000),
        (length, from, to) => {
          const result = resample(new Float32Array(length).fill(0.25), from, to);
          expect(result.length).toBe(Math.round((length * to) / from));
          expect(result.every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("keeps an impulse at its time", () => {
    const samples = new Float32Array(2000);
    samples[1000] = 1;
    const result = resample(samples, 24_000, 48_000);
    expect(result.indexOf(Math.max(...result))).toBe(2000);
  });
});

describe("resampleToLength", () => {
  it("gives the exact length and keeps a tone clean", () => {
    const samples = sine(24_000, 24_000, 5000);
    for (const frames of [23_900, 24_003, 24_120]) {
      const result = resampleToLength(samples, frames);
      expect(result.length).toBe(frames);
      expect(residueDb(result, 24_000, (5000 * 24_000) / frames)).toBeLessThan(-70);
    }
  });
});
