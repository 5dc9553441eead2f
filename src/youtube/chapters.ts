/** Chapters from the pauses of a video, and the one place that knows which chapters YouTube takes. */
import type { Seconds } from "../core/segment.ts";
import { type ChapterSource, type ChapterStart, findChapterStarts } from "./chapter-starts.ts";
import { titleFromText } from "./chapter-title.ts";
import type { Chapter, Chapters, VideoStory } from "./contract.ts";
import { partTitle } from "./language-lines.ts";
import { countBytes, youtubeLimits } from "./limits.ts";
import { joinTexts, type Spoken, spokenIn } from "./story-text.ts";

export type ChapterOptions = {
  /** What a chapter may start with. Default `sentences`. */
  readonly source?: ChapterSource;
  /** Shortest pause before a chapter, ≥ 0. Default 1.5 s. */
  readonly gapThreshold?: Seconds;
};

export const defaultGapThreshold: Seconds = 1.5;
const { chaptersAtLeast, chapterSeconds, chaptersAtMost } = youtubeLimits;
const shortestVideo = chaptersAtLeast * chapterSeconds;

/**
 * Chooses chapters by rules: about one each minute, in long videos twelve in all; the longest pauses win. The first starts at
 * 0:00, all at whole seconds; titles are first sentences.
 *
 * @returns three to twelve chapters, or none and why.
 */
export function rulesChapters(story: VideoStory, options: ChapterOptions = {}): Chapters {
  const { source = "sentences", gapThreshold = defaultGapThreshold } = options;
  const duration = wholeSeconds(story.duration);
  if (duration < shortestVideo) return validChapters([], duration);
  const spoken = spokenIn(story.segments);
  if (spoken.length === 0) return none("There is no text to make chapters from.");
  const [first, ...others] = findChapterStarts(spoken, source, gapThreshold);
  const chosen = chooseStarts(others.filter(fitsBefore(duration)), duration);
  if (chosen.length + 1 < chaptersAtLeast) {
    return none(
      `Fewer than ${chaptersAtLeast} places for a chapter: pauses of ${gapThreshold} s or more, ${chapterSeconds} s apart, before ${wordFor[source]}. Try a smaller --youtube-gap-thresh.`,
    );
  }
  const starts = [{ ...(first as ChapterStart), start: 0 }, ...chosen];
  const chapters = starts.map(({ start, index }, at) => ({
    start: Math.floor(start),
    title:
      titleOf(spoken.slice(index, starts[at + 1]?.index), story.language) ||
      partTitle(at + 1, story.language),
  }));
  return validChapters(chapters, duration);
}

/**
 * Decides whether YouTube takes these chapters: at least three, the first at 0:00, each at least 10 s long when its times are
 * rounded down to whole seconds, the last one too; each with a title of one line.
 *
 * @returns the chapters with whole seconds, or none and the first reason why not.
 */
export function validChapters(chapters: readonly Chapter[], duration: Seconds): Chapters {
  const end = wholeSeconds(duration);
  if (end < shortestVideo) {
    return none(`The video lasts ${end} s; YouTube takes chapters from ${shortestVideo} s on.`);
  }
  const whole = chapters.map(({ start, title }) => ({ start: Math.floor(start), title }));
  if (whole.length < chaptersAtLeast) {
    return none(
      `YouTube takes no fewer than ${chaptersAtLeast} chapters; there are ${whole.length}.`,
    );
  }
  if (whole.length > chaptersAtMost) {
    return none(`There are ${whole.length} chapters; ${chaptersAtMost} are the most.`);
  }
  if (whole[0]?.start !== 0) return none("The first chapter does not start at 0:00.");
  for (const [at, { start, title }] of whole.entries()) {
    const length = (whole[at + 1]?.start ?? end) - start;
    if (!(length >= chapterSeconds)) {
      return none(
        `Chapter ${at + 1} lasts ${length} s; YouTube takes none below ${chapterSeconds} s.`,
      );
    }
    if (!isTitle(title)) return none(`Chapter ${at + 1} has no title of one short line.`);
  }
  return { chapters: whole };
}

function none(reason: string): Chapters {
  return { chapters: [], reason };
}

const wordFor: Readonly<Record<ChapterSource, string>> = {
  sentences: "a sentence",
  srt: "a cue",
  blocks: "a block of speech",
};

function isTitle(title: string): boolean {
  const isClean = title.trim() === title && !/[\r\n\u2028\u2029<>]|\d:\d\d/.test(title);
  return title !== "" && isClean && countBytes(title) <= youtubeLimits.chapterTitleBytes;
}

function wholeSeconds(duration: Seconds): Seconds {
  return Number.isFinite(duration) ? Math.max(0, Math.floor(duration)) : 0;
}

/** Whether a chapter that starts there leaves room for itself and for the first one. */
function fitsBefore(duration: Seconds): (start: { readonly start: Seconds }) => boolean {
  return ({ start }) =>
    Math.floor(start) >= chapterSeconds && duration - Math.floor(start) >= chapterSeconds;
}

function titleOf(spoken: readonly Spoken[], language: string | undefined): string {
  return titleFromText(joinTexts(spoken.slice(0, 20).map(({ text }) => text)), language);
}

/** One chapter for each of these. */
const usualChapter: Seconds = 60;
const usualChapters = 12;

function chooseStarts(starts: readonly ChapterStart[], duration: Seconds): readonly ChapterStart[] {
  const usual = Math.max(usualChapter, duration / usualChapters);
  const most = Math.max(chaptersAtLeast, Math.round(duration / usual)) - 1;
  let shortest = usual / 2;
  let chosen = pickBest(starts, { most, usual, shortest, duration });
  while (chosen.length + 1 < chaptersAtLeast && shortest > chapterSeconds) {
    shortest = Math.max(chapterSeconds, shortest / 2);
    chosen = pickBest(starts, { most, usual, shortest, duration });
  }
  return chosen.length + 1 < chaptersAtLeast ? pickInOrder(starts) : chosen;
}

type Wanted = {
  readonly most: number;
  readonly usual: Seconds;
  readonly shortest: Seconds;
  readonly duration: Seconds;
};

/**
 * Takes the best place again and again: after a long pause, and far from those taken. Beyond two usual chapters farther is no
 * better, or pauses would not matter in a long video.
 */
function pickBest(starts: readonly ChapterStart[], wanted: Wanted): readonly ChapterStart[] {
  const { most, usual, shortest, duration } = wanted;
  const taken: Seconds[] = [0, duration];
  const picked: ChapterStart[] = [];
  while (picked.length < most) {
    let best: ChapterStart | undefined;
    let highest = Number.NEGATIVE_INFINITY;
    for (const one of starts) {
      const whole = Math.floor(one.start);
      const distance = Math.min(...taken.map((other) => Math.abs(other - whole)));
      // Where nobody pauses, the distance decides.
      const score = (one.pause + 0.1) * Math.min(distance, 2 * usual);
      if (distance < shortest || score <= highest) continue;
      [best, highest] = [one, score];
    }
    if (best === undefined) break;
    picked.push(best);
    taken.push(Math.floor(best.start));
  }
  return picked.sort((a, b) => a.start - b.start);
}

/** From left to right, as early as possible: finds as many as there can be. */
function pickInOrder(starts: readonly ChapterStart[]): readonly ChapterStart[] {
  let last: Seconds = 0;
  return starts.filter(({ start }) => {
    const isFar = Math.floor(start) - last >= chapterSeconds;
    if (isFar) last = Math.floor(start);
    return isFar;
  });
}
