/** Times as subtitle files write them, and the line `start --> end`. */
import type { Seconds } from "../core/segment.ts";

/** A time found in a text, and where the text goes on. */
type FoundTime = { readonly seconds: Seconds; readonly next: number };

/**
 * Hours are optional, fields may have one digit, the fraction may follow a comma, a point or a colon, and stray spaces are
 * forgiven. Repetition is bounded everywhere, so no input makes it slow.
 */
const timePattern =
  /([-−]?) {0,2}(?:(\d{1,6}) {0,2}: {0,2})?(\d{1,6}) {0,2}: {0,2}(\d{1,6})(?: {0,2}[.,:;] {0,2}(\d{1,9}))?(?![\dA-Za-z:]|[.,]\d)/y;

/**
 * Reads the time that stands at `at`: `01:02:03,450`, `2:03.45`, `-0:00:01,000`. The fraction is decimal: `,5` is half a second.
 *
 * @returns undefined when there is none.
 */
export function readTime(text: string, at = 0): FoundTime | undefined {
  timePattern.lastIndex = at;
  const match = timePattern.exec(text);
  if (match === null) return undefined;
  const [, sign, hours = "0", minutes, seconds, fraction = "0"] = match;
  const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  // Whole milliseconds first: 2.3 * 1000 is not 2300, and neighbours written alike must come out alike.
  const size = Math.round((whole + Number(`0.${fraction}`)) * 1000) / 1000;
  return { seconds: sign === "" ? size : -size, next: timePattern.lastIndex };
}

/** A line that gives a cue its time. A time that could not be read is missing. */
export type Timing = {
  readonly start?: Seconds;
  readonly end?: Seconds;
  /** What follows the times: settings, positions, or text that got onto the wrong line. */
  readonly rest: string;
};

const arrowPattern = / {0,3}(?:-{1,3} ?|[–—])> {0,3}/y;
/** The left side of an arrow, when it is meant to be a time: "00:00:0X,500". */
const brokenTime = /^[\dA-Za-z.,;-]{0,8}:[\dA-Za-z:.,; -]{1,20}$/;

/** Reads a line such as `00:00:01,000 --> 00:00:02,500 X1:100`. @returns undefined for any other line. */
export function readTiming(line: string): Timing | undefined {
  if (!line.includes(">")) return undefined;
  const text = (/[^\S ]/.test(line) ? line.replace(/\s/g, " ") : line).trim();
  const start = readTime(text);
  if (start === undefined) return readEndOnly(text);
  arrowPattern.lastIndex = start.next;
  const arrow = arrowPattern.exec(text);
  if (arrow === null) return undefined;
  const end = readTime(text, arrowPattern.lastIndex);
  if (end !== undefined) {
    return { start: start.seconds, end: end.seconds, rest: text.slice(end.next).trim() };
  }
  return arrow[0].includes("-->") ? { start: start.seconds, rest: "" } : undefined;
}

function readEndOnly(text: string): Timing | undefined {
  const at = text.indexOf("-->");
  if (at < 0 || at > 32 || !brokenTime.test(text.slice(0, at).trim())) return undefined;
  const end = readTime(text, at + 3 + (text[at + 3] === " " ? 1 : 0));
  return end === undefined ? undefined : { end: end.seconds, rest: "" };
}

/**
 * Writes a time as `hh:mm:ss` + `mark` + fraction; rounded, hours as long as they need to be.
 *
 * @param digits of the fraction: 3 in SRT and VTT, 2 in ASS.
 */
export function formatTime(seconds: Seconds, mark: "," | ".", digits: 2 | 3 = 3): string {
  return formatTicks(Math.max(0, Math.round(seconds * 10 ** digits)), mark, digits);
}

/** Both times of a cue; however short the cue is, its end is written at least one unit after its start. */
export function formatSpan(
  { start, end }: { readonly start: Seconds; readonly end: Seconds },
  mark: "," | ".",
  digits: 2 | 3 = 3,
): readonly [start: string, end: string] {
  const first = Math.max(0, Math.round(start * 10 ** digits));
  const last = Math.max(first + 1, Math.round(end * 10 ** digits));
  return [formatTicks(first, mark, digits), formatTicks(last, mark, digits)];
}

function formatTicks(ticks: number, mark: string, digits: number): string {
  const unit = 10 ** digits;
  const seconds = Math.floor(ticks / unit);
  const fields = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const clock = fields.map((field) => String(field).padStart(2, "0")).join(":");
  return `${clock}${mark}${String(ticks % unit).padStart(digits, "0")}`;
}
