/** How long a text will take to say, before anybody has said it: for estimates and for prices, not for timing. */
import type { Seconds } from "../core/segment.ts";

/** Characters a second at an even pace: most alphabets, and scripts that write a syllable with each character. */
const alphabetPace = 15;
const syllablePace = 5;
const syllables = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/gu;

/** Seconds a voice of ordinary pace needs for the text, pauses included; within about a third for real voices. */
export function speakingTime(text: string): Seconds {
  const slow = text.match(syllables)?.length ?? 0;
  return slow / syllablePace + (text.length - slow) / alphabetPace;
}
