/** Chapters from the numbers a language model chose. Its own times are never asked for; what it chose is repaired or dropped. */
import type { Seconds } from "../core/segment.ts";
import { cleanChapterTitle, titleFromText } from "./chapter-title.ts";
import { validChapters } from "./chapters.ts";
import type { Chapter, Chapters, VideoStory } from "./contract.ts";
import { partTitle } from "./language-lines.ts";
import { youtubeLimits } from "./limits.ts";
import type { NumberedPlace } from "./model-question.ts";

/** One chapter as a model chose it. */
export type ChapterPick = { readonly number: number; readonly title: string };

/**
 * Makes chapters of a model's choice: numbers that are not in the list or come twice are dropped, so is what begins less
 * than 10 s after the chapter before or before the end; the first chapter is moved to 0:00, or put there.
 *
 * @param places as they were shown to the model.
 * @returns chapters YouTube takes, or none and why; `dropped` counts picks that were not used.
 */
export function chaptersFromPicks(
  picks: readonly ChapterPick[],
  places: readonly NumberedPlace[],
  story: VideoStory,
): Chapters & { readonly dropped: number } {
  const chosen = new Map<NumberedPlace, string>();
  for (const { number, title } of picks) {
    const place = places[number - 1];
    if (place !== undefined && !chosen.has(place)) chosen.set(place, cleanChapterTitle(title));
  }
  const named = [...chosen].map(([place, title]) => ({
    start: place.start,
    title:
      title || titleFromText(place.text, story.language) || partTitle(place.number, story.language),
  }));
  const sorted = named.sort((a, b) => a.start - b.start);
  const whole = fromZero(sorted, places, story.language);
  const chapters = fewEnough(farApart(whole, Math.floor(story.duration)));
  const added = whole.length - sorted.length;
  const dropped = picks.length + added - chapters.length;
  return { ...validChapters(chapters, story.duration), dropped };
}

function fromZero(
  chapters: readonly Chapter[],
  places: readonly NumberedPlace[],
  language: string | undefined,
): readonly Chapter[] {
  const [first, ...others] = chapters;
  if (first === undefined || first.start === 0) return chapters;
  if (first.start < youtubeLimits.chapterSeconds) return [{ ...first, start: 0 }, ...others];
  const title = titleFromText(places[0]?.text ?? "", language) || partTitle(1, language);
  return [{ start: 0, title }, ...chapters];
}

function farApart(chapters: readonly Chapter[], end: Seconds): readonly Chapter[] {
  const kept: Chapter[] = [];
  for (const chapter of chapters) {
    const before = kept.at(-1)?.start ?? Number.NEGATIVE_INFINITY;
    const isFar =
      chapter.start - before >= youtubeLimits.chapterSeconds &&
      end - chapter.start >= youtubeLimits.chapterSeconds;
    if (isFar) kept.push(chapter);
  }
  return kept;
}

/** Drops the chapters that follow the one before them soonest, until there are no more than fit. */
function fewEnough(chapters: readonly Chapter[]): readonly Chapter[] {
  const kept = [...chapters];
  while (kept.length > youtubeLimits.chaptersAtMost) {
    let closest = 1;
    for (let at = 2; at < kept.length; at++) {
      if (distanceAt(kept, at) < distanceAt(kept, closest)) closest = at;
    }
    kept.splice(closest, 1);
  }
  return kept;
}

function distanceAt(chapters: readonly Chapter[], at: number): Seconds {
  return (chapters[at] as Chapter).start - (chapters[at - 1] as Chapter).start;
}
