/** How fast a voice speaks, in characters a second, and how many characters that leaves for a line. Pure. */
import type { Seconds } from "../core/segment.ts";
import { isSyllabic } from "./scripts.ts";

/** Characters a second before anything has been spoken: alphabets, and scripts whose characters are syllables. */
const usualPace = { alphabet: 15, syllables: 5 };
/** Shorter clips say more about their silences than about the voice; this many seconds at the usual pace. */
const shortestSample: Seconds = 4 / 3;
const fewestSamples = 5;
/** Lengths of the wordings asked for, as parts of the time there is. */
const shares = { short: 0.8, normal: 1, long: 1.15 };
/** Nothing can be said in fewer. */
const fewestCharacters = 2;

/** The characters that take time to say: code points in composed form, with any run of spaces as one. */
export function speakingCharacters(text: string): number {
  return [...text.normalize("NFC").replace(/\s+/gu, " ").trim()].length;
}

/**
 * The pace of a voice, from clips it has spoken: the median over clips of 20 characters or more (7 in Chinese, Japanese and
 * Korean), so that single clips with long silences do not matter.
 *
 * @param samples clips of one voice in one language; those without a positive length are ignored.
 * @returns characters a second; with fewer than 5 usable clips 15, or 5 in Chinese, Japanese and Korean.
 */
export function learnPace(
  samples: readonly { readonly characters: number; readonly seconds: Seconds }[],
  language: string,
): number {
  const usual = isSyllabic(language) ? usualPace.syllables : usualPace.alphabet;
  const paces = samples
    .filter(({ characters }) => characters >= Math.round(usual * shortestSample))
    .map(({ characters, seconds }) => characters / seconds)
    .filter((pace) => Number.isFinite(pace) && pace > 0)
    .sort((a, b) => a - b);
  if (paces.length < fewestSamples) return usual;
  const middle = paces.length >> 1;
  const upper = paces[middle] as number;
  return paces.length % 2 === 1 ? upper : (upper + (paces[middle - 1] as number)) / 2;
}

/** Characters that can be said in a time at a pace, for each of the three wordings: 0.8, 1 and 1.15 of the time. At least 2. */
export function characterBudgets(
  seconds: Seconds,
  pace: number,
): { readonly short: number; readonly normal: number; readonly long: number } {
  const budget = (share: number): number =>
    Math.max(fewestCharacters, Math.floor(seconds * pace * share) || 0);
  return {
    short: budget(shares.short),
    normal: budget(shares.normal),
    long: budget(shares.long),
  };
}
