/** Takes the silence from both ends of a recording. Clips that are to fit into a dub are trimmed closer, in `audio/`. */
import type { Seconds } from "../core/segment.ts";

/** Where no 10 ms are louder than this, RMS, nobody has spoken; a whisper close to a phone has −45 and more. */
export const silenceDb = -50;
/** Sound reaches down to so far under the loudest 10 ms: the range of speech, breath left out. */
const rangeDb = 40;
/** Silence that stays at either end, so that no soft consonant is lost. */
const keptSeconds: Seconds = 0.2;

/**
 * The part of `samples` from 0.2 s before its first sound to 0.2 s after its last, a view of them; undefined when it is silent throughout.
 *
 * @param samples one channel.
 * @param minSeconds so much is left of it, if it had that, with silence from both ends. Default 0.
 */
export function trimSilence(
  samples: Int16Array,
  { sampleRate, minSeconds = 0 }: { readonly sampleRate: number; readonly minSeconds?: Seconds },
): Int16Array | undefined {
  const size = Math.max(1, Math.round(sampleRate / 100));
  const powers = framePowers(samples, size);
  const peak = powers.reduce((a, b) => Math.max(a, b), 0);
  if (peak <= powerOf(silenceDb)) return undefined;
  const threshold = peak * powerOf(-rangeDb);
  const kept = Math.round(keptSeconds * sampleRate);
  const first = powers.findIndex((power) => power >= threshold) * size;
  const last = (powers.findLastIndex((power) => power >= threshold) + 1) * size;
  const start = Math.max(0, first - kept);
  const end = Math.min(samples.length, last + kept);
  const wanted = Math.min(samples.length, Math.ceil(minSeconds * sampleRate));
  const missing = wanted - (end - start);
  if (missing <= 0) return samples.subarray(start, end);
  // Half of it before, unless there is too little on one side.
  const from = Math.min(Math.max(0, start - (missing >> 1)), samples.length - wanted);
  return samples.subarray(from, from + wanted);
}

/** Of full scale 1. */
function powerOf(db: number): number {
  return 10 ** (db / 10);
}

function framePowers(samples: Int16Array, size: number): Float64Array {
  const powers = new Float64Array(Math.ceil(samples.length / size));
  for (let frame = 0; frame < powers.length; frame++) {
    const end = Math.min(samples.length, (frame + 1) * size);
    let sum = 0;
    for (let index = frame * size; index < end; index++) sum += (samples[index] as number) ** 2;
    powers[frame] = sum / (end - frame * size) / 32_768 ** 2;
  }
  return powers;
}
