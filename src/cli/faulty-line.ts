/** Finds the line a person has broken while editing SRT. Reading it later is lenient; here nothing may be lost by a slip of the finger. */
import { decodeText } from "../subtitles/decode-text.ts";
import { splitLines } from "../subtitles/timed-blocks.ts";
import { readTiming } from "../subtitles/timestamp.ts";

/** Where it is, counted from 1, and what is wrong. */
export type FaultyLine = { readonly line: number; readonly problem: string };

/** Two times down to the second, with hardly anything around them: no sentence looks like that. */
const meantAsTimes = /^\W*\d+:\d+[:.,]\d+\S*\D{1,8}\d+:\d+[:.,]\d+\S*$/;

/** @returns the first line whose times cannot be read or run backwards; undefined when there is none. */
export function findFaultyLine(bytes: Uint8Array): FaultyLine | undefined {
  for (const [index, text] of splitLines(decodeText(bytes).text).entries()) {
    const problem = problemOf(text.trim());
    if (problem !== undefined) return { line: index + 1, problem };
  }
  return undefined;
}

function problemOf(text: string): string | undefined {
  const timing = readTiming(text);
  if (timing === undefined) {
    const isMeant = text.includes("-->") || meantAsTimes.test(text);
    return isMeant ? `"${text}" cannot be read as times` : undefined;
  }
  const { start, end } = timing;
  if (start === undefined || end === undefined) return `"${text}" lacks a time`;
  return end > start ? undefined : `"${text}" ends before it starts`;
}
