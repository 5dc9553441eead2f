/** The description of a video: what it says, its chapters, and that its voice is synthetic. */
import type { Chapter, VideoStory } from "./contract.ts";
import { formatChapters, formatDescription } from "./format.ts";
import { disclosureLine } from "./language-lines.ts";
import { countBytes, youtubeLimits } from "./limits.ts";
import { cleanLine, shorten, withoutTimestamps } from "./plain-text.ts";
import { joinTexts, sentencesOf, spokenIn } from "./story-text.ts";

/** Of the text taken from the video; the rest of it is in the video. UTF-16 code units. */
const bodyCharacters = 600;

/**
 * The first sentences of the video, as many as fit into 600 characters; the first one alone is cut before a word, with an
 * ellipsis.
 */
export function rulesBody(story: VideoStory): string {
  const texts: string[] = [];
  let length = 0;
  for (const { text } of spokenIn(story.segments)) {
    texts.push(text);
    length += text.length + 1;
    if (length > 3 * bodyCharacters) break;
  }
  const start = joinTexts(texts)
    .slice(0, 6 * bodyCharacters)
    .toWellFormed();
  return firstSentences(start, { units: bodyCharacters }, story.language);
}

/** What a description is put together from. */
export type DescriptionParts = {
  /** Paragraphs with blank lines between. */
  readonly body: string;
  readonly chapters: readonly Chapter[];
  /** Whether to say that the voice is synthetic. Default true. */
  readonly disclosure?: boolean;
  /** BCP 47, of the texts. */
  readonly language?: string | undefined;
};

/**
 * Body, chapters and the line about the voice, ≤ 5,000 bytes. Chapters and that line are never cut: the body yields, at the
 * end of a sentence where it can. No timestamp is left in the body, for YouTube would take it for a chapter.
 *
 * @param parts chapters as `validChapters` gives them.
 */
export function composeDescription(parts: DescriptionParts): string {
  const { body, chapters, disclosure = true, language } = parts;
  const fixed = [formatChapters(chapters), disclosure ? disclosureLine(language) : ""];
  const taken = countBytes(formatDescription(["", ...fixed]));
  const room = youtubeLimits.descriptionBytes - taken - (taken > 0 ? 2 : 0);
  return formatDescription([fitBody(body, room, language), ...fixed]);
}

function fitBody(body: string, bytes: number, language: string | undefined): string {
  const paragraphs: string[] = [];
  let room = bytes;
  for (const raw of body.split(/\r\n?|\n/)) {
    const paragraph = withoutTimestamps(cleanLine(raw));
    if (paragraph === "") continue;
    const fitting =
      countBytes(paragraph) <= room
        ? paragraph
        : firstSentences(paragraph, { bytes: room }, language);
    if (fitting !== "") paragraphs.push(fitting);
    if (fitting !== paragraph) break;
    room -= countBytes(paragraph) + 2;
  }
  return formatDescription(paragraphs);
}

function firstSentences(
  text: string,
  room: { readonly units: number } | { readonly bytes: number },
  language: string | undefined,
): string {
  const most = "units" in room ? room.units : room.bytes;
  const measure = (part: string): number => ("units" in room ? part.length : countBytes(part));
  let taken = "";
  for (const sentence of sentencesOf(text.slice(0, most * 2).toWellFormed(), language)) {
    const longer = joinTexts(taken === "" ? [sentence] : [taken, sentence]);
    if (measure(longer) > most) break;
    taken = longer;
  }
  if (taken !== "" || most < shortestCut) return taken;
  const cut = shorten(text, "units" in room ? { units: most - 3 } : { bytes: most - 3 });
  return cut === text || cut === "" ? cut : `${cut}…`;
}

/** Less than this of a sentence says nothing. */
const shortestCut = 40;
