/** The title of a video. */
import type { VideoStory } from "./contract.ts";
import { youtubeLimits } from "./limits.ts";
import { cleanLine, shorten } from "./plain-text.ts";
import { sentencesOf, spokenIn } from "./story-text.ts";

/**
 * The title somebody gave, else the file's name made readable, else the first sentence, else "Video".
 *
 * @returns ≤ 100 characters, cut before a word; a warning for a given title that was cut or has nothing to read in it.
 */
export function rulesTitle(
  story: VideoStory,
  given?: string,
): { readonly title: string; readonly warnings: readonly string[] } {
  const title = given === undefined ? "" : fitTitle(given);
  const other = (): string => fitTitle(readableName(story.name)) || firstSentence(story) || "Video";
  if (given === undefined) return { title: other(), warnings: [] };
  if (title === "") {
    const instead = other();
    return { title: instead, warnings: [`The given title is empty; "${instead}" stands instead.`] };
  }
  const isCut = title.length < cleanLine(given).length;
  return {
    title,
    warnings: isCut
      ? [
          `The title was cut to "${title}": YouTube takes ${youtubeLimits.titleCharacters} characters.`,
        ]
      : [],
  };
}

/** Any text as a title within YouTube's limit, cut before a word; empty where there is nothing to read in it. */
export function fitTitle(text: string): string {
  const title = shorten(cleanLine(text), { units: youtubeLimits.titleCharacters });
  return /[\p{L}\p{N}\p{S}]/u.test(title) ? title : "";
}

/**
 * A file's name as people would write it: `my-talk_2024` → "My talk 2024". Dates and version numbers keep their marks, a
 * name with spaces its hyphens; the id that download tools put at the end, `[dQw4w9WgXcQ]`, goes.
 */
export function readableName(name: string): string {
  const whole = cleanLine(
    name
      .toWellFormed()
      .normalize("NFC")
      .replace(/\s*\[[\w-]{11}\]$/, ""),
  );
  const spaced = whole.replaceAll("_", " ");
  const words = spaced.includes(" ") && !whole.includes("_") ? spaced : betweenWords(spaced);
  const text = cleanLine(words);
  const first = text.split(" ")[0] ?? "";
  return first === first.toLowerCase() ? capitalised(text) : text;
}

function betweenWords(text: string): string {
  return text.replace(/(?<!\d)[-.]+|[-.]+(?!\d)/g, " ");
}

function capitalised(text: string): string {
  const [first = ""] = text;
  return first.toUpperCase() + text.slice(first.length);
}

function firstSentence(story: VideoStory): string {
  const [first] = spokenIn(story.segments);
  const text = first?.text.slice(0, 1000).toWellFormed() ?? "";
  return fitTitle(sentencesOf(text, story.language)[0] ?? "");
}
