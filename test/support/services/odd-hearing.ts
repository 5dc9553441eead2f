/** What recognisers do wrong, done to what was heard. */
import type { SpokenPhrase } from "./spoken-phrases.ts";

export type HearingOddity =
  /** Every phrase goes on 0.4 s into the next one. */
  | "overlapping"
  /** The last phrase comes first. */
  | "unsorted"
  /** The last phrase ends half a minute after the sound. */
  | "endless"
  /** The last phrase ends at 1e308 s. */
  | "boundless"
  /** A phrase without text and without length after every phrase. */
  | "empty-phrases"
  /** The last phrase's text fifty times in one phrase. */
  | "repeated"
  /** «Thanks for watching!» where nothing is said for two seconds. */
  | "thanks"
  /** Says that the sound is in Welsh. */
  | "wrong-language";

/** A phrase as the recogniser gives it, with its own opinion of it. */
export type JudgedPhrase = Required<SpokenPhrase> & {
  readonly noSpeech: number;
  readonly logProbability: number;
  readonly compression: number;
};

const repeats = 50;
const silentSeconds = 2;

/** Spoils what was heard in a part of `seconds`. */
export function hearOddly(
  phrases: readonly JudgedPhrase[],
  oddity: HearingOddity | undefined,
  seconds: number,
): readonly JudgedPhrase[] {
  const last = phrases.at(-1);
  const others = phrases.slice(0, -1);
  switch (oddity) {
    case "overlapping":
      return phrases.map((phrase, index) => {
        const next = phrases[index + 1];
        return next === undefined
          ? phrase
          : { ...phrase, end: Math.min(next.start + 0.4, seconds) };
      });
    case "unsorted":
      return last === undefined ? [] : [last, ...others];
    case "endless":
      return last === undefined ? [] : [...others, { ...last, end: seconds + 30 }];
    case "boundless":
      return last === undefined ? [] : [...others, { ...last, end: 1e308 }];
    case "empty-phrases":
      return phrases.flatMap((phrase) => [
        phrase,
        { ...phrase, start: phrase.end, text: "", words: [] },
      ]);
    case "repeated":
      return last === undefined ? [] : [...others, { ...last, ...repeated(last), compression: 5 }];
    case "thanks":
      return withThanks(phrases, seconds);
    default:
      return phrases;
  }
}

function repeated({ text, words }: JudgedPhrase): Pick<JudgedPhrase, "text" | "words"> {
  return {
    text: Array.from({ length: repeats }, () => text).join(" "),
    words: Array.from({ length: repeats }, () => words).flat(),
  };
}

function withThanks(phrases: readonly JudgedPhrase[], seconds: number): readonly JudgedPhrase[] {
  const all: JudgedPhrase[] = [];
  let before = 0;
  for (const phrase of [...phrases, undefined]) {
    const until = phrase?.start ?? seconds;
    if (until - before >= silentSeconds) all.push(thanks(before, until));
    if (phrase !== undefined) {
      all.push(phrase);
      before = phrase.end;
    }
  }
  return all;
}

function thanks(start: number, end: number): JudgedPhrase {
  const third = (end - start) / 3;
  const words = ["Thanks", "for", "watching!"].map((text, index) => ({
    text,
    start: start + index * third,
    end: start + (index + 1) * third,
  }));
  const text = "Thanks for watching!";
  return { start, end, text, words, noSpeech: 0.82, logProbability: -0.9, compression: 0.7 };
}
