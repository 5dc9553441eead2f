/** Tells what a recogniser made up, or wrote down that nobody said, from what was said. */
import { deflateSync } from "node:zlib";
import type { Slot } from "../core/segment.ts";
import { isKnownCredit } from "./known-credits.ts";
import type { Phrase } from "./phrase.ts";
import type { HeardPhrase } from "./recognizer.ts";
import { clipSlots, lengthOf } from "./slots.ts";
import { bareWord, wordTexts } from "./timed-pieces.ts";

/** Why a phrase is no speech. */
export type NoSpeech = "sound" | "repeat" | "unsure" | "silence" | "credit";

/** A phrase with what its recogniser thinks of it. */
export type JudgedPhrase = Phrase & Pick<HeardPhrase, "noSpeech" | "confidence" | "compression">;

/** Bounds Whisper's own decoder uses (openai/whisper, `transcribe`). */
const mostCompression = 2.4;
const surelyNoSpeech = 0.6;
const leastConfidence = -1;
/** Times of recognisers are off by this much now and then. */
const timeError = 0.5;
/** Packing says something only about texts that give it something to find. */
const leastPacked = 40;

/** A text of nothing but `[Music]`, `(applause)`, `*laughs*`, or sung between notes: what is sung stays as it sounds. */
const soundOnly = /^(?:\s*(?:[[【][^\]】]*[\]】]|[(（*](?:[^\s)）*]+\s*){1,4}[)）*])[.!,]?)+\s*$/u;
const sung = /^\W*[♩♪♫♬🎵🎶]/u;

/**
 * Finds the phrases nobody said, each with the first reason that holds:
 *
 * - `sound`: bracketed or marked as music;
 * - `repeat`: its text goes round in circles (packs better than 2.4 : 1, or the same few words again and again), or the same phrase comes three
 *   times in a row or more, of which the first is kept; "no, no, no" stays, and of single words six are needed, or the recogniser's own sign
 *   (`compression`) that it was stuck;
 * - `unsure`: the recogniser says there was no speech (> 0.6) and does not trust its words (< −1);
 * - `silence`: no speech within half a second of it;
 * - `credit`: "Thanks for watching" and its like, over no speech for the most part, or where the recogniser doubts that there was any.
 *
 * @param phrases sorted by start. @param speech where somebody may be speaking; undefined when the phrases' times are no evidence.
 * @returns one entry per phrase; undefined for what was said.
 */
export function findHallucinations(
  phrases: readonly JudgedPhrase[],
  speech: readonly Slot[] | undefined,
): (NoSpeech | undefined)[] {
  const repeats = repeatsInARow(phrases);
  return phrases.map((phrase, index) => {
    const { text, noSpeech = 0, confidence = 0 } = phrase;
    if (soundOnly.test(text) || sung.test(text)) return "sound";
    if (repeats.has(index) || goesInCircles(text)) return "repeat";
    if (noSpeech > surelyNoSpeech && confidence < leastConfidence) return "unsure";
    if (speech === undefined) return undefined;
    const near = { start: phrase.start - timeError, end: phrase.end + timeError };
    if (clipSlots(speech, near).length === 0) return "silence";
    const isOverSpeech = lengthOf(clipSlots(speech, phrase)) > lengthOf([phrase]) / 2;
    if (isKnownCredit(text) && (!isOverSpeech || noSpeech > 0.5)) return "credit";
    return undefined;
  });
}

/** Indices of phrases that only say again what the one before said. */
function repeatsInARow(phrases: readonly JudgedPhrase[]): Set<number> {
  const repeats = new Set<number>();
  const plain = phrases.map(({ text }) => wordTexts(text).map(bareWord).join(" "));
  for (let from = 0, to = 0; from < plain.length; from = to) {
    while (to < plain.length && plain[to] === plain[from]) to++;
    const isStuck = phrases.slice(from, to).some((one) => (one.compression ?? 0) > mostCompression);
    const isOneWord = !plain[from]?.includes(" ");
    if (to - from < (isOneWord && !isStuck ? 6 : 3)) continue;
    for (let index = from + 1; index < to; index++) repeats.add(index);
  }
  return repeats;
}

/** The recogniser's own figure is not used: Whisper's is that of the 30 s around the phrase. */
function goesInCircles(text: string): boolean {
  const bytes = Buffer.from(text);
  if (bytes.length >= leastPacked && bytes.length / deflateSync(bytes).length > mostCompression) {
    return true;
  }
  const words = wordTexts(text).map(bareWord);
  // One word may be said often for emphasis; three or more words four times in a row are not.
  return [1, 2, 3, 4, 5, 6, 7, 8].some((size) => {
    const least = size === 1 ? 10 : size === 2 ? 6 : 4;
    let equal = 0;
    for (let index = size; index < words.length; index++) {
      equal = words[index] === words[index - size] ? equal + 1 : 0;
      if (equal >= size * (least - 1) && equal + size > words.length * 0.6) return true;
    }
    return false;
  });
}
