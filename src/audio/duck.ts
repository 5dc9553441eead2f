/** How loud the background is at every frame, so that the voice stands out. It follows from the intervals alone. */
import type { Seconds } from "../core/segment.ts";
import { dbToAmplitude } from "./decibels.ts";

export type Duck = {
  /** How much lower the background gets, dB > 0. */
  readonly db: number;
  /** When somebody speaks; any order. */
  readonly intervals: readonly { readonly start: Seconds; readonly end: Seconds }[];
  /** The fade down, which ends where an interval starts. Default 0.15. */
  readonly attackSeconds?: Seconds;
  /** The fade up, which starts where an interval ends. Default 0.35. */
  readonly releaseSeconds?: Seconds;
};

/** The same in frames, merged and sorted; plain data, so that it can be sent to a worker. */
export type DuckPlan = {
  readonly db: number;
  readonly attackFrames: number;
  readonly releaseFrames: number;
  readonly intervals: readonly { readonly start: number; readonly end: number }[];
};

/** A stretch of frames with one gain, or with a gain of its own for each frame (`ramp[frame - start]`). */
export type GainRun = {
  readonly start: number;
  readonly end: number;
  readonly gain: number;
  readonly ramp?: Float32Array;
};

/** Merges intervals closer than 0.6 s (or than both fades), so that music does not pump between two lines. */
export function planDuck(duck: Duck, sampleRate: number): DuckPlan {
  const attackFrames = Math.round((duck.attackSeconds ?? 0.15) * sampleRate);
  const releaseFrames = Math.round((duck.releaseSeconds ?? 0.35) * sampleRate);
  const nearest = Math.max(0.6 * sampleRate, attackFrames + releaseFrames);
  const merged: { start: number; end: number }[] = [];
  for (const interval of duck.intervals.toSorted((a, b) => a.start - b.start)) {
    const start = Math.round(interval.start * sampleRate);
    const end = Math.round(interval.end * sampleRate);
    if (end <= start) continue;
    const last = merged.at(-1);
    if (last !== undefined && start - last.end < nearest) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return { db: duck.db, attackFrames, releaseFrames, intervals: merged };
}

/**
 * The gain of every frame from `from` to `to` (exclusive), as runs in order without gaps. Fades are raised cosines in dB.
 * A frame's gain does not depend on where `from` and `to` lie.
 *
 * @param amplitude the gain of the background where nobody speaks; the runs' gains contain it.
 */
export function gainRuns(options: {
  plan: DuckPlan;
  amplitude: number;
  from: number;
  to: number;
}): GainRun[] {
  const { plan, amplitude, from, to } = options;
  const { attackFrames, releaseFrames, db } = plan;
  const runs: GainRun[] = [];
  let at = from;
  function add(end: number, gain: number, ramp?: Float32Array): void {
    const stop = Math.min(end, to);
    if (stop <= at) return;
    // A ramp that began before `from` is entered in its middle.
    const part = ramp?.subarray(at - (end - ramp.length));
    runs.push({ start: at, end: stop, gain, ...(part && { ramp: part }) });
    at = stop;
  }
  const low = amplitude * dbToAmplitude(-db);
  for (const { start, end } of plan.intervals) {
    if (end + releaseFrames <= from) continue;
    if (start - attackFrames >= to) break;
    add(start - attackFrames, amplitude);
    add(start, 1, fade({ frames: attackFrames, db, amplitude, isRelease: false }));
    add(end, low);
    add(end + releaseFrames, 1, fade({ frames: releaseFrames, db, amplitude, isRelease: true }));
  }
  add(to, amplitude);
  return runs;
}

type Fade = { frames: number; db: number; amplitude: number; isRelease: boolean };

/** The two fades of the mix at work; every block needs them again. */
const fades = new Map<string, Float32Array>();
const mostFades = 8;

function fade(options: Fade): Float32Array {
  const key = JSON.stringify(options);
  const known = fades.get(key);
  if (known !== undefined) return known;
  const { frames, db, amplitude, isRelease } = options;
  const ramp = new Float32Array(frames);
  for (let index = 0; index < frames; index++) {
    const share = (index + 0.5) / frames;
    const depth = 0.5 - 0.5 * Math.cos(Math.PI * (isRelease ? 1 - share : share));
    ramp[index] = amplitude * dbToAmplitude(-db * depth);
  }
  if (fades.size >= mostFades) fades.clear();
  fades.set(key, ramp);
  return ramp;
}
