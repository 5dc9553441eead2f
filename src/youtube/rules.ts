/** The texts around a video by rules alone: no key, no network, the same texts every time. */
import { type ChapterOptions, rulesChapters } from "./chapters.ts";
import type { VideoStory, VideoTexts } from "./contract.ts";
import { composeDescription, rulesBody } from "./description.ts";
import { rulesTags } from "./tags.ts";
import { rulesTitle } from "./title.ts";

export type TextOptions = ChapterOptions & {
  /** Instead of the file's name. */
  readonly title?: string;
  /** Whether the description says that the voice is synthetic. Default true. */
  readonly disclosure?: boolean;
};

/** Title, description, chapters and tags by rules, within YouTube's limits. */
export function textsByRules(story: VideoStory, options: TextOptions = {}): VideoTexts {
  const { title, warnings } = rulesTitle(story, options.title);
  const chapters = rulesChapters(story, options);
  const description = composeDescription({
    body: rulesBody(story),
    chapters: chapters.chapters,
    language: story.language,
    ...(options.disclosure !== undefined && { disclosure: options.disclosure }),
  });
  return { title, description, chapters, tags: rulesTags(story, title), warnings };
}
