/** Tags: what a text speaks of most. By counting; nothing is understood. */
import type { VideoStory } from "./contract.ts";
import { countTags, youtubeLimits } from "./limits.ts";
import { cleanLine, shorten } from "./plain-text.ts";
import { stopWords } from "./stop-words.ts";
import { openSegmenter, type Spoken, spokenIn } from "./story-text.ts";

/** More than this are no help to anybody. */
const mostTags = 25;

/**
 * Tags by rules: the words of the title, then the words and pairs of words that come up most, without those every text is full
 * of. Without a list of such words for the language, words of five letters or more.
 *
 * @param title of the video.
 * @returns ≤ 25 tags, ≤ 500 characters together as YouTube counts; may be none.
 */
export function rulesTags(story: VideoStory, title: string): readonly string[] {
  const language = primaryPart(story.language);
  const spoken = spokenIn(story.segments);
  const ranked = rank(spoken, language);
  const fromTitle = contentWords(title, language)
    .flat()
    .map(({ text }) => text);
  return fitTags([...fromTitle, ...ranked]);
}

/**
 * Any texts as tags: each a clean line of ≤ 30 characters without commas and quotes, none twice whatever its case, as many from
 * the front as fit into 500 characters together.
 */
export function fitTags(texts: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const tags: string[] = [];
  for (const text of texts) {
    const tag = cleanTag(text);
    if (tag === "" || seen.has(tag.toLowerCase())) continue;
    if (tags.length === mostTags) break;
    if (countTags([...tags, tag]) > youtubeLimits.tagsCharacters) continue;
    seen.add(tag.toLowerCase());
    tags.push(tag);
  }
  return tags;
}

function cleanTag(text: string): string {
  const line = cleanLine(cleanLine(text).replace(/[,，、;"“”„«»‹›「」#]+/gu, " "));
  const tag = shorten(line, { units: youtubeLimits.tagCharacters });
  return /[\p{L}\p{N}]/u.test(tag) ? tag.replace(/^[\s\p{Pd}.]+|[\s\p{Pd}.:!?]+$/gu, "") : "";
}

/** A word; `seam` is what stands between it and the one before: a space, or nothing in a script that is written without. */
type Found = { readonly key: string; readonly text: string; readonly seam: string };
type Count = {
  count: number;
  readonly first: number;
  readonly isPair: boolean;
  readonly forms: Map<string, number>;
};

/** Words and pairs by how often they come up, twice at least; a pair counts double. */
function rank(spoken: readonly Spoken[], language: string | undefined): readonly string[] {
  const counts = new Map<string, Count>();
  const add = (key: string, text: string, weight: number, isPair: boolean): void => {
    const known = counts.get(key) ?? { count: 0, first: counts.size, isPair, forms: new Map() };
    known.count += weight;
    known.forms.set(text, (known.forms.get(text) ?? 0) + 1);
    counts.set(key, known);
  };
  for (const { text } of spoken) {
    for (const run of contentWords(text, language)) {
      for (const [at, word] of run.entries()) {
        add(word.key, word.text, 1, false);
        const next = run[at + 1];
        if (next === undefined || next.key === word.key) continue;
        add(word.key + next.seam + next.key, word.text + next.seam + next.text, 2, true);
      }
    }
  }
  return [...counts]
    .filter(([, { count, isPair }]) => count >= (isPair ? 4 : 2))
    .sort(([, a], [, b]) => b.count - a.count || a.first - b.first)
    .slice(0, 4 * mostTags)
    .map(([key, { forms }]) => usualForm(key, forms));
}

/** As it is written most often; in lower case where that is as usual. */
function usualForm(key: string, forms: ReadonlyMap<string, number>): string {
  const [most] = [...forms].sort(
    ([a, times], [b, others]) => others - times || Number(b === key) - Number(a === key),
  );
  return most?.[0] ?? key;
}

/** Runs of words with nothing but a space between, that say something. */
function contentWords(text: string, language: string | undefined): readonly (readonly Found[])[] {
  const runs: Found[][] = [[]];
  const common = stopWords(language);
  let seam = "";
  for (const { segment, isWordLike } of openSegmenter("word", language).segment(text)) {
    if (/^\s+$/.test(segment)) {
      seam = " ";
      continue;
    }
    const key = segment.toLowerCase().replaceAll("’", "'");
    if (isWordLike === true && isContent(key, language, common)) {
      runs.at(-1)?.push({ key, text: segment, seam });
    } else if (runs.at(-1)?.length !== 0) runs.push([]);
    seam = "";
  }
  return runs;
}

/** Letters a word has at least: with a list of common words, and without. */
const shortest = { listed: 3, unlisted: 5 };

function isContent(
  word: string,
  language: string | undefined,
  common: ReadonlySet<string> | undefined,
): boolean {
  if (word.length > youtubeLimits.tagCharacters || !/\p{L}/u.test(word)) return false;
  if (common?.has(word)) return false;
  if (/[\p{Script=Han}\p{Script=Katakana}]/u.test(word)) return word.length >= 2;
  if (/^[\p{Script=Hiragana}ー]+$/u.test(word)) return false;
  if (/\p{Script=Hangul}/u.test(word)) return word.length >= 2;
  if (/\p{N}/u.test(word)) return word.length >= 2;
  const isListed = language !== undefined && common !== undefined;
  return word.length >= (isListed ? shortest.listed : shortest.unlisted);
}

function primaryPart(language: string | undefined): string | undefined {
  try {
    return language === undefined ? undefined : new Intl.Locale(language).language;
  } catch {
    return undefined;
  }
}
