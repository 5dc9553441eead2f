/** A short name for a stretch of speech. */
import { youtubeLimits } from "./limits.ts";
import { cleanLine, shorten, withoutTimestamps } from "./plain-text.ts";
import { sentencesOf } from "./story-text.ts";

/**
 * The first sentence that says something, as a title; empty where there is none.
 *
 * @param text of the chapter; only its first 1,000 characters are looked at. A sentence of one or two words ("Okay.") is passed
 *   over where one of the next two has more.
 * @param language BCP 47, of the text.
 */
export function titleFromText(text: string, language?: string): string {
  const sentences = sentencesOf(text.slice(0, 1000).toWellFormed(), language);
  const titles = sentences
    .slice(0, 3)
    .map(cleanChapterTitle)
    .filter((title) => title !== "");
  return titles.find(saysSomething) ?? titles[0] ?? "";
}

/**
 * Any text as the title of a chapter: one line of ≤ 60 characters and ≤ 240 bytes, cut before a word, with no punctuation at its
 * ends but brackets and quotes in pairs, and no timestamp in it. Empty where no letter or digit is left.
 */
export function cleanChapterTitle(text: string): string {
  const room = {
    graphemes: youtubeLimits.chapterTitleCharacters,
    bytes: youtubeLimits.chapterTitleBytes,
  };
  const line = withoutTimestamps(cleanLine(text)).replace(/^[^\p{L}\p{N}\p{Ps}\p{Pi}"]+/u, "");
  const title = withoutOddMarks(shorten(line, room))
    .replace(/(?:[\s\p{Pd}\p{Pc}\p{Ps}\p{Pi}]|(?![%‰])\p{Po}(?<!["]))+$/u, "")
    .trim();
  return /[\p{L}\p{N}]/u.test(title) ? title : "";
}

function saysSomething(title: string): boolean {
  return (
    title.split(" ").length > 2 ||
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Thai}]{5}/u.test(title)
  );
}

const pairs = ["()", "[]", "“”", "«»", "「」", "『』", "（）", "【】", '""'];

/** Without the brackets and quotes of whose pair a cut, or the speaker, left only one. */
function withoutOddMarks(text: string): string {
  let whole = text;
  for (const pair of pairs) {
    const [open = "", close = ""] = pair;
    const [opened, closed] = [whole.split(open).length - 1, whole.split(close).length - 1];
    const isOdd = open === close ? opened % 2 === 1 : opened !== closed;
    if (isOdd) whole = whole.replaceAll(open, " ").replaceAll(close, " ");
  }
  return whole.replace(/ {2,}/g, " ").trim();
}
