/** Whether a "translation" is only the source again. Pure. */
import { primaryLanguage } from "../core/language.ts";
import type { GlossaryTerm } from "./contract.ts";
import { isRatherIn, isTypicalOf } from "./stop-words.ts";
import { lettersOf, wordsOf } from "./words.ts";

/** Languages so near to each other that whole sentences are the same in both. */
const near: readonly ReadonlySet<string>[] = [
  new Set(["da", "nb", "nn", "no", "sv"]),
  new Set(["es", "gl", "pt", "ca", "ast", "an"]),
  new Set(["sr", "hr", "bs", "sh", "sl", "mk"]),
  ...[
    ["cs", "sk"],
    ["id", "ms"],
    ["bg", "mk"],
    ["af", "nl"],
  ].map((pair) => new Set(pair)),
  ...[
    ["zh", "yue"],
    ["ru", "be", "uk"],
    ["hi", "mr", "ne"],
  ].map((group) => new Set(group)),
];

/** A text this short may well be the same: OK, No. */
const mostLettersOfSame = 3;
/** Scripts without upper and lower case do not show which words are names: this many characters may be one. */
const mostLettersOfName = 4;

/**
 * Compares by letters and digits alone.
 *
 * @returns `no`; `perhaps`, where a single word or near languages may well be the same; `yes`. Names, numbers and terms that stay
 *   as they are may be the same, and so may a line that is in the target's language already.
 */
export function isPassedOff(
  source: { readonly text: string; readonly language: string | undefined },
  target: { readonly text: string; readonly language: string },
  terms: readonly GlossaryTerm[],
): "no" | "perhaps" | "yes" {
  if (lettersOf(source.text) !== lettersOf(target.text)) return "no";
  const [from, to] = [source.language, target.language];
  if (from !== undefined && isRatherIn(to, source.text, from)) return "no";
  const staying = terms.filter(({ term, translation }) => term === translation);
  const text = staying.reduce((left, { term }) => left.replaceAll(term, " "), source.text);
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (letters <= mostLettersOfSame) return "no";
  if (!isSurelyText(text, letters, { from, to })) {
    const [first = "", ...others] = wordsOf(text).filter((word) => /\p{L}/u.test(word));
    // Inside a line a capital makes a name, at its beginning it may only make a sentence.
    return others.length > 0 && [first, ...others].every(isCapital) ? "no" : "perhaps";
  }
  return from !== undefined && areNear(from, to) ? "perhaps" : "yes";
}

/** More than names and a word that two languages may share. */
function isSurelyText(
  text: string,
  letters: number,
  { from, to }: { readonly from: string | undefined; readonly to: string },
): boolean {
  if (!/[\p{Ll}\p{Lu}]/u.test(text)) return letters > mostLettersOfName;
  const words = wordsOf(text).filter((word) => /\p{L}/u.test(word));
  // A line that shouts shows no names.
  if (!/\p{Ll}/u.test(text)) return words.length >= 3;
  const plain = words.filter((word) => !isCapital(word));
  const isTypical = (word: string): boolean => from !== undefined && isTypicalOf(from, word, to);
  return plain.length >= 2 || plain.some(isTypical);
}

function isCapital(word: string): boolean {
  return /^\p{Lu}/u.test(word);
}

function areNear(a: string, b: string): boolean {
  return near.some((group) => group.has(primaryLanguage(a)) && group.has(primaryLanguage(b)));
}
