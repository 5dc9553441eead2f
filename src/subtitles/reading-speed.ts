/** Whether people can read the subtitles in time: speed, length, and the gaps between them. It changes nothing. */
import type { Seconds } from "../core/segment.ts";
import type { Cue } from "./cue.ts";
import { widthOf } from "./line-units.ts";
import { oneLine } from "./one-line.ts";
import { formatTime } from "./timestamp.ts";

/** One thing that makes a cue hard to read. */
export type ReadingIssue = {
  readonly rule: "speed" | "duration" | "gap";
  readonly level: "warning" | "error";
  /** Index of the cue, from 0. */
  readonly index: number;
  /** Characters a second, or seconds; a negative gap is an overlap. */
  readonly value: number;
  readonly message: string;
};

/** Characters a second that are still comfortable, and that nobody follows. */
const speed = { warning: 17, error: 20 };
/** Shortest and longest time on the screen, seconds. */
const duration = { least: 5 / 6, most: 7 };
/** Two frames at 24 frames a second: less looks like a flicker. */
const leastGap: Seconds = 2 / 24;
/** Times are kept in milliseconds, so differences below that mean nothing. */
const slack: Seconds = 0.001;

/**
 * Checks cues against the usual rules: at most 17 characters a second (20 is an error; a Chinese, Japanese or Korean character
 * counts as two), 5/6 to 7 s on the screen, two frames between one cue and the next.
 *
 * @param cues sorted by start.
 * @returns issues in the order of the cues; empty when all is well.
 */
export function checkReading(cues: readonly Cue[]): readonly ReadingIssue[] {
  return cues.flatMap((cue, index) => {
    const name = `Cue ${index + 1} (at ${formatTime(cue.start, ".")})`;
    const next = cues[index + 1];
    return [
      ...checkSpeed(cue, index, name),
      ...checkDuration(cue, index, name),
      ...(next === undefined ? [] : checkGap(next.start - cue.end, index, name)),
    ];
  });
}

function checkSpeed({ start, end, text }: Cue, index: number, name: string): ReadingIssue[] {
  const value = widthOf(oneLine(text)) / (end - start);
  if (value <= speed.warning + slack) return [];
  const level = value > speed.error + slack ? "error" : "warning";
  const message = `${name} has ${value.toFixed(1)} characters a second; ${speed.warning} can be read.`;
  return [{ rule: "speed", level, index, value, message }];
}

function checkDuration({ start, end }: Cue, index: number, name: string): ReadingIssue[] {
  const value = end - start;
  const limit =
    value < duration.least - slack
      ? `; it needs ${duration.least.toFixed(2)} s`
      : value > duration.most + slack
        ? `; more than ${duration.most} s looks stuck`
        : undefined;
  if (limit === undefined) return [];
  const message = `${name} stays for ${value.toFixed(2)} s${limit}.`;
  return [{ rule: "duration", level: "warning", index, value, message }];
}

function checkGap(value: Seconds, index: number, name: string): ReadingIssue[] {
  if (value >= leastGap - slack) return [];
  const message =
    value < -slack
      ? `${name} overlaps the next one by ${(-value).toFixed(2)} s.`
      : `${name} leaves ${value.toFixed(3)} s before the next one; ${leastGap.toFixed(3)} s keep them apart.`;
  return [{ rule: "gap", level: "warning", index, value, message }];
}
