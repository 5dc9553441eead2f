/** What SRT and VTT have in common: a line with times, and below it lines of text. */
import { readTiming, type Timing } from "./timestamp.ts";

/** One cue as it stands in the file; its text still has its markup. */
export type TimedBlock = {
  /** The number or id above the times, else the position, counted from 1. */
  readonly number: string;
  readonly timing: Timing;
  readonly lines: readonly string[];
};

export type TimedBlocks = {
  readonly blocks: readonly TimedBlock[];
  /** Lines before the first times that belong to nothing. */
  readonly before: readonly string[];
};

/** Splits a text at every kind of line end, also at the doubled ones that careless copying makes. */
export function splitLines(text: string): readonly string[] {
  return text.split(/\r{0,2}\n|\r/);
}

/**
 * Finds the cues of a file by their times alone, so that missing, doubled or odd numbers, missing blank lines and blank lines
 * inside a text do no harm: whatever stands between two lines with times is text, except the number above the second.
 *
 * @param hasIds `always`: a line alone between a blank line and the times is an id (VTT). `guess`: only if most cues of the file
 *   have one (SRT); whole numbers count in any case.
 */
export function findBlocks(lines: readonly string[], hasIds: "always" | "guess"): TimedBlocks {
  const timings: { readonly line: number; readonly timing: Timing }[] = [];
  for (const [line, text] of lines.entries()) {
    const timing = readTiming(text);
    if (timing !== undefined) timings.push({ line, timing });
  }
  const standAlone = timings.filter(({ line }) => standsAlone(lines, line - 1)).length;
  const areIds = hasIds === "always" || standAlone * 2 > timings.length;

  const numbers: string[] = [];
  const idLines: number[] = [];
  for (const [index, { line }] of timings.entries()) {
    const found = findId(lines, line, areIds, numbers.at(-1));
    idLines.push(found ?? line);
    numbers.push(found === undefined ? String(index + 1) : trimmed(lines, found));
  }
  const blocks = timings.map(({ line, timing }, index) => {
    const end = idLines[index + 1] ?? lines.length;
    const [own, next] = [numbers[index] as string, numbers[index + 1]];
    const isLeft = (at: number): boolean => isLeftNumber(lines, at, own, next);
    const text = lines.slice(line + 1, end).filter((_, at) => !isLeft(line + 1 + at));
    return { number: own, timing, lines: filled(text) };
  });
  return { blocks, before: filled(lines.slice(0, idLines[0] ?? lines.length)) };
}

const wholeNumber = /^\d{1,9}$/;

/** The line with the number of the cue whose times are in line `at`. */
function findId(
  lines: readonly string[],
  at: number,
  areIds: boolean,
  previous: string | undefined,
): number | undefined {
  const above = trimmed(lines, at - 1);
  if (wholeNumber.test(above)) return at - 1;
  if (above !== "") return areIds && standsAlone(lines, at - 1) ? at - 1 : undefined;
  // Files in which every second line is blank: the number is further up, and it must be the one that is due.
  const further = at - (trimmed(lines, at - 2) === "" ? 3 : 2);
  const isDue =
    wholeNumber.test(trimmed(lines, further)) &&
    standsAlone(lines, further) &&
    (previous === undefined || Number(trimmed(lines, further)) === Number(previous) + 1);
  return isDue ? further : undefined;
}

/** The number of a cue that somebody deleted without it: alone between blank lines, and due between the cues around it. */
function isLeftNumber(
  lines: readonly string[],
  at: number,
  before: string,
  after: string | undefined,
): boolean {
  const number = trimmed(lines, at);
  if (!wholeNumber.test(number) || !standsAlone(lines, at) || trimmed(lines, at + 1) !== "") {
    return false;
  }
  const isNext = Number(number) === Number(before) + 1;
  return after === undefined
    ? isNext
    : Number(number) > Number(before) && Number(number) < Number(after);
}

/** A filled line with nothing, or a blank line, above it. */
function standsAlone(lines: readonly string[], at: number): boolean {
  return trimmed(lines, at) !== "" && trimmed(lines, at - 1) === "";
}

function trimmed(lines: readonly string[], at: number): string {
  return lines[at]?.trim() ?? "";
}

function filled(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => line.trim() !== "");
}
