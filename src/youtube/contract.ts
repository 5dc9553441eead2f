/** The words of the texts around a video. No code. */
import type { Seconds, Segment } from "../core/segment.ts";

/** What the texts are made from. */
export type VideoStory = {
  /** In the language of the texts, sorted; never empty text. */
  readonly segments: readonly Segment[];
  /** Of the video. */
  readonly duration: Seconds;
  /** BCP 47, where it is known. */
  readonly language?: string;
  /** The file's name without folders and extension, for a title where nobody gives one. */
  readonly name: string;
};

export type Chapter = { readonly start: Seconds; readonly title: string };

/** Chapters, or why there are none. */
export type Chapters = { readonly chapters: readonly Chapter[]; readonly reason?: string };

/** The four texts, each within YouTube's limits. */
export type VideoTexts = {
  /** ≤ 100 characters, no `<` or `>`. */
  readonly title: string;
  /** ≤ 5,000 characters (and UTF-8 bytes are counted where YouTube counts them), with the chapters in it. */
  readonly description: string;
  readonly chapters: Chapters;
  /** ≤ 500 characters together as YouTube counts them. */
  readonly tags: readonly string[];
  readonly warnings: readonly string[];
};
