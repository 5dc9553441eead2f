/** What of a text's meaning a machine can check: numbers, negations, the glossary, names. Pure. */
import type { GlossaryTerm } from "./contract.ts";
import { missedTerms } from "./glossary-terms.ts";
import { lostNames } from "./names.ts";
import { losesNegation } from "./negations.ts";
import { lostNumbers } from "./numbers.ts";

/** A text and its language, BCP 47, where it is known. */
export type Said = { readonly text: string; readonly language: string | undefined };

/** What is missing in a translation or another wording. */
export type LostMeaning = {
  /** Worth asking again for, as sentences for the model and for people. */
  readonly problems: readonly string[];
  /** Worth a look only. */
  readonly doubts: readonly string[];
};

/**
 * Compares two texts that are to mean the same.
 *
 * A number up to 12 may have become a word, and a name may be written differently: these are doubts.
 *
 * @param terms the glossary's terms that occur in `source`.
 */
export function lostMeaning(
  source: Said,
  target: { readonly text: string; readonly language: string },
  terms: readonly GlossaryTerm[] = [],
): LostMeaning {
  const numbers = lostNumbers(source.text, target.text);
  const [small, large] = [true, false].map((isSmall) =>
    numbers.filter((number) => number.isSmall === isSmall).map(({ text }) => text),
  ) as [string[], string[]];
  const glossaryNames = terms.map(({ term }) => term).join(" ");
  const names = lostNames(source, target).filter((name) => !glossaryNames.includes(name));
  return {
    problems: [
      ...large.map((number) => `The number ${number} is missing.`),
      ...(losesNegation(source, target) ? ["The original denies something, this does not."] : []),
      ...missedTerms(terms, target.text).map(
        ({ term, translation }) => `The glossary has "${translation}" for "${term}".`,
      ),
    ],
    doubts: [
      ...small.map((number) => `The number ${number} does not stand there in digits.`),
      ...names.map((name) => `The name ${name} is missing.`),
    ],
  };
}
