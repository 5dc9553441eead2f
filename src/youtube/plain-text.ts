/** Text from anywhere as text YouTube takes: clean, on one line, as long as it may be. What it says is not looked at. */
import { countBytes } from "./limits.ts";

/**
 * One clean line: white space as single spaces, `<` and `>`, which YouTube refuses, as `‹` and `›`. Half characters, control
 * characters and marks that turn the direction of all that follows are left out.
 */
export function cleanLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, " ")
    .replace(unwanted, "")
    .replaceAll("<", "‹")
    .replaceAll(">", "›")
    .replace(/ {2,}/g, " ")
    .trim();
}

/** Also soft hyphens, zero-width spaces and the replacement character, which nobody wrote. */
const unwanted =
  /[\p{Cc}\p{Noncharacter_Code_Point}\u00ad\u200b\u202a-\u202e\u2066-\u2069\ufeff\ufffd]/gu;

/**
 * The text with no timestamp in it: "at 10:30" keeps its look with another colon (U+2236). YouTube takes every timestamp in a
 * description for the start of a chapter, and a wrong one ends all chapters.
 */
export function withoutTimestamps(text: string): string {
  return text.replace(/(?<=\d):(?=\d\d)/g, "∶");
}

/** The most a text may have; what is absent is not limited. */
export type TextRoom = {
  /** As a reader sees them. */
  readonly graphemes?: number;
  /** UTF-16 code units. */
  readonly units?: number;
  /** Of UTF-8. */
  readonly bytes?: number;
};

/**
 * The beginning of a text that fits: cut before a word, inside a word only where that would lose more than half; between
 * characters as a reader sees them, unless the first one alone is too long. No white space is left at the end.
 *
 * @param text well-formed.
 */
export function shorten(text: string, room: TextRoom): string {
  const hard = longestFit(text, room);
  if (hard === text.length) return text;
  const head = text.slice(0, hard);
  if (/^\s/.test(text.slice(hard))) return head.trimEnd();
  const space = head.search(/\s\S*$/);
  if (space * 2 >= hard) return head.slice(0, space).trimEnd();
  return head.slice(0, lastWordBoundary(text, hard)).trimEnd();
}

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });
const words = new Intl.Segmenter("und", { granularity: "word" });
/** What follows a cut decides whether a character or a word ends there. */
const lookahead = 16;

function longestFit(text: string, room: TextRoom): number {
  const {
    graphemes: most = Number.POSITIVE_INFINITY,
    units = Number.POSITIVE_INFINITY,
    bytes = Number.POSITIVE_INFINITY,
  } = room;
  if (text.length <= Math.min(most, units, bytes / 3)) return text.length;
  let [count, size, at] = [0, 0, 0];
  for (const { segment, index } of graphemes.segment(viewOf(text, Math.min(units, bytes)))) {
    count += 1;
    size += countBytes(segment);
    const end = index + segment.length;
    if (count > most || end > units || size > bytes) break;
    at = end;
  }
  if (at > 0 || text === "" || most < 1) return at;
  size = 0;
  for (const point of viewOf(text, Math.min(units, bytes))) {
    size += countBytes(point);
    if (at + point.length > units || size > bytes) break;
    at += point.length;
  }
  return at;
}

/** No more than a cut can depend on: segmenters get slow on long texts. */
function viewOf(text: string, units: number): string {
  return text.slice(0, units + lookahead);
}

function lastWordBoundary(text: string, hard: number): number {
  let last = 0;
  for (const { index } of words.segment(viewOf(text, hard))) {
    if (index <= hard && !/^[\p{Pe}\p{Pf}\p{Po}]/u.test(text.slice(index))) last = index;
  }
  return last * 2 >= hard ? last : hard;
}
