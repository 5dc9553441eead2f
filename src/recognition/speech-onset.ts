/** Moves the start of found speech to where its sound really begins. Detectors begin a little early, in steps of 32 ms. */
import { listeningRate } from "../core/sound.ts";
import { frameLevels, frameSize, levelAt } from "./speech-levels.ts";

/** How far a start may be moved, frames of 10 ms: a detector is not wrong by more. */
const reach = { earlier: 5, later: 15 };
/** What is taken for the noise before the speech, and for the speech, frames. */
const noiseFrames = 30;
const speechFrames = 40;
/** Speech that stands out by less, dB, has no onset that loudness could show: music or noise lie below it. */
const leastContrastDb = 12;
/** Where the sound begins: this far over the noise, dB. Breath and the noise's own swing stay below it. */
const overNoiseDb = 8;
/** A frame of 10 ms is kept before it: soft consonants begin below the noise. */
const margin = 1;

/**
 * Where speech begins, found by its loudness near the start a detector gave.
 *
 * The onset is the first of three loud frames in a row, loud being 8 dB over the noise before it.
 *
 * @param samples the sound around it, 16 kHz.
 * @param start sample the detector says the speech starts at.
 * @returns a sample from 50 ms before `start` to 150 ms after it; `start` itself where no onset stands out.
 */
export function refineStart(samples: Int16Array, start: number): number {
  const frame = Math.round(start / frameSize);
  const first = Math.max(0, frame - noiseFrames);
  const levels = frameLevels(
    samples.subarray(first * frameSize, (frame + reach.later + speechFrames) * frameSize),
  );
  const at = frame - first;
  const noise = levelAt(levels.subarray(0, Math.max(1, at)), 0.5);
  const speech = levelAt(levels.subarray(at), 0.8);
  if (at < 3 || speech - noise < leastContrastDb) return start;
  const isLoud = (index: number) => (levels[index] ?? noise) >= noise + overNoiseDb;
  for (let index = Math.max(0, at - reach.earlier); index <= at + reach.later; index++) {
    if (isLoud(index) && isLoud(index + 1) && isLoud(index + 2)) {
      const onset = (first + index - margin) * frameSize;
      return Math.max(0, onset, start - (reach.earlier * listeningRate) / 100);
    }
  }
  return start;
}
