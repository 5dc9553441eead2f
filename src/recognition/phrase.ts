/** A phrase whose times can be relied on, and what makes a list of phrases such a list. */
import type { Seconds, Word } from "../core/segment.ts";

/** What was said in one go, on the media's timeline. */
export type Phrase = {
  readonly start: Seconds;
  /** Greater than `start`. */
  readonly end: Seconds;
  /** One line, never empty. */
  readonly text: string;
  /** In order, inside the phrase, never overlapping; some may take no time. */
  readonly words?: readonly Word[];
};

/** No phrase is shorter: seconds. */
export const shortestPhrase: Seconds = 0.02;

/**
 * Puts phrases in order and takes them apart: two that overlap share the time in which they do by halves. Where that would leave one of them
 * with next to nothing they become one phrase, so that no text is lost. The same phrases give the same result in whatever order they come.
 *
 * @returns sorted, disjoint, each at least {@link shortestPhrase} long if those given are; words moved into their phrases.
 */
export function separatePhrases(phrases: readonly Phrase[]): Phrase[] {
  const apart: Phrase[] = [];
  for (const phrase of [...phrases].sort(inOrder)) {
    const last = apart.at(-1);
    if (last === undefined || phrase.start >= last.end) {
      apart.push(phrase);
      continue;
    }
    const middle = (Math.max(phrase.start, last.start) + Math.min(phrase.end, last.end)) / 2;
    apart.pop();
    if (middle - last.start < shortestPhrase || phrase.end - middle < shortestPhrase) {
      apart.push(joined(last, phrase));
    } else {
      apart.push({ ...last, end: middle }, { ...phrase, start: middle });
    }
  }
  return apart.map(withWordsInside);
}

/**
 * Words as a recogniser gives them → words in order inside the phrase. Words that lie elsewhere for the most part say nothing about
 * time: they are left out, all of them.
 */
export function withWordsInside(phrase: Phrase): Phrase {
  const { words: given, ...rest } = phrase;
  const words = (given ?? []).filter(({ text }) => text.trim() !== "");
  const outside = words.filter(
    ({ start, end }) => !(start <= phrase.end + 0.5 && end >= phrase.start - 0.5),
  );
  if (words.length === 0 || outside.length * 2 > words.length) return rest;
  let from = phrase.start;
  const placed = words.map(({ text, start, end }, index) => {
    // A time that is no number is that of the neighbour.
    const next = known(words[index + 1]?.start, phrase.end);
    const until = Math.min(phrase.end, Math.max(next, from));
    const begin = Math.min(Math.max(known(start, from), from), phrase.end);
    const word = {
      text: text.trim(),
      start: begin,
      end: Math.max(begin, Math.min(known(end, until), until)),
    };
    from = word.end;
    return word;
  });
  return { ...rest, words: placed };
}

function known(time: Seconds | undefined, otherwise: Seconds): Seconds {
  return time !== undefined && Number.isFinite(time) ? time : otherwise;
}

function joined(a: Phrase, b: Phrase): Phrase {
  const words = [...(a.words ?? []), ...(b.words ?? [])];
  return {
    // Not before it: what comes before `a` ends there.
    start: a.start,
    end: Math.max(a.end, b.end),
    text: `${a.text} ${b.text}`,
    ...(a.words && b.words ? { words } : {}),
  };
}

function inOrder(a: Phrase, b: Phrase): number {
  return a.start - b.start || a.end - b.end || (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
}
