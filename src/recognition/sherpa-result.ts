/** Reads what sherpa-onnx heard in one window: text, and times for pieces of it where the model gives them. */
import { z } from "zod";
import { DubberError } from "../core/error.ts";
import type { Seconds, Word } from "../core/segment.ts";
import type { HeardPhrase } from "./recognizer.ts";

const numbers = z.array(z.number()).default([]);
const strings = z.array(z.string()).default([]);
/** The library's own JSON. Empty lists where a model does not know. */
const resultSchema = z.looseObject({
  text: z.string(),
  lang: z.string().default(""),
  tokens: strings,
  timestamps: numbers,
  durations: numbers,
  ys_log_probs: numbers,
  segment_timestamps: numbers,
  segment_durations: numbers,
  segment_texts: strings,
});
type Result = z.infer<typeof resultSchema>;

export type HeardWindow = {
  readonly phrases: readonly HeardPhrase[];
  readonly hasTimes: boolean;
  /** BCP 47. */
  readonly language?: string;
};

/** A pause between two words that ends a phrase. */
const longPause: Seconds = 0.8;
/** How long a word's last piece may last when the model does not say. */
const longestToken: Seconds = 0.4;
/** Not in the text of any language: pieces that are half a character. */
const broken = /\uFFFD|<0x[0-9A-F]{2}>/i;

/**
 * @param json what `getResult` returned.
 * @param window where the window lies in the part, seconds.
 * @returns phrases in the part's own seconds. Whisper's segments are phrases; elsewhere a phrase ends with a sentence, or at a pause of 0.8 s.
 *   A model that knows no times gives one phrase as long as the window, and `hasTimes` false.
 * @throws DubberError `engine_failed` for what is no result.
 */
export function readResult(
  json: unknown,
  window: { readonly start: Seconds; readonly end: Seconds },
): HeardWindow {
  const checked = resultSchema.safeParse(json);
  if (!checked.success) {
    throw new DubberError("engine_failed", "sherpa-onnx gave a result that cannot be read.", {
      cause: checked.error,
    });
  }
  const result = checked.data;
  // SenseVoice writes `<|en|>`, and `<|nospeech|>` where there is no language to name.
  const language = /^(?:<\|)?([a-z]{2,3})(?:\|>)?$/.exec(result.lang)?.[1];
  const spoken = language === undefined ? {} : { language };
  const text = result.text.trim();
  if (text === "") return { phrases: [], hasTimes: true, ...spoken };
  const phrases = timedPhrases(result, window);
  if (phrases !== undefined) return { phrases, hasTimes: true, ...spoken };
  return { phrases: [{ ...window, text, ...confidenceOf(result) }], hasTimes: false, ...spoken };
}

function timedPhrases(
  result: Result,
  window: { readonly start: Seconds; readonly end: Seconds },
): readonly HeardPhrase[] | undefined {
  const clamp = (time: Seconds) =>
    Math.min(window.end, Math.max(window.start, window.start + time));
  const words = readWords(result, clamp);
  const { segment_texts: texts, segment_timestamps: starts, segment_durations: lengths } = result;
  const confidence = confidenceOf(result);
  if (texts.length > 0 && texts.length === starts.length && texts.length === lengths.length) {
    return texts.flatMap((segmentText, index) => {
      const text = segmentText.trim();
      const start = clamp(starts[index] as number);
      const end = clamp((starts[index] as number) + (lengths[index] as number));
      if (text === "" || end <= start) return [];
      const inside = words
        .filter(({ start: at }) => at >= start && at < end)
        .map(({ word }) => word);
      return [{ start, end, text, ...confidence, ...(inside.length > 0 && { words: inside }) }];
    });
  }
  return words.length === 0
    ? undefined
    : phrasesOf(words).map((phrase) => ({ ...phrase, ...confidence }));
}

/** A word with the spelling of its pieces, spaces included. */
type ReadWord = { readonly start: Seconds; readonly spelling: string; readonly word: Word };

/** Puts pieces together to words. Empty when pieces and times do not belong together, or do not spell the text. */
function readWords(result: Result, clamp: (time: Seconds) => Seconds): readonly ReadWord[] {
  const { tokens, timestamps, durations } = result;
  const spellings = tokens.map((token) => token.replaceAll("▁", " "));
  const whole = spellings.join("");
  if (tokens.length === 0 || tokens.length !== timestamps.length) return [];
  if (broken.test(whole) || squeezed(whole) !== squeezed(result.text)) return [];
  const words: { first: number; last: number; spelling: string }[] = [];
  for (const [index, spelling] of spellings.entries()) {
    const last = words.at(-1);
    if (last === undefined || beginsWord(spelling, last.spelling)) {
      words.push({ first: index, last: index, spelling });
    } else {
      last.last = index;
      last.spelling += spelling;
    }
  }
  return words
    .filter(({ spelling }) => spelling.trim() !== "")
    .map(({ first, last, spelling }) => {
      const start = timestamps[first] as number;
      const begun = timestamps[last] as number;
      const next = timestamps[last + 1] ?? Number.POSITIVE_INFINITY;
      const end = begun + (durations[last] ?? Math.min(next - begun, longestToken));
      const word = { text: spelling.trim(), start: clamp(start), end: clamp(Math.max(start, end)) };
      return { start: word.start, spelling, word };
    });
}

/** A space begins a word; so does a character of a script that is written without spaces, but no punctuation. */
function beginsWord(spelling: string, before: string): boolean {
  if (/^\s/.test(spelling)) return true;
  const unspaced = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
  return unspaced.test(spelling) || (unspaced.test(before) && !/^[\p{P}\p{M}]/u.test(spelling));
}

function phrasesOf(words: readonly ReadWord[]): readonly HeardPhrase[] {
  const phrases: ReadWord[][] = [];
  for (const word of words) {
    const phrase = phrases.at(-1);
    const last = phrase?.at(-1);
    const isNew =
      last === undefined ||
      /[.!?…。！？؟।]["'”’»)]*$/.test(last.spelling) ||
      word.word.start - last.word.end >= longPause;
    if (isNew) phrases.push([word]);
    else phrase?.push(word);
  }
  return phrases.map((phrase) => ({
    start: phrase[0]?.word.start as Seconds,
    end: phrase.at(-1)?.word.end as Seconds,
    text: phrase
      .map(({ spelling }) => spelling)
      .join("")
      .trim(),
    words: phrase.map(({ word }) => word),
  }));
}

function confidenceOf({ ys_log_probs: values }: Result): { confidence?: number } {
  if (values.length === 0) return {};
  return { confidence: values.reduce((sum, value) => sum + value, 0) / values.length };
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, "");
}
