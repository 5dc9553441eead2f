/** One subtitle: text on the screen for a while, and what "plain text" means here. */
import type { Seconds } from "../core/segment.ts";

/** A subtitle cue. Cues of a file are sorted by start; they may overlap. */
export type Cue = {
  readonly start: Seconds;
  /** Greater than `start`. */
  readonly end: Seconds;
  /** Plain text without tags; lines are separated by `\n`, none of them is blank. */
  readonly text: string;
  /** Only where the file itself names one: `<v Name>` in VTT, the Name field in ASS, `speaker` in JSON. */
  readonly speaker?: string;
};

/**
 * Brings text into the form every cue has: line ends are `\n`, control characters are spaces, lines are trimmed,
 * runs of spaces are one space, and blank lines are gone (in SRT and VTT a blank line would end the cue).
 */
export function tidyText(text: string): string {
  if (!untidy.test(text)) return text;
  return text
    .replace(/\r\n|[\r\u2028\u2029\u0085]/g, "\n")
    .replace(/[^\P{Cc}\n]/gu, " ")
    .replaceAll("\ufeff", "")
    .split("\n")
    .map((line) => line.replace(/ {2,}/g, " ").trim())
    .filter((line) => line !== "")
    .join("\n");
}

/** Anything the steps of {@link tidyText} would change; most text of most files has nothing of it. */
const untidy = /[^\P{Cc}\n]|[\u2028\u2029\ufeff]| {2}|^\s|\s$|\s\n|\n\s/u;
