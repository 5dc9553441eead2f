/** How much of a text another version of it has changed. Pure. */
import { lettersOf, wordsOf } from "./words.ts";

/** Scripts without spaces are compared character by character. */
const unspaced = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/gu;

/**
 * Words inserted, deleted or replaced (Levenshtein), and how many there were. Case, punctuation and the marks inside words do
 * not count as changes.
 */
export function changedWords(
  before: string,
  after: string,
): { readonly changed: number; readonly of: number } {
  const [a, b] = [unitsOf(before), unitsOf(after)];
  return { changed: distance(a, b), of: a.length };
}

function unitsOf(text: string): readonly string[] {
  return wordsOf(text.replace(unspaced, " $& ")).map(lettersOf);
}

function distance(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, word] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      const replaced = (row[j] as number) + (word === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}
