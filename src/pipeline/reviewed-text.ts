/** The text as a person has reviewed it: `subs.srt` with the ids, speakers and other wordings of what was prepared. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DubberError } from "../core/error.ts";
import { hashBytes, hashValue } from "../core/hash.ts";
import type { Segment } from "../core/segment.ts";
import { matchReview } from "../subtitles/match-review.ts";
import { parseSubtitles } from "../subtitles/parse.ts";
import { toSegments } from "../subtitles/segments.ts";
import { isUntranslated, type PreparedLine, readTranslation } from "./translation-file.ts";

export type ReviewedText = {
  /** What can be spoken, in the order of the file. */
  readonly segments: readonly Segment[];
  /** Lines that still wait for a translation. */
  readonly untranslated: readonly Segment[];
  /** What was prepared for the segments whose text is as it was prepared; edited ones are not in it. */
  readonly prepared: ReadonlyMap<string, PreparedLine>;
  readonly warnings: readonly string[];
};

/** What lies in a language's folder, and what stages that read it depend on. */
export type ReviewedFolder = {
  /** Parses the text: not needed where nothing has changed. Throws `invalid_text`. */
  read(): ReviewedText;
  /** Hashes of both files, for fingerprints. */
  readonly fingerprint: { readonly subs: string; readonly prepared: string };
};

/**
 * Reads `subs.srt` and `translation.json`.
 *
 * @param languageRoot folder of the language.
 * @param missing what is said, before the path, when nothing is laid out yet, and what to do about it.
 * @throws DubberError `text_missing`.
 */
export async function openReviewedText(
  languageRoot: string,
  missing: { readonly message: string; readonly hint: string },
): Promise<ReviewedFolder> {
  const path = join(languageRoot, "subs.srt");
  const subs = await readFile(path).catch((cause: unknown) => {
    const { message, hint } = missing;
    throw new DubberError("text_missing", `${message} (${path}).`, { hint, cause });
  });
  const prepared = await readTranslation(join(languageRoot, "translation.json"));
  return {
    read: () => readReviewedText(subs, prepared),
    fingerprint: { subs: hashBytes(subs), prepared: hashValue(prepared) },
  };
}

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
