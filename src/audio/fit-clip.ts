/** Turns a spoken clip into what the mixer places: trimmed, at its tempo, at the dub's sample rate, to the sample. */
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import { dbToAmplitude } from "./decibels.ts";
import { readMono, writeMono } from "./mono-clip.ts";
import { resample } from "./resample.ts";
import { findSpeech } from "./speech-bounds.ts";
import { stretch } from "./stretch.ts";

export type ClipInspection = {
  /** Hz. */
  readonly sampleRate: number;
  readonly frames: number;
  /** Seconds inside the clip; both 0 when it is silent. */
  readonly speechStart: Seconds;
  readonly speechEnd: Seconds;
  /** RMS of the speech, dBFS; −Infinity when it is silent. */
  readonly rmsDb: number;
};

export type FitJob = {
  readonly path: string;
  readonly outPath: string;
  /** The part of the clip to use, seconds inside it; what reaches past the clip counts as silence it does not have. */
  readonly start: Seconds;
  readonly end: Seconds;
  /** The exact length of the result, in frames at `sampleRate`; tempo = (end − start) / (frames / sampleRate). */
  readonly frames: number;
  /** Hz, of the result. */
  readonly sampleRate: number;
  /** Default 0. */
  readonly gainDb?: number;
};

/**
 * Measures a clip: its length, where its speech lies, how loud it is.
 *
 * @throws DubberError `not_found`, `invalid_media`.
 */
export async function inspectClip(path: string): Promise<ClipInspection> {
  const { samples, sampleRate } = await readMono(path);
  const { start, end, rmsDb } = findSpeech(samples, sampleRate);
  return {
    sampleRate,
    frames: samples.length,
    speechStart: start / sampleRate,
    speechEnd: end / sampleRate,
    rmsDb,
  };
}

/**
 * Writes a part of a clip as a 16-bit mono WAV of exactly `frames` frames, atomically: trim, stretch, resample, gain, and
 * raised-cosine fades of 3 ms at both ends, so that no end clicks.
 *
 * @throws DubberError `not_found`, `invalid_media`; `invalid_options` when there is nothing between start and end.
 */
export async function fitClip(job: FitJob): Promise<void> {
  const { samples, sampleRate } = await readMono(job.path);
  const from = Math.max(0, Math.round(job.start * sampleRate));
  const to = Math.min(samples.length, Math.round(job.end * sampleRate));
  if (!(from < to) || !(job.frames >= 1)) {
    throw new DubberError(
      "invalid_options",
      `${job.path} has no sound to fit from ${job.start} to ${job.end} s into ${job.frames} frames.`,
    );
  }
  const frames = Math.max(1, Math.round((job.frames * sampleRate) / job.sampleRate));
  const stretched = await stretch(samples.slice(from, to), sampleRate, frames);
  const fitted = new Float32Array(job.frames);
  // Rounding the length at two rates may differ by a frame or two; the fade makes that silence anyway.
  fitted.set(resample(stretched, sampleRate, job.sampleRate).subarray(0, job.frames));
  const gain = dbToAmplitude(job.gainDb ?? 0);
  for (let index = 0; index < fitted.length; index++)
    fitted[index] = (fitted[index] as number) * gain;
  fadeEnds(fitted, Math.round(job.sampleRate * fadeSeconds));
  await writeMono(job.outPath, fitted, job.sampleRate);
}

const fadeSeconds = 0.003;

function fadeEnds(samples: Float32Array, frames: number): void {
  const length = Math.min(frames, Math.floor(samples.length / 2));
  const last = samples.length - 1;
  for (let index = 0; index < length; index++) {
    const gain = 0.5 - 0.5 * Math.cos((Math.PI * index) / length);
    samples[index] = (samples[index] as number) * gain;
    samples[last - index] = (samples[last - index] as number) * gain;
  }
}
