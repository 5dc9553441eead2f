/** What is said in a video, in order and clean: the stuff all texts around it are made from. */
import type { Seconds, Segment } from "../core/segment.ts";
import { cleanLine } from "./plain-text.ts";

/** One thing said. */
export type Spoken = { readonly start: Seconds; readonly end: Seconds; readonly text: string };

/**
 * What is really said, sorted by start, each on one clean line. Left out: segments without a letter or digit, wholly in
 * brackets ("[Applause]") or between notes of music, and such with times that are no numbers.
 */
export function spokenIn(segments: readonly Segment[]): readonly Spoken[] {
  return segments
    .filter(({ start, end }) => Number.isFinite(start) && Number.isFinite(end))
    .map(({ start, end, text }) => ({ start, end, text: cleanLine(text) }))
    .filter(({ text }) => /[\p{L}\p{N}]/u.test(text) && !isNoise.test(text))
    .sort((a, b) => a.start - b.start || a.end - b.end);
}

const isNoise = /^(?:\[[^\]]*\]|\([^)]*\)|（[^）]*）|【[^】]*】|[♪♫♬].*)$/u;

/** True when a sentence ends here, in any script, also before closing quotes and brackets. */
export function endsSentence(text: string): boolean {
  return /[\p{Sentence_Terminal}…][\s\p{Pe}\p{Pf}"']*$/u.test(text);
}

/** Joins texts with a space, or with nothing between two characters of a script that is written without. */
export function joinTexts(texts: readonly string[]): string {
  let joined = "";
  for (const text of texts) {
    const isSpaced =
      joined !== "" && !(unspacedEnd.test(joined.slice(-2)) && unspacedStart.test(text));
    joined += isSpaced ? ` ${text}` : text;
  }
  return joined;
}

const unspaced =
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\u30fc\\u3000-\\u303f\\uff01-\\uff65]";
const unspacedEnd = new RegExp(`${unspaced}$`, "u");
const unspacedStart = new RegExp(`^${unspaced}`, "u");

/**
 * The sentences of a text, trimmed.
 *
 * @param language BCP 47; one that is none is as good as none.
 */
export function sentencesOf(text: string, language?: string): readonly string[] {
  const sentences: string[] = [];
  for (const { segment } of openSegmenter("sentence", language).segment(text)) {
    const last = sentences.at(-1);
    if (last !== undefined && abbreviation.test(last)) sentences[sentences.length - 1] += segment;
    else sentences.push(segment);
  }
  return sentences.map((sentence) => sentence.trim()).filter((sentence) => sentence !== "");
}

/** A full stop after these, or after an initial, ends no sentence. */
const abbreviation =
  /(?:^|[\s(])(?:\p{L}|Dr|Mr|Mrs|Ms|Prof|St|Sr|Sra|Srta|Dra|Mme|Nr|No|vs|z\.B|e\.g|i\.e|т\.е|ул|им)\.\s*$/u;

/** A segmenter of `Intl`; `und` where the language is no tag. */
export function openSegmenter(
  granularity: "sentence" | "word" | "grapheme",
  language = "und",
): Intl.Segmenter {
  try {
    return new Intl.Segmenter(language, { granularity });
  } catch {
    return new Intl.Segmenter("und", { granularity });
  }
}
