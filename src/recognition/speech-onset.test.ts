import { describe, expect, it } from "vitest";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { refineStart } from "./speech-onset.ts";

const rate = 16_000;
/** Noise with a tone in it that begins at a time; amplitudes 0–1. */
function onsetAt(seconds: number, { noise = 0.003, tone = 0.2, length = 3, seed = 1 } = {}) {
  const random = seededRandom(seed);
  return Int16Array.from({ length: length * rate }, (_, index) => {
    const hiss = (random() * 2 - 1) * noise;
    const sound = index / rate >= seconds ? Math.sin(index / 20) * tone : 0;
    return Math.round((hiss + sound) * 32_767);
  });
}
const refined = (sound: Int16Array, start: number) =>
  refineStart(sound, Math.round(start * rate)) / rate;

describe("refineStart", () => {
  it.each([-0.12, -0.04, 0, 0.03])(
    "finds the onset within 20 ms when the detector is %f s off, in any noise that leaves it audible",
    (error) => {
      for (const noise of [0, 0.0005, 0.003, 0.02]) {
        for (let seed = 0; seed < 10; seed++) {
          const onset = 1 + seed * 0.0237;
          const found = refined(onsetAt(onset, { noise, seed }), onset + error);
          expect(Math.abs(found - onset)).toBeLessThanOrEqual(0.02);
          expect(found).toBeLessThanOrEqual(onset);
        }
      }
    },
  );

  it("leaves the start where the sound does not stand out", () => {
    const music = onsetAt(0, { tone: 0.2 });
    expect(refined(music, 1)).toBe(1);
    expect(refined(onsetAt(1, { noise: 0.2, tone: 0.1 }), 1.05)).toBe(1.05);
  });

  it("does not move it further than 150 ms later or 50 ms earlier", () => {
    expect(refined(onsetAt(1.4), 1)).toBe(1);
    expect(refined(onsetAt(0.5), 1)).toBe(1);
  });

  it("is not misled by a click before the speech", () => {
    const sound = onsetAt(1.1);
    sound.fill(12_000, rate, rate + 100);
    expect(Math.abs(refined(sound, 1) - 1.1)).toBeLessThanOrEqual(0.02);
  });

  it("leaves a start at the very beginning", () => {
    expect(refined(onsetAt(0), 0)).toBe(0);
    expect(refineStart(new Int16Array(0), 0)).toBe(0);
  });
});
