/** Whether a sound can be the text it was asked for: engines of neural networks now and then send nothing, or a long hum. */
import { DubberError } from "../../core/error.ts";
import type { Sound } from "./wav-answer.ts";

/** Letters and digits a second; the fastest speakers say about 25, and services speak up to four times faster. */
const mostCharactersPerSecond = 100;
/** Seconds without a sound, anywhere in it. No text has such a pause. */
const longestSilence = 10;
/** Below this a sample is silence: −54 dB of full scale. */
const silenceLevel = 64;
/** Silence is counted in pieces of so many seconds: most of them show after a few samples that they are not silent. */
const piece = 0.25;

/**
 * Lets a sound pass or says why it cannot be the text.
 *
 * @throws DubberError `engine_failed`, retryable: no sample, only silence, 10 s of silence at a stretch, or more than 100
 * letters and digits a second.
 */
export function checkPlausible({ audio, sampleRate }: Sound, text: string): void {
  const seconds = audio.length / sampleRate;
  if (audio.length === 0) throw implausible("no sound at all");
  const letters = text.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  if (letters > seconds * mostCharactersPerSecond) {
    throw implausible(`${seconds.toFixed(3)} s of sound for ${letters} letters`);
  }
  const step = Math.max(1, Math.round(piece * sampleRate));
  let silent = 0;
  let isSilentThroughout = true;
  for (let from = 0; from < audio.length; from += step) {
    const to = Math.min(audio.length, from + step);
    if (isLoud(audio, from, to)) {
      silent = 0;
      isSilentThroughout = false;
      continue;
    }
    silent += (to - from) / sampleRate;
    if (silent >= longestSilence) throw implausible(`a silence of over ${longestSilence} s`);
  }
  if (isSilentThroughout) throw implausible(`${seconds.toFixed(2)} s of silence`);
}

function isLoud(audio: Int16Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const sample = audio[index] as number;
    if (sample > silenceLevel || sample < -silenceLevel) return true;
  }
  return false;
}

function implausible(what: string): DubberError {
  return new DubberError("engine_failed", `The service sent ${what}.`, { retryable: true });
}
