/** Makes speech quicker or slower by a factor, its pitch kept; to an exact length it is brought by `stretch.ts`. */
import { stretch } from "./stretch.ts";

export type TempoJob = {
  /** Mono. */
  readonly audio: Int16Array;
  /** Hz. */
  readonly sampleRate: number;
  /** 2 takes half the time. Above 0. */
  readonly tempo: number;
};

/** What is stretched in one go sounds well; more is done in steps. */
const mostAtOnce = 2.5;
const leastAtOnce = 0.5;

/** @returns sound of 1/tempo times the length, to the sample. */
export async function changeTempo({ audio, sampleRate, tempo }: TempoJob): Promise<Int16Array> {
  let samples = toFloat(audio);
  const frames = Math.max(1, Math.round(audio.length / tempo));
  const steps = tempo > mostAtOnce || tempo < leastAtOnce ? 2 : 1;
  for (let step = 1; step <= steps; step++) {
    const share = audio.length * (frames / audio.length) ** (step / steps);
    samples = await stretch(samples, sampleRate, Math.round(share));
  }
  return toWhole(samples);
}

// Plain loops: `from` with a function takes longer than the stretching.

function toFloat(audio: Int16Array): Float32Array {
  const samples = new Float32Array(audio.length);
  for (let at = 0; at < audio.length; at++) samples[at] = (audio[at] as number) / 0x8000;
  return samples;
}

function toWhole(samples: Float32Array): Int16Array {
  const audio = new Int16Array(samples.length);
  for (let at = 0; at < samples.length; at++) {
    const value = Math.round((samples[at] as number) * 0x8000);
    audio[at] = Math.max(-0x8000, Math.min(0x7fff, value));
  }
  return audio;
}
