import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stretch } from "./stretch.ts";

const sampleRate = 22_050;

function tone(frames: number, frequency: number): Float32Array {
  return Float32Array.from(
    { length: frames },
    (_, frame) =>
      0.4 * Math.sin((2 * Math.PI * frequency * frame) / sampleRate) +
      0.1 * Math.sin((4 * Math.PI * frequency * frame) / sampleRate),
  );
}

/** Frequency of the middle half by autocorrelation with a parabola through the peak. */
function pitch(samples: Float32Array, expected: number): number {
  const size = Math.floor(samples.length / 4);
  const from = size;
  const period = sampleRate / expected;
  const lagFor = (lag: number): number => {
    let sum = 0;
    for (let i = 0; i < size; i++) {
      sum += (samples[from + i] as number) * (samples[from + i + lag] as number);
    }
    return sum;
  };
  // Ten periods at once: ten times the resolution.
  const centre = Math.round(10 * period);
  let best = centre;
  for (let lag = centre - Math.floor(period / 2); lag <= centre + period / 2; lag++) {
    if (lagFor(lag) > lagFor(best)) best = lag;
  }
  return (10 * sampleRate) / best;
}

describe("stretch", () => {
  it("is exactly as long as asked for any tempo from 0.5 to 2.5", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30_000 }),
        fc.double({ min: 0.5, max: 2.5, noNaN: true }),
        fc.integer({ min: 80, max: 300 }),
        async (frames, tempo, frequency) => {
          const target = Math.round(frames / tempo);
          const result = await stretch(tone(frames, frequency), sampleRate, target);
          expect(result.length).toBe(target);
          expect(result.every((value) => Math.abs(value) <= 1)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps the pitch of a tone within 1 %", async () => {
    for (const frequency of [95, 140, 233]) {
      for (const tempo of [0.5, 0.8, 0.97, 1.05, 1.3, 1.7, 2.5]) {
        const frames = 3 * sampleRate;
        const result = await stretch(
          tone(frames, frequency),
          sampleRate,
          Math.round(frames / tempo),
        );
        const found = pitch(result, frequency);
        expect(Math.abs(found / frequency - 1), `${frequency} Hz × ${tempo}`).toBeLessThan(0.01);
      }
    }
  });

  it("returns the input itself at tempo 1", async () => {
    const samples = tone(1000, 100);
    expect(await stretch(samples, sampleRate, 1000)).toBe(samples);
  });

  it("fills the time with sound to the end: nothing cut, no long silence", async () => {
    // A word that ends in a distinct tone: its last 60 ms must still be there, and at the end.
    const frames = 2 * sampleRate;
    const samples = tone(frames, 120);
    const ending = Math.round(0.06 * sampleRate);
    samples.set(tone(ending, 1500), frames - ending);
    for (const tempo of [0.7, 1.1, 1.3, 1.9]) {
      const result = await stretch(samples, sampleRate, Math.round(frames / tempo));
      const tail = result.subarray(result.length - Math.round(0.02 * sampleRate));
      let crossings = 0;
      for (let i = 1; i < tail.length; i++) {
        if ((tail[i - 1] as number) < 0 !== (tail[i] as number) < 0) crossings++;
      }
      expect(crossings, `tempo ${tempo}`).toBeGreaterThan(30);
    }
  });

  it("gives the same bytes whatever was stretched before", async () => {
    const samples = tone(20_000, 111);
    const first = await stretch(samples, sampleRate, 15_000);
    for (const frames of [50_000, 300, 7000]) {
      await stretch(tone(frames, 222), 48_000, Math.round(frames / 1.4));
    }
    expect(await stretch(samples, sampleRate, 15_000)).toEqual(first);
  });

  it("keeps silence silent", async () => {
    expect(await stretch(new Float32Array(900), sampleRate, 700)).toEqual(new Float32Array(700));
  });
});
