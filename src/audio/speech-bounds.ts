/** Where the voice in a clip begins and ends, and how loud it is. */
import { amplitudeToDb, dbToAmplitude } from "./decibels.ts";

export type SpeechBounds = {
  /** First frame of the speech, with its margin. */
  readonly start: number;
  /** The frame after its last, with its margin. */
  readonly end: number;
  /** RMS of the 10 ms frames with speech, dBFS; −Infinity for a silent clip. */
  readonly rmsDb: number;
};

/**
 * Finds leading and trailing silence. Keeps 10 ms before and 30 ms after what it finds, so soft consonants stay.
 *
 * A 10 ms frame counts as speech down to 45 dB under the loudest one. Where the clip itself has noise above that, the
 * line is 8 dB over the noise (the quietest tenth of the frames), yet never less than 35 dB under the loudest.
 *
 * @param samples one channel, −1 to 1.
 * @param sampleRate Hz.
 * @returns start = end = 0 when nothing is louder than −80 dBFS.
 */
export function findSpeech(samples: Float32Array, sampleRate: number): SpeechBounds {
  const size = Math.max(1, Math.round(sampleRate / 100));
  const powers = framePowers(samples, size);
  const peak = powers.reduce((a, b) => Math.max(a, b), 0);
  if (peak < silencePower) return { start: 0, end: 0, rmsDb: Number.NEGATIVE_INFINITY };
  const threshold = thresholdFor(powers, peak);
  const first = powers.findIndex((power) => power >= threshold);
  const last = powers.findLastIndex((power) => power >= threshold);
  let sum = 0;
  let count = 0;
  for (const power of powers) {
    if (power < threshold) continue;
    sum += power;
    count++;
  }
  return {
    start: Math.max(0, first * size - size),
    end: Math.min(samples.length, (last + 1) * size + 3 * size),
    rmsDb: amplitudeToDb(Math.sqrt(sum / count)),
  };
}

const silencePower = powerOf(-80);
const usualRange = powerOf(-45);
const smallestRange = powerOf(-35);
const overNoise = powerOf(8);

function powerOf(db: number): number {
  return dbToAmplitude(db) ** 2;
}

function framePowers(samples: Float32Array, size: number): Float64Array {
  const powers = new Float64Array(Math.ceil(samples.length / size));
  for (let frame = 0; frame < powers.length; frame++) {
    const end = Math.min(samples.length, (frame + 1) * size);
    let sum = 0;
    for (let index = frame * size; index < end; index++) sum += (samples[index] as number) ** 2;
    powers[frame] = sum / (end - frame * size);
  }
  return powers;
}

function thresholdFor(powers: Float64Array, peak: number): number {
  const noise = powers.toSorted()[Math.floor(powers.length / 10)] as number;
  return Math.max(peak * usualRange, Math.min(noise * overNoise, peak * smallestRange));
}
