/** Makes speech quicker or slower by a factor, its pitch kept; to an exact length it is brought by `stretch.ts`. */
import { stretch } from "./stretch.ts";
import { toFloats, toWholes } from "./whole-samples.ts";

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
  let samples = toFloats(audio);
  const frames = Math.max(1, Math.round(audio.length / tempo));
  const steps = tempo > mostAtOnce || tempo < leastAtOnce ? 2 : 1;
  for (let step = 1; step <= steps; step++) {
    const share = audio.length * (frames / audio.length) ** (step / steps);
    samples = await stretch(samples, sampleRate, Math.round(share));
  }
  return toWholes(samples);
}
