/** How alike two texts are, by the pairs of letters they share: the same for every script, blind to marks and case. */

/** A text as counted pairs of neighbouring letters and digits. */
export type LetterPairs = {
  /** Letters and digits alone. */
  readonly letters: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly total: number;
};

/** Counts the pairs of a text. */
export function letterPairs(text: string): LetterPairs {
  const letters = [...text.normalize("NFKC").toLowerCase()].filter((one) =>
    /[\p{L}\p{N}]/u.test(one),
  );
  const counts = new Map<string, number>();
  const total = Math.max(letters.length - 1, 0);
  for (let index = 0; index < total; index++) {
    const pair = `${letters[index]}${letters[index + 1]}`;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  return { letters: letters.join(""), counts, total };
}

/**
 * Of all pairs of both texts, how many are shared: 0–1 (Dice's coefficient over multisets).
 * Texts of a single letter, or none, are like nothing.
 */
export function likeness(one: LetterPairs, other: LetterPairs): number {
  const all = one.total + other.total;
  return all === 0 ? 0 : (2 * shared(one, other)) / all;
}

/** How much of the part stands in the whole, 0–1; a part without letters is in none. */
export function shareIn(part: LetterPairs, whole: LetterPairs): number {
  if (part.letters !== "" && whole.letters.includes(part.letters)) return 1;
  return part.total === 0 ? 0 : shared(part, whole) / part.total;
}

function shared(one: LetterPairs, other: LetterPairs): number {
  const [few, many] = one.counts.size < other.counts.size ? [one, other] : [other, one];
  let count = 0;
  for (const [pair, times] of few.counts) count += Math.min(times, many.counts.get(pair) ?? 0);
  return count;
}
