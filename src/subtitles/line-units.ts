/** The parts a text may be broken between, how wide they are, and how wide a line may be. */

/** A piece that stays on one line. */
export type LineUnit = {
  readonly text: string;
  /** In columns: a Chinese, Japanese or Korean character takes two, any other one. */
  readonly width: number;
  /** Whether a space stands before it when it is not first on its line. */
  readonly isSpaced: boolean;
};

/**
 * The widest line, in columns, for the script the text is written in.
 *
 * Defaults are those of the large broadcasters: 42 characters, Cyrillic 39, Chinese and Korean 16, Japanese 13.
 *
 * @param maxCharacters instead of the default; counted in full-width characters where the text is mostly such.
 * @param language only tells Chinese from Japanese where a text has no kana.
 */
export function lineWidth(text: string, maxCharacters?: number, language = ""): number {
  const sample = text.slice(0, 2000);
  const wides = count(sample, wideCharacters);
  const letters = count(sample, /\p{L}/gu);
  if (wides * 2 > letters) {
    const isJapanese =
      /[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(sample) || /^ja\b/i.test(language);
    return 2 * (maxCharacters ?? (isJapanese ? 13 : 16));
  }
  return maxCharacters ?? (count(sample, /\p{Script=Cyrillic}/gu) * 2 > letters ? 39 : 42);
}

/** Width of a text in columns; what a reader sees as one character counts once. */
export function widthOf(text: string): number {
  let width = 0;
  if (simple.test(text)) {
    for (let at = 0; at < text.length; at++) width += text.charCodeAt(at) < 0x3000 ? 1 : 2;
    return width;
  }
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
  return width;
}

/**
 * Cuts a text of one line into units: words, and inside text that is written without spaces (Chinese, Japanese, Thai, Lao, Khmer,
 * Burmese) the words a dictionary finds. Punctuation stays with its word. A unit wider than `limit` is cut between characters.
 */
export function lineUnits(text: string, limit: number): readonly LineUnit[] {
  const units: LineUnit[] = [];
  for (const word of text.split(/\s+/)) {
    if (word === "") continue;
    let isSpaced = units.length > 0;
    for (const part of unspaced.test(word) ? dictionaryWords(word) : [word]) {
      for (const piece of pieces(part, limit)) {
        units.push({ text: piece, width: widthOf(piece), isSpaced });
        isSpaced = false;
      }
    }
  }
  return units;
}

/** Text in which every unit of the string is a character of its own: most of Latin, Greek, Cyrillic, Chinese, Japanese, Korean. */
const simple =
  /^[\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u2010-\u2027\u3001-\u3029\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff60]*$/;
const wide =
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\u3000-\\u303f\\u30fc\\uff01-\\uff60\\u{1f300}-\\u{1faff}]";
const wideCharacters = new RegExp(wide, "gu");
const isWide = new RegExp(`^${wide}`, "u");
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });
const words = new Intl.Segmenter("und", { granularity: "word" });

function graphemeWidth(grapheme: string): number {
  return isWide.test(grapheme) ? 2 : 1;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** What may not begin a line: closing marks, the long-vowel mark, small kana, repetition marks. */
const clingsBack =
  /^[\p{Pe}\p{Pf}\p{Po}\p{Mn}\p{Mc}ー々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮ～〜…]/u;
/** What may not end a line. */
const clingsOn = /[\p{Ps}\p{Pi}]$/u;

function dictionaryWords(word: string): readonly string[] {
  const found: string[] = [];
  // Dictionaries get slow on long texts; no sentence is this long.
  for (let from = 0; from < word.length; from += 1000) {
    for (const { segment } of words.segment(word.slice(from, from + 1000))) {
      const last = found.at(-1);
      const clings = last !== undefined && (clingsBack.test(segment) || clingsOn.test(last));
      if (clings && last.length < 100) found[found.length - 1] = last + segment;
      else found.push(segment);
    }
  }
  return found;
}

function pieces(part: string, limit: number): readonly string[] {
  if (widthOf(part) <= limit) return [part];
  const cut: string[] = [];
  let piece = "";
  let width = 0;
  for (const { segment } of graphemes.segment(part)) {
    const more = graphemeWidth(segment);
    if (piece !== "" && width + more > limit) {
      cut.push(piece);
      piece = "";
      width = 0;
    }
    piece += segment;
    width += more;
  }
  return [...cut, piece];
}
