/** From what a file says to cues one can work with: what cannot be used is left out, and said. */
import type { Seconds } from "../core/segment.ts";
import type { Cue } from "./cue.ts";
import { formatTime } from "./timestamp.ts";

/** A cue as a file has it: times may be missing, negative or the wrong way round. */
export type RawCue = {
  /** What a person finds it by: the number or id in the file, else its position, counted from 1. */
  readonly number: string;
  readonly start?: Seconds;
  readonly end?: Seconds;
  /** Tidy, see `tidyText`; may be empty. */
  readonly text: string;
  readonly speaker?: string;
};

/** Warnings of one kind beyond this many are only counted. */
const shown = 10;

/**
 * Keeps the cues that have text and a time, sorted by start (cues that start together stay in their order).
 *
 * A negative start becomes 0. Cues without text, without readable times, or that do not end after their start are left out.
 *
 * @returns cues with 0 ≤ start < end, all finite; warnings name the cue and its time.
 */
export function keepUsable(raw: readonly RawCue[]): {
  readonly cues: readonly Cue[];
  readonly warnings: readonly string[];
} {
  const cues: Cue[] = [];
  const warnings = new Map<string, string[]>();
  const warn = (kind: string, message: string): void => {
    warnings.set(kind, [...(warnings.get(kind)?.slice(0, shown) ?? []), message]);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  };
  const counts = new Map<string, number>();
  let latest = 0;
  for (const { number, start, end, text, speaker } of raw) {
    if (start === undefined || end === undefined || !Number.isFinite(start + end)) {
      warn("times", `Cue ${number}${at(start ?? end)} has no readable times; it is left out.`);
    } else if (text === "") {
      warn("text", `Cue ${number}${at(start)} has no text; it is left out.`);
    } else if (end <= start) {
      const how = end === start ? "has no length" : "ends before it starts";
      warn("length", `Cue ${number}${at(start)} ${how} (${start} → ${end} s); it is left out.`);
    } else if (end <= 0) {
      warn("zero", `Cue ${number} ends before the video starts (${end} s); it is left out.`);
    } else {
      if (start < 0) warn("negative", `Cue ${number} starts at ${start} s; it now starts at 0.`);
      const from = Math.max(0, start);
      if (from < latest)
        warn("order", `Cue ${number}${at(start)} was out of order; cues are sorted.`);
      latest = Math.max(latest, from);
      cues.push({ start: from, end, text, ...(speaker === undefined ? {} : { speaker }) });
    }
  }
  cues.sort((a, b) => a.start - b.start);
  return { cues, warnings: [...warnings].flatMap(([kind, some]) => cut(some, counts.get(kind))) };
}

function at(time: Seconds | undefined): string {
  return time === undefined || !Number.isFinite(time) ? "" : ` (at ${formatTime(time, ".")})`;
}

function cut(some: readonly string[], count = some.length): readonly string[] {
  if (count <= shown) return some;
  return [
    ...some.slice(0, shown),
    `${count - shown} more cues have the same fault as the last one.`,
  ];
}
