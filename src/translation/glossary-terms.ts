/** Where a glossary's terms occur, and whether a translation obeys them. Pure. */
import type { GlossaryTerm } from "./contract.ts";
import { fold, wordsOf } from "./words.ts";

/** Letters a source word may have after the term: a plural, a genitive. */
const longestEnding = 2;
/** Part of a word's letters that must stay when a language inflects it. */
const stem = 0.7;
const shortestStem = 3;
/** Scripts that show no bounds of words, or add their endings without one. */
const unspaced =
  /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Khmr}\p{sc=Laoo}\p{sc=Mymr}]/u;

/** The terms that occur in a text, in the order of the glossary. A name that stays as it is, with a capital, occurs only with it. */
export function termsIn(glossary: readonly GlossaryTerm[], text: string): readonly GlossaryTerm[] {
  const folded = fold(text);
  return glossary.filter((entry) => {
    const { wanted, keepsCase } = preparedTerm(entry);
    return occurs(wanted, keepsCase ? text : folded);
  });
}

type PreparedTerm = { readonly wanted: string; readonly keepsCase: boolean };

/** Every line is looked through for every term. */
const prepared = new WeakMap<GlossaryTerm, PreparedTerm>();

function preparedTerm(entry: GlossaryTerm): PreparedTerm {
  const known = prepared.get(entry);
  if (known !== undefined) return known;
  const { term, translation } = entry;
  const keepsCase = term === translation && /\p{Lu}/u.test(term);
  const made = { wanted: keepsCase ? term : fold(term), keepsCase };
  prepared.set(entry, made);
  return made;
}

/** The terms of the source whose translation does not stand in the target, in whatever inflection. */
export function missedTerms(
  terms: readonly GlossaryTerm[],
  target: string,
): readonly GlossaryTerm[] {
  const words = wordsOf(fold(target));
  return terms.filter(({ translation }) => {
    if (fold(target).includes(fold(translation))) return false;
    const wanted = wordsOf(fold(translation));
    return !wanted.every((word) => words.some((found) => isForm(found, word)));
  });
}

function occurs(wanted: string, text: string): boolean {
  if (wanted === "") return false;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + 1)) {
    if (unspaced.test(wanted)) return true;
    const before = text.slice(Math.max(0, at - 2), at);
    const after = text.slice(at + wanted.length, at + wanted.length + 40);
    const ending = after.match(/^[\p{L}\p{M}\p{N}]*/u)?.[0].length ?? 0;
    if (!/[\p{L}\p{M}\p{N}]$/u.test(before) && ending <= longestEnding) return true;
  }
  return false;
}

function isForm(found: string, word: string): boolean {
  const kept = Math.min(word.length, Math.max(shortestStem, Math.ceil(word.length * stem)));
  return found.startsWith(word.slice(0, kept));
}
