/** The text as a person has reviewed it: `subs.srt` with the ids, speakers and other wordings of what was prepared. */
import type { Segment } from "../core/segment.ts";
import { matchReview } from "../subtitles/match-review.ts";
import { parseSubtitles } from "../subtitles/parse.ts";
import { toSegments } from "../subtitles/segments.ts";
import { isUntranslated, type PreparedLine } from "./translation-file.ts";

export type ReviewedText = {
  /** What can be spoken, in the order of the file. */
  readonly segments: readonly Segment[];
  /** Lines that still wait for a translation. */
  readonly untranslated: readonly Segment[];
  /** What was prepared for the segments whose text is as it was prepared; edited ones are not in it. */
  readonly prepared: ReadonlyMap<string, PreparedLine>;
  readonly warnings: readonly string[];
};

/**
 * @param bytes of `subs.srt`.
 * @param prepared of `translation.json`.
 * @throws DubberError `invalid_text`.
 */
export function readReviewedText(
  bytes: Uint8Array,
  prepared: readonly PreparedLine[],
): ReviewedText {
  const { cues, warnings } = parseSubtitles(bytes, { name: "subs.srt" });
  const { segments } = matchReview(prepared, toSegments(cues));
  const byId = new Map(prepared.map((line) => [line.id, line]));
  const asPrepared = segments.flatMap(({ id, text }) => {
    const line = byId.get(id);
    return line !== undefined && line.text === text ? [[id, line] as const] : [];
  });
  // The mark means something only where it was set: others write [?] for what they could not hear.
  const isWaiting = (segment: Segment): boolean =>
    isUntranslated(segment) && byId.get(segment.id)?.error !== undefined;
  return {
    segments: segments.filter((segment) => !isWaiting(segment)),
    untranslated: segments.filter(isWaiting),
    prepared: new Map(asPrepared),
    warnings,
  };
}
