import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trimSilence } from "./trim-silence.ts";

const sampleRate = 1000;
/** Seconds of silence, sound and silence. */
function recording(before: number, sound: number, after: number): Int16Array {
  const samples = new Int16Array(Math.round((before + sound + after) * sampleRate));
  const [from, to] = [before * sampleRate, (before + sound) * sampleRate];
  for (let index = from; index < to; index++) samples[index] = index % 2 ? 9000 : -9000;
  return samples;
}

describe("trimSilence", () => {
  it.each([
    { before: 1, sound: 2, after: 1, minSeconds: 0, seconds: 2.4 },
    { before: 0.1, sound: 2, after: 0, minSeconds: 0, seconds: 2.1 },
    { before: 1, sound: 2, after: 1, minSeconds: 3, seconds: 3 },
    { before: 3, sound: 1, after: 0, minSeconds: 3, seconds: 3 },
    { before: 0, sound: 1, after: 3, minSeconds: 3, seconds: 3 },
    { before: 1, sound: 1, after: 1, minSeconds: 9, seconds: 3 },
  ])(
    "leaves $seconds s of $before + $sound + $after s when $minSeconds s are asked for",
    ({ before, sound, after, minSeconds, seconds }) => {
      const part = trimSilence(recording(before, sound, after), { sampleRate, minSeconds });
      expect(part?.length).toBe(Math.round(seconds * sampleRate));
    },
  );

  it("finds nothing where nothing is louder than −50 dBFS", () => {
    expect(trimSilence(new Int16Array(5000), { sampleRate })).toBeUndefined();
    expect(trimSilence(new Int16Array(5000).fill(100), { sampleRate })).toBeUndefined();
    expect(trimSilence(new Int16Array(0), { sampleRate })).toBeUndefined();
    expect(trimSilence(new Int16Array(5000).fill(110), { sampleRate })).toHaveLength(5000);
  });

  it("never cuts sound, never adds any, and never leaves less than asked", () => {
    const seconds = fc.integer({ min: 0, max: 40 }).map((tenths) => tenths / 10);
    const recordings = fc.tuple(seconds, fc.integer({ min: 1, max: 40 }), seconds, seconds);
    fc.assert(
      fc.property(recordings, ([before, tenths, after, minSeconds]) => {
        const samples = recording(before, tenths / 10, after);
        const part = trimSilence(samples, { sampleRate, minSeconds }) as Int16Array;
        const loud = (some: Int16Array) => some.filter((one) => one !== 0).length;
        expect(loud(part)).toBe(loud(samples));
        expect(part.length).toBeGreaterThanOrEqual(
          Math.min(samples.length, Math.ceil(minSeconds * sampleRate)),
        );
      }),
    );
  });
});
