/** Makes speech quicker or slower without touching its pitch, to an exact number of samples. */
import type { Sonic } from "@echogarden/sonic-wasm";
import { DubberError } from "../core/error.ts";
import { resampleToLength } from "./resample.ts";
import { toFloats, toWholes } from "./whole-samples.ts";

/**
 * Plays `samples` at the tempo that makes them exactly `targetFrames` long (tempo = length / targetFrames).
 *
 * Sonic moves whole pitch periods, so it is up to some 10 ms off. Its tempo is corrected until it is close, and the
 * rest is an even resampling of at most 0.5 % (9 cents); only clips too short for that end in a little
 * silence. Nothing is cut. The same input gives the same bytes, whatever was stretched before.
 *
 * @param samples one channel, −1 to 1.
 * @param sampleRate Hz.
 * @param targetFrames a whole number ≥ 0; meant for tempos of 0.5 to 2.5.
 * @returns `samples` itself when it has that length already.
 */
export async function stretch(
  samples: Float32Array,
  sampleRate: number,
  targetFrames: number,
): Promise<Float32Array> {
  if (samples.length === targetFrames) return samples;
  if (Math.abs(samples.length - targetFrames) <= targetFrames * inaudible) {
    return resampleToLength(samples, targetFrames);
  }
  const result = new Float32Array(targetFrames);
  // Zeros at the end tell where Sonic's sound ends, so the sound itself must not end in any.
  const voiced = withoutZeros(toWholes(samples));
  const target = Math.round((voiced.length * targetFrames) / samples.length);
  if (voiced.length === 0 || target === 0) return result;
  // Loaded by the first clip that needs it: most programs that import Dubber never stretch in their own thread.
  sonic ??= import("@echogarden/sonic-wasm").then(({ default: createSonic }) => createSonic());
  const sound = stretchClosely(await sonic, voiced, sampleRate, target);
  const isFar = Math.abs(sound.length - target) > target * largestResidual;
  if (isFar && sound.length < target) result.set(sound);
  else result.set(resampleToLength(sound, target));
  return result;
}

/** Beyond this share of the length, resampling could be heard as another pitch. */
const largestResidual = 0.005;
/** A length that is off by rounding only (under 2 cents) is not worth Sonic's seams. */
const inaudible = 0.001;
const attempts = 8;

let sonic: Promise<Sonic> | undefined;

/** Tries tempos until the length is close to `target`; the closest of the attempts, a longer one only if it must. */
function stretchClosely(
  sonic: Sonic,
  voiced: Int16Array,
  sampleRate: number,
  target: number,
): Float32Array {
  const tempo = voiced.length / target;
  let speed = tempo;
  let best: Float32Array | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const sound = runSonic(sonic, voiced, sampleRate, speed);
    if (best === undefined || cost(sound.length, target) < cost(best.length, target)) best = sound;
    if (Math.abs(best.length - target) <= target * largestResidual) break;
    // Lengths come in steps of a pitch period, so the same correction again may change nothing: grow it a little.
    speed *= (sound.length / target) ** (1 + attempt / 4);
    speed = Math.max(tempo * 0.7, Math.min(tempo * 1.4, speed));
  }
  return best as Float32Array;
}

/** Too long has to be squeezed and changes the pitch; too short only ends early, in silence. */
function cost(length: number, target: number): number {
  return length > target ? 4 * (length - target) : target - length;
}

function runSonic(
  sonic: Sonic,
  voiced: Int16Array,
  sampleRate: number,
  speed: number,
): Float32Array {
  // Sonic drops what it made past the length it expects; with silence behind the sound that is silence.
  const tail = Math.ceil(sampleRate * 0.05 * Math.max(1, speed));
  const frames = voiced.length + tail;
  const capacity = Math.ceil(frames / speed) + sampleRate;
  const buffer = sonic._malloc(2 * Math.max(frames, capacity));
  const stream = buffer === 0 ? 0 : sonic._sonicCreateStream(sampleRate, 1);
  try {
    if (stream === 0) throw outOfMemory(frames);
    sonic.HEAP16.fill(0, buffer / 2, buffer / 2 + frames);
    sonic.HEAP16.set(voiced, buffer / 2);
    sonic._sonicSetSpeed(stream, speed);
    if (sonic._sonicWriteShortToStream(stream, buffer, frames) === 0) throw outOfMemory(frames);
    if (sonic._sonicFlushStream(stream) === 0) throw outOfMemory(frames);
    const count = sonic._sonicReadShortFromStream(stream, buffer, capacity);
    return toFloats(withoutZeros(sonic.HEAP16.subarray(buffer / 2, buffer / 2 + count)));
  } finally {
    if (stream !== 0) sonic._sonicDestroyStream(stream);
    if (buffer !== 0) sonic._free(buffer);
  }
}

/** The sound without the zeros at its end. */
function withoutZeros(values: Int16Array): Int16Array {
  let end = values.length;
  while (end > 0 && values[end - 1] === 0) end--;
  return values.subarray(0, end);
}

function outOfMemory(frames: number): DubberError {
  return new DubberError("internal", `There is no memory to stretch a clip of ${frames} samples.`);
}
