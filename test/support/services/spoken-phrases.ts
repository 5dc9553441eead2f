/** Phrases and their words as the fakes know them, and sound that stands for them. */

import { seededRandom } from "../seeded-random.ts";
import { hash } from "./fake-speech.ts";
import { writeWav } from "./read-wav.ts";

export type SpokenWord = {
  readonly text: string;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
};

/** Something said; times in seconds from the start of the recording. */
export type SpokenPhrase = {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Absent: the words of `text` share the phrase's time by their lengths. */
  readonly words?: readonly SpokenWord[];
};

export type Recording = {
  /** 16 kHz. */
  readonly samples: Int16Array;
  readonly sampleRate: 16_000;
  readonly transcript: readonly SpokenPhrase[];
  /** The samples as a file. */
  readonly wav: Buffer;
};

const sampleRate = 16_000;
const peak = 9_000;

/**
 * A recording in which every phrase is noise of its own, with about four syllables a second, and exact silence around it.
 *
 * @param seconds how long it is; default: half a second after the last phrase.
 */
export function makeRecording({
  phrases,
  seconds = Math.max(0, ...phrases.map(({ end }) => end)) + 0.5,
}: {
  readonly phrases: readonly SpokenPhrase[];
  readonly seconds?: number;
}): Recording {
  const samples = new Int16Array(Math.round(seconds * sampleRate));
  for (const [index, { start, end, text }] of phrases.entries()) {
    const [from, to] = [Math.round(start * sampleRate), Math.round(end * sampleRate)];
    fillWithNoise(samples.subarray(from, to), hash(`${index} ${text}`));
  }
  return { samples, sampleRate, transcript: phrases, wav: writeWav(samples, sampleRate) };
}

/** Phrases of 1.2–6 s with pauses of 0.3–1.5 s between them, none equal to another, until a recording is full. */
export function makePhrases({
  seconds,
  seed = 1,
}: {
  readonly seconds: number;
  readonly seed?: number;
}): SpokenPhrase[] {
  const random = seededRandom(seed);
  const phrases: SpokenPhrase[] = [];
  let start = 0.5;
  for (;;) {
    const end = start + 1.2 + 4.8 * random();
    if (end > seconds - 0.3) return phrases;
    const text = babble(end - start, seed * 10_000 + phrases.length);
    phrases.push({ start: toMs(start), end: toMs(end), text: `${text} ${phrases.length + 1}.` });
    start = end + 0.3 + 1.2 * random();
  }
}

/** English words as many as fit a time, the same for the same seed, the first one with a capital letter. */
export function babble(seconds: number, seed: number): string {
  const random = seededRandom(seed);
  const count = Math.max(2, Math.round(seconds * 2.5) - 1);
  const words = Array.from(
    { length: count },
    () => vocabulary[Math.floor(random() * vocabulary.length)] ?? "",
  );
  const text = words.join(" ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const vocabulary = (
  "the river carries small stones under an old bridge while people on both banks talk about " +
  "weather and bread their children play with paper boats near some tall grass before evening"
).split(" ");

/** The words of a phrase with their times. */
export function wordsOf({ start, end, text, words }: SpokenPhrase): readonly SpokenWord[] {
  if (words !== undefined) return words;
  const pieces = splitWords(text);
  const total = pieces.reduce((sum, piece) => sum + piece.length + 1, 0);
  let at = start;
  return pieces.map((piece) => {
    const from = at;
    at += ((end - start) * (piece.length + 1)) / total;
    return { text: piece, start: toMs(from), end: toMs(at) };
  });
}

/** At white space; text that is written without it, a few characters at a time. */
function splitWords(text: string): string[] {
  return text
    .split(/\s+/)
    .flatMap(
      (piece) => piece.match(/[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]{1,2}\P{L}*|.+/gu) ?? [],
    );
}

function toMs(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function fillWithNoise(samples: Int16Array, seed: number): void {
  const random = seededRandom(seed);
  const syllable = Math.round(sampleRate / (3.5 + random()));
  let level = 0;
  for (let index = 0; index < samples.length; index++) {
    if (index % syllable === 0) level = 0.5 + 0.5 * random();
    const swell = 0.6 - 0.4 * Math.cos((2 * Math.PI * index) / syllable);
    samples[index] = Math.round(peak * level * swell * (2 * random() - 1));
  }
}
