/** A phrase word by word, as it is written and with the time of each word: what phrases are cut and joined by. */
import type { Seconds, Word } from "../core/segment.ts";
import { type Phrase, shortestPhrase } from "./phrase.ts";

/** A word with the punctuation and space around it; the texts of a phrase's pieces make up its text. */
export type TimedPiece = {
  readonly text: string;
  readonly start: Seconds;
  readonly end: Seconds;
  /** The recogniser's word; without one the times are estimated from the number of characters. */
  readonly word?: Word;
};

/** Scripts that put no space between words. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** The pieces of a phrase, at least one. Words that do not spell its text are not used. */
export function timedPieces(phrase: Phrase): TimedPiece[] {
  return piecesByWords(phrase) ?? piecesByLength(phrase);
}

/** The text in words with what stands around them, for scripts with and without spaces. */
export function wordTexts(text: string): string[] {
  const spaced = text.split(/(?<=\s)(?=\S)/u);
  return spaced.flatMap((one) => (unspaced.test(one) ? segmentWords(one) : [one]));
}

/** Some of a phrase's pieces, one after the other, as a phrase of their own. */
export function phraseOf(
  pieces: readonly TimedPiece[],
  span?: Partial<Pick<Phrase, "start" | "end">>,
): Phrase {
  const start = span?.start ?? pieces[0]?.start ?? 0;
  const end = span?.end ?? pieces.at(-1)?.end ?? 0;
  const words = pieces.flatMap(({ word }) => (word ? [word] : []));
  return {
    start,
    end: Math.max(end, start + shortestPhrase),
    text: pieces
      .map(({ text }) => text)
      .join("")
      .trim(),
    ...(words.length === pieces.length ? { words } : {}),
  };
}

/** Undefined where the words do not follow each other in the text with nothing but punctuation between. */
function piecesByWords({ text, words }: Phrase): TimedPiece[] | undefined {
  if (words === undefined || words.length === 0) return undefined;
  const haystack = text.toLowerCase();
  if (haystack.length !== text.length) return undefined;
  const pieces: TimedPiece[] = [];
  let end = 0;
  let from = 0;
  for (const [index, word] of words.entries()) {
    const needle = bareWord(word.text);
    const at = needle === "" ? end : haystack.indexOf(needle, end);
    if (at < 0 || /[\p{L}\p{N}]/u.test(text.slice(end, at))) return undefined;
    if (index > 0) {
      const between = text.slice(end, at);
      const space = between.search(/\s\S*$/u);
      const cut = space < 0 ? at : end + space + 1;
      pieces.push(pieceOf(text.slice(from, cut), words[index - 1] as Word));
      from = cut;
    }
    end = at + needle.length;
  }
  if (/[\p{L}\p{N}]/u.test(text.slice(end))) return undefined;
  pieces.push(pieceOf(text.slice(from), words.at(-1) as Word));
  return pieces;
}

function pieceOf(text: string, word: Word): TimedPiece {
  return { text, start: word.start, end: word.end, word };
}

function piecesByLength({ start, end, text }: Phrase): TimedPiece[] {
  const perCharacter = (end - start) / text.length;
  let from = 0;
  return wordTexts(text).map((one) => {
    const piece = {
      text: one,
      start: start + from * perCharacter,
      end: start + (from + one.length) * perCharacter,
    };
    from += one.length;
    return piece;
  });
}

/** A word as it is compared: lower case, without the punctuation around it. */
export function bareWord(text: string): string {
  return text.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}\p{M}]+$/gu, "");
}

const segmenter = new Intl.Segmenter("und", { granularity: "word" });

function segmentWords(text: string): string[] {
  const words: string[] = [];
  let opening = "";
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (isWordLike) {
      words.push(opening + segment);
      opening = "";
    } else if (words.length === 0 || /^[\p{Ps}\p{Pi}]$/u.test(segment)) opening += segment;
    else words.push((words.pop() as string) + segment);
  }
  if (opening !== "") words.push((words.pop() ?? "") + opening);
  return words;
}
