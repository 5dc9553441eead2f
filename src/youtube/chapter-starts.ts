/** Where a chapter could start. Which of these places are taken is decided elsewhere. */
import type { Seconds } from "../core/segment.ts";
import { endsSentence, type Spoken } from "./story-text.ts";

/** What counts as a start: a sentence, any segment (cue), or a block of speech of some length. */
export type ChapterSource = "sentences" | "srt" | "blocks";

/** A place where a chapter could start. */
export type ChapterStart = {
  /** Of the first thing said. */
  readonly index: number;
  readonly start: Seconds;
  /** Silence before it; below 0 where others still speak. */
  readonly pause: Seconds;
};

/** A block shorter than this belongs to the next one: a remark between two pauses opens no chapter. */
const shortestBlock: Seconds = 10;
/** With fewer sentence ends than this share, the text has no punctuation to go by. */
const punctuated = 0.1;

/**
 * Finds the places where a chapter could start.
 *
 * @param spoken sorted by start.
 * @param source `sentences`: after a pause, where the text before ends a sentence (everywhere, if the text has no punctuation);
 *   `srt`: after a pause; `blocks`: after a pause, if what was said since the last such place lasts 10 s.
 * @param gapThreshold shortest pause that counts; `-Infinity` for every place.
 * @returns in order; the first thing said is always the first place.
 */
export function findChapterStarts(
  spoken: readonly Spoken[],
  source: ChapterSource,
  gapThreshold: Seconds,
): readonly ChapterStart[] {
  const ends = spoken.map(({ text }) => endsSentence(text));
  const hasPunctuation = ends.filter(Boolean).length >= spoken.length * punctuated;
  const starts: ChapterStart[] = [];
  let latestEnd: Seconds = 0;
  for (const [index, { start, end }] of spoken.entries()) {
    const pause = start - latestEnd;
    const opened = starts.at(-1);
    const isStart =
      opened === undefined ||
      (pause >= gapThreshold &&
        (source !== "sentences" || !hasPunctuation || ends[index - 1] === true) &&
        (source !== "blocks" || latestEnd - opened.start >= shortestBlock));
    if (isStart) starts.push({ index, start, pause });
    latestEnd = Math.max(latestEnd, end);
  }
  return starts;
}
