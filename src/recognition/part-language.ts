/** Which language a sound is in, when each of its parts was asked alone. */
import { languageName, primaryLanguage } from "../core/language.ts";
import type { Seconds, Slot } from "../core/segment.ts";
import { clockSpans } from "./clock-time.ts";
import type { RecognitionResult } from "./recognizer.ts";
import { lengthOf } from "./slots.ts";

/** What a part says about the language. */
export type LanguageVote = Slot & {
  /** Two or three letters; none where the recogniser named none. */
  readonly language?: string;
  /** How much was said, seconds. */
  readonly seconds: Seconds;
  /** Little was said, or the recogniser does not trust its words: it may have mistaken the language. */
  readonly isDoubtful: boolean;
};

/** With less speech recognisers guess: a name or an "okay" is no evidence. */
const leastSpeech: Seconds = 3;
/** Mean log-probability of words; in a language it knows Whisper stays around −0.3. */
const leastConfidence = -0.8;

/** @param part with its speech, and what was heard in it. A part without text says nothing: 0 s, not doubtful. */
export function languageVote(
  part: Slot & { readonly speech: readonly Slot[] },
  { phrases, hasTimes, language }: RecognitionResult,
): LanguageVote {
  const said = phrases.filter(({ text }) => /\p{L}/u.test(text));
  const lengths = said.map(({ start, end }) => Math.max(0, Math.min(end, part.end) - start) || 0);
  const voiced = lengthOf(part.speech);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const seconds = said.length === 0 ? 0 : hasTimes ? Math.min(total, voiced) : voiced;
  const weighed = said.map(({ confidence = 0 }, index) => confidence * (lengths[index] ?? 0));
  const confidence = total > 0 ? weighed.reduce((sum, one) => sum + one, 0) / total : 0;
  const known = canonical(language);
  return {
    ...{ start: part.start, end: part.end, seconds },
    ...(known !== undefined && { language: known }),
    isDoubtful: said.length > 0 && (seconds < leastSpeech || confidence < leastConfidence),
  };
}

/** The language most was said in, by seconds; doubtful parts count where there are no others. */
export function mainLanguage(votes: readonly LanguageVote[]): string | undefined {
  const voters = votes.filter(({ language, seconds }) => language !== undefined && seconds > 0);
  const sure = voters.filter(({ isDoubtful }) => !isDoubtful);
  const totals = new Map<string, Seconds>();
  for (const { language, seconds } of sure.length > 0 ? sure : voters) {
    if (language !== undefined) totals.set(language, (totals.get(language) ?? 0) + seconds);
  }
  // The first of equals is the one that is spoken first.
  return [...totals].reduce<[string, Seconds] | undefined>(
    (best, one) => (best === undefined || one[1] > best[1] ? one : best),
    undefined,
  )?.[0];
}

/** A sentence for people about the languages that are spoken besides the main one; none when there are none. */
export function describeOtherLanguages(votes: readonly LanguageVote[], main: string): string[] {
  const others = votes.filter(
    ({ language, seconds }) => language !== undefined && language !== main && seconds > 0,
  );
  if (others.length === 0) return [];
  const list = [...Map.groupBy(others, ({ language }) => language ?? "")].map(
    ([language, spans]) => `${languageName(language)} (${clockSpans(spans)})`,
  );
  return [
    `Mostly ${languageName(main)} is spoken, but also ${list.join(" and ")}; all of it was written down as it was said. ` +
      "State the language with --source-language if that is a mistake.",
  ];
}

/** A recogniser's word for a language, if it is one. */
function canonical(language: string | undefined): string | undefined {
  if (language === undefined) return undefined;
  try {
    const primary = primaryLanguage(language);
    return primary === "und" ? undefined : primary;
  } catch {
    return undefined;
  }
}
