/** What a recogniser returned → phrases with text and with times inside the part. Takes nothing it says for granted. */
import type { Seconds, Slot } from "../core/segment.ts";
import type { Dropped } from "./dropped.ts";
import type { JudgedPhrase } from "./hallucinations.ts";
import { shortestPhrase } from "./phrase.ts";
import type { HeardPhrase } from "./recognizer.ts";

/** How long a text without an end is taken to last at least, and per character: slow speech. */
const shortestGuess: Seconds = 0.5;
const perCharacter: Seconds = 0.1;
/** An end further out than this is a mistake, not an inaccuracy. */
const pastEnd: Seconds = 1;

/**
 * Moves phrases to the media's timeline, sorts them and puts them inside the part.
 *
 * An end that is no number, far outside or before the start is guessed: from the words, else from the length of the text, up to the next phrase. A
 * phrase without letters or digits, and one that comes twice at the same time, falls out without a word.
 *
 * @param phrases times in seconds from the start of `part`.
 * @returns sorted by start, each at least 0.02 s long, possibly overlapping; and what begins after the part's end.
 */
export function usablePhrases(
  phrases: readonly HeardPhrase[],
  part: Slot,
): { readonly phrases: JudgedPhrase[]; readonly dropped: Dropped[] } {
  const length = part.end - part.start;
  const dropped: Dropped[] = [];
  const shifted: JudgedPhrase[] = [];
  const begun = phrases
    .map((phrase) => ({ ...phrase, text: tidyText(phrase.text), start: startOf(phrase) }))
    .filter(({ text }) => /[\p{L}\p{N}♩♪♫♬🎵🎶]/u.test(text))
    .sort((a, b) => a.start - b.start || compare(a.text, b.text));
  for (const [index, phrase] of begun.entries()) {
    const { text, start } = phrase;
    if (start >= length + pastEnd) {
      dropped.push({ why: "beyond", start: part.start + start, text });
      continue;
    }
    const next = begun.slice(index + 1).find((other) => other.start > start)?.start ?? length;
    const from = Math.min(start, Math.max(0, length - shortestPhrase));
    const to = Math.max(Math.min(endOf(phrase, length, next), length), from + shortestPhrase);
    shifted.push({
      ...spread(phrase, part.start),
      text,
      start: part.start + from,
      end: Math.min(part.start + to, part.end),
    });
  }
  shifted.sort(
    (a, b) =>
      a.start - b.start ||
      a.end - b.end ||
      compare(a.text, b.text) ||
      compare(JSON.stringify(a), JSON.stringify(b)),
  );
  return { phrases: withoutTwins(shifted), dropped };
}

/** One line; `[inaudible]` and its like inside a text are notes of the recogniser. */
function tidyText(text: string): string {
  const line = text.replace(/[\p{Cc}\s]+/gu, " ").trim();
  const spoken = line.replace(/\s*[[【][^\]】]{0,40}[\]】]\s*/gu, " ").trim();
  return /[\p{L}\p{N}]/u.test(spoken) ? spoken : line;
}

function startOf({ start, end, words }: HeardPhrase): Seconds {
  const first = words?.find((word) => Number.isFinite(word.start))?.start;
  const known = [start, first, end].find((time) => time !== undefined && Number.isFinite(time));
  return Math.max(0, known ?? 0);
}

function endOf({ start, end, text, words }: HeardPhrase, length: Seconds, next: Seconds): Seconds {
  if (Number.isFinite(end) && end > start && end <= length + pastEnd) return end;
  const last = words?.at(-1)?.end;
  if (last !== undefined && last > start && last <= length) return last;
  return Math.min(next, start + Math.max(shortestGuess, text.length * perCharacter));
}

function spread({ words, noSpeech, confidence, compression }: HeardPhrase, origin: Seconds) {
  const moved = words
    ?.filter(({ text }) => !/^\s*[[【].*[\]】]\s*$/u.test(text))
    .map((word) => ({ text: word.text, start: origin + word.start, end: origin + word.end }));
  return {
    ...(moved !== undefined && moved.length > 0 && { words: moved }),
    ...(noSpeech !== undefined && { noSpeech }),
    ...(confidence !== undefined && { confidence }),
    ...(compression !== undefined && { compression }),
  };
}

/** Nobody says the same text twice at the same time. */
function withoutTwins(phrases: readonly JudgedPhrase[]): JudgedPhrase[] {
  const kept: JudgedPhrase[] = [];
  for (const phrase of phrases) {
    const twin = kept.slice(-8).find((other) => {
      const shared = Math.min(other.end, phrase.end) - Math.max(other.start, phrase.start);
      const shorter = Math.min(other.end - other.start, phrase.end - phrase.start);
      return other.text === phrase.text && shared > shorter / 2;
    });
    if (twin === undefined) kept.push(phrase);
  }
  return kept;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
