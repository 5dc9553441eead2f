/** What a recogniser returned for a part → what was said in it, on the media's timeline. */
import type { Slot } from "../core/segment.ts";
import type { Dropped } from "./dropped.ts";
import { findHallucinations, type JudgedPhrase } from "./hallucinations.ts";
import { type Phrase, separatePhrases } from "./phrase.ts";
import type { RecognitionResult } from "./recognizer.ts";
import { spreadText } from "./spread-text.ts";
import { usablePhrases } from "./usable-phrases.ts";

/** What is left of a result. */
export type CleanPhrases = {
  /** Sorted, disjoint, inside the part. */
  readonly phrases: readonly Phrase[];
  /** Nothing is left out in silence. */
  readonly dropped: readonly Dropped[];
};

/**
 * Brings order into a recogniser's answer, which may be unsorted, overlapping, endless, empty or made up: see `usablePhrases` for times,
 * `findHallucinations` for what nobody said, `separatePhrases` for overlaps. Text without times is laid over the speech
 * of the part first, so that a loop in it costs its sentences and not the whole text.
 *
 * @param part with its speech, as it was cut.
 */
export function cleanPhrases(
  result: Pick<RecognitionResult, "phrases" | "hasTimes">,
  part: Slot & { readonly speech: readonly Slot[] },
): CleanPhrases {
  const usable = usablePhrases(result.phrases, part);
  const heard = result.hasTimes ? usable.phrases : spreadOver(usable.phrases, part);
  const reasons = findHallucinations(heard, result.hasTimes ? part.speech : undefined);
  const dropped = [...usable.dropped];
  const said: Phrase[] = [];
  heard.forEach(({ start, end, text, words }, index) => {
    const why = reasons[index];
    if (why !== undefined) dropped.push({ why, start, text });
    else said.push({ start, end, text, ...(words && { words }) });
  });
  return { phrases: separatePhrases(said), dropped };
}

function spreadOver(
  phrases: readonly JudgedPhrase[],
  part: Slot & { readonly speech: readonly Slot[] },
): JudgedPhrase[] {
  const text = phrases.map((phrase) => phrase.text).join(" ");
  if (text === "") return [];
  // What the recogniser thinks of its text holds for all of it only where there is one.
  const [only] = phrases.length === 1 ? phrases : [];
  const { noSpeech, confidence } = only ?? {};
  return spreadText(text, part.speech, part).map((phrase) => ({
    ...phrase,
    ...(noSpeech !== undefined && { noSpeech }),
    ...(confidence !== undefined && { confidence }),
  }));
}
