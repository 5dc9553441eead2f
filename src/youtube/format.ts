/** The texts as they are written into files and pasted into YouTube. */
import type { Seconds } from "../core/segment.ts";
import type { Chapter } from "./contract.ts";

/**
 * One line per chapter: `0:00 Intro`, from one hour on `1:02:03 More`. Empty for no chapters; no line end at the end.
 */
export function formatChapters(chapters: readonly Chapter[]): string {
  return chapters.map(({ start, title }) => `${formatTime(start)} ${title}`).join("\n");
}

/** Whole seconds, rounded down, as `m:ss` or `h:mm:ss`. */
export function formatTime(time: Seconds): string {
  const whole = Math.floor(time);
  const [hours, minutes, seconds] = [
    Math.floor(whole / 3600),
    Math.floor(whole / 60) % 60,
    whole % 60,
  ];
  const twoDigits = (value: number): string => String(value).padStart(2, "0");
  return hours > 0
    ? `${hours}:${twoDigits(minutes)}:${twoDigits(seconds)}`
    : `${minutes}:${twoDigits(seconds)}`;
}

/** The parts of a description with a blank line between; an empty one is left out. */
export function formatDescription(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Tags on one line, as YouTube Studio takes them: `one, two words, three`. */
export function formatTags(tags: readonly string[]): string {
  return tags.join(", ");
}
