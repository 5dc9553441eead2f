/** What YouTube takes, and how it counts. Where sources differ, the stricter figure stands here. */
import type { Seconds } from "../core/segment.ts";

/**
 * YouTube's limits, and ours inside them.
 *
 * Title, description and tags: the reference of the Data API, "videos" resource (`snippet.title`, `snippet.description`,
 * `snippet.tags`). It counts the description in bytes of UTF-8, although most other pages say characters: 5,000 bytes are
 * 2,500 Cyrillic letters. Chapters: "Video chapters" in YouTube's help.
 */
export const youtubeLimits = {
  /** UTF-16 code units: never fewer than characters, however they are counted. */
  titleCharacters: 100,
  descriptionBytes: 5000,
  /** Of all tags together, see {@link countTags}. */
  tagsCharacters: 500,
  /** Of one tag. Not in the reference; YouTube has refused longer ones. */
  tagCharacters: 30,
  chaptersAtLeast: 3,
  /** A chapter's length. */
  chapterSeconds: 10 satisfies Seconds,
  /** Ours: more are hard to choose from, and all of them fit into a description in any script. */
  chaptersAtMost: 15,
  /** Ours, in characters as a reader sees them: the player shows about 50. */
  chapterTitleCharacters: 60,
  /** Ours: sixty characters of any common script; keeps fifteen chapters below 3,800 bytes. */
  chapterTitleBytes: 240,
} as const;

/** Length in bytes of UTF-8, as YouTube counts a description. */
export function countBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/**
 * Length of all tags as YouTube counts it, UTF-16 code units: a comma between two counts one, the quotation marks it puts around
 * a tag with a space count two.
 */
export function countTags(tags: readonly string[]): number {
  const lengths = tags.map((tag) => tag.length + (/\s/.test(tag) ? 2 : 0));
  return lengths.reduce((sum, length) => sum + length, Math.max(0, tags.length - 1));
}
