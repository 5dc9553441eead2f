/** Cuts a stretch of sound where it is quiet, for a recogniser that hears only so much at once. */
import type { Seconds } from "../core/segment.ts";
import { listeningRate } from "../core/sound.ts";
import { quietestMoment } from "./sound-level.ts";

/** Samples `from` ≤ … < `to`. */
export type Window = { readonly from: number; readonly to: number };

/** A window is at least this share of the longest one. */
const leastShare = 0.5;

/**
 * Cuts at the quietest moment of the second half of each window.
 *
 * @param samples 16 kHz.
 * @param longest seconds, at least 1.
 * @returns windows that follow each other without gap and cover the sound; one where it is short enough.
 */
export function quietWindows(samples: Int16Array, longest: Seconds): readonly Window[] {
  const most = Math.floor(longest * listeningRate);
  const windows: Window[] = [];
  let from = 0;
  while (samples.length - from > most) {
    const to = quietestMoment(samples, from + Math.ceil(most * leastShare), from + most);
    windows.push({ from, to });
    from = to;
  }
  windows.push({ from, to: samples.length });
  return windows;
}
