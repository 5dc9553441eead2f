/** Finds where in a recording a part was cut out that is not the same sample for sample: resampled, compressed, louder. */
import type { PartLocator } from "./locate-part.ts";

/** At 16 kHz: 100 ms to find the place by the loudest half minute, then 20 ms and steps of 5 ms to find it exactly. */
const coarseSamples = 1600;
const probeFrames = 300;
const fineSamples = 320;
const shiftSamples = 80;
const leastFrames = 5;
const leastLikeness = 0.9;

/**
 * Prepares the search in one recording by how its loudness rises and falls.
 *
 * @returns a function from a part (0.5 s or more) to the sample of the recording at which it begins, within 5 ms; undefined where
 *   nothing is alike.
 */
export function similarLocator(recording: Int16Array): PartLocator {
  let known: { coarse: Float64Array; fine: Float64Array } | undefined;
  return (part) => {
    known ??= {
      coarse: loudness(recording, coarseSamples),
      fine: loudness(recording, fineSamples),
    };
    const heard = loudness(part, coarseSamples);
    if (heard.length < leastFrames) return undefined;
    const from = loudestFrom(heard);
    const place = placeOf(heard.subarray(from, from + probeFrames), known.coarse) - from;
    return exactPlace(part, known.fine, place * (coarseSamples / fineSamples));
  };
}

/** The best of all places not more than 120 ms away, in samples. */
function exactPlace(part: Int16Array, frames: Float64Array, near: number): number | undefined {
  let [best, place]: [number, number | undefined] = [leastLikeness, undefined];
  for (let shift = 0; shift < fineSamples; shift += shiftSamples) {
    const heard = loudness(part.subarray(shift), fineSamples);
    for (let at = near - 6; at <= near + 6; at++) {
      const likeness = likenessOf(heard, frames, at);
      if (likeness > best) [best, place] = [likeness, at * fineSamples - shift];
    }
  }
  return place;
}

/** Root of the mean square of every whole frame. */
function loudness(samples: Int16Array, frameSamples: number): Float64Array {
  const frames = new Float64Array(Math.floor(samples.length / frameSamples));
  for (let frame = 0; frame < frames.length; frame++) {
    let sum = 0;
    for (let index = frame * frameSamples; index < (frame + 1) * frameSamples; index++) {
      const sample = samples[index] ?? 0;
      sum += sample * sample;
    }
    frames[frame] = Math.sqrt(sum / frameSamples);
  }
  return frames;
}

/** Where the stretch of `probeFrames` with most sound begins. */
function loudestFrom(frames: Float64Array): number {
  let [best, at, sum] = [0, 0, 0];
  for (let index = 0; index < frames.length; index++) {
    sum += (frames[index] ?? 0) - (frames[index - probeFrames] ?? 0);
    if (sum > best) [best, at] = [sum, Math.max(0, index - probeFrames + 1)];
  }
  return at;
}

/** A part may begin before the recording or end after it by what silence was added. */
function placeOf(probe: Float64Array, frames: Float64Array): number {
  let [best, place] = [-1, 0];
  for (let at = -probe.length; at < frames.length; at++) {
    const likeness = likenessOf(probe, frames, at);
    if (likeness > best) [best, place] = [likeness, at];
  }
  return place;
}

/** Pearson's correlation of one run of frames with another from a place on; frames outside are silent. −1…1. */
function likenessOf(one: Float64Array, other: Float64Array, at: number): number {
  let [a, b, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let index = 0; index < one.length; index++) {
    const [x, y] = [one[index] ?? 0, other[at + index] ?? 0];
    a += x;
    b += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  const n = one.length;
  const spread = Math.sqrt((aa - (a * a) / n) * (bb - (b * b) / n));
  return spread > 0 ? (ab - (a * b) / n) / spread : -1;
}
