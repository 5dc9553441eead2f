/** What may go to a voice engine: text with something to say in it, and no control characters. */
import { DubberError } from "../core/error.ts";

/** True when the text holds a letter or a digit; music notes, dashes and lone emoji are nothing to speak. */
export function isSpeakable(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}

/**
 * The text an engine gets: control characters, bidirectional marks and broken surrogates become spaces.
 *
 * @param maxCharacters the longest text the engine takes.
 * @throws DubberError `invalid_text` when there is nothing to speak or too much.
 */
export function speakableText(text: string, maxCharacters: number): string {
  if (!isSpeakable(text)) {
    const quoted = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
    throw new DubberError("invalid_text", `There is nothing to speak in ${quoted}.`, {
      hint: "Leave the line out, or give it at least one letter or digit.",
    });
  }
  // Zero-width joiners stay: Persian and several Indic scripts spell with them.
  const clean = text
    .replace(/[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, " ")
    .trim();
  if (clean.length > maxCharacters) {
    throw new DubberError(
      "invalid_text",
      `A text of ${clean.length} characters is too long for this engine (at most ${maxCharacters}).`,
      { hint: "Split it into several lines." },
    );
  }
  return clean;
}
