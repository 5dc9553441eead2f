/** How a text is cut for speaking: short enough for progress, resuming and early sound, long enough to sound as one. */
import { isSpeakable } from "../../synthesis/speakable-text.ts";
import { splitText, type TextPart } from "../../synthesis/split-text.ts";

/** A text up to here is one call, characters. */
const wholeUpTo = 300;
/** The first part of a longer one: its sound is out while the rest is spoken. */
const firstPart = 120;
/** All others: some 25 s of sound. */
const otherParts = 400;

/**
 * The parts of a text, in order.
 *
 * @param maxCharacters of one call to the engine.
 * @param language BCP 47, of the text.
 */
export function textParts(
  text: string,
  {
    maxCharacters,
    language,
  }: { readonly maxCharacters: number; readonly language?: string | undefined },
): readonly TextPart[] {
  if (text.length <= Math.min(wholeUpTo, maxCharacters)) return [{ text, end: "none" }];
  const longest = Math.min(otherParts, maxCharacters);
  const parts = splitText(text, longest, language);
  const [first, ...others] = parts;
  if (first === undefined) return parts;
  const [opening] = splitText(first.text, Math.min(firstPart, maxCharacters), language);
  // Only a whole sentence or clause may stand alone.
  if (opening === undefined || opening.end === "none") return parts;
  const rest = first.text.slice(first.text.indexOf(opening.text) + opening.text.length).trim();
  // What has nothing to be heard in it is left out, as everywhere.
  return [opening, ...(isSpeakable(rest) ? [{ text: rest, end: first.end }] : []), ...others];
}
