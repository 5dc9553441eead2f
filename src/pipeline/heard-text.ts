/** The original's text by listening: recognised, polished, and as the person has corrected it in `subs.<language>.srt`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Asker } from "../chat/chat-model.ts";
import type { Call } from "../core/call.ts";
import { hashBytes } from "../core/hash.ts";
import type { Segment } from "../core/segment.ts";
import { matchReview } from "../subtitles/match-review.ts";
import { parseSubtitles } from "../subtitles/parse.ts";
import { toSegments } from "../subtitles/segments.ts";
import { parseSegments } from "../subtitles/segments-json.ts";
import { formatSrt } from "../subtitles/srt.ts";
import type { TranslationMemory } from "../translation/contract.ts";
import type { GivenText } from "./given-text.ts";
import { polishStage } from "./polish-stage.ts";
import { recognitionFactsSchema, recognitionStage } from "./recognition-stage.ts";
import { layOut, readReviewedFile } from "./reviewed-file.ts";
import type { StageInput } from "./stage-input.ts";

export type HeardText = GivenText & {
  /** Hash of what was laid out for review; absent where a person's own file stands. */
  readonly hash?: string;
};

export type HeardInput = StageInput & {
  /** Who polishes; nobody without. */
  readonly polisher: Asker | undefined;
  readonly memory: TranslationMemory;
  /** Hash of what was laid out last time. */
  readonly laidOut: unknown;
};

/**
 * Listens, or takes what was heard before, and lays the text out as `subs.<language>.srt` in the work directory. Once a person has edited that
 * file, it is what the original says.
 *
 * @throws DubberError as `recognitionStage`; `invalid_text` when the edited file cannot be read.
 */
export async function hearText(input: HeardInput, call: Call = {}): Promise<HeardText> {
  const { work, polisher, memory } = input;
  const recognised = await recognitionStage(input, call);
  const { language } = recognitionFactsSchema.parse(recognised.facts);
  const raw = parseSegments(await readFile(join(work.root, "segments_raw.json"), "utf8"));
  let segments = raw;
  if (polisher !== undefined) {
    await polishStage({ work, segments: raw, language, asker: polisher, memory }, call);
    segments = parseSegments(await readFile(join(work.root, "segments_polished.json"), "utf8"));
  }
  const path = sourcePath(work.root, language);
  const file = await readReviewedFile(path, [input.laidOut, hashOf(segments), hashOf(raw)]);
  const hash = await layOut(file, formatSrt(segments));
  // The stages have told their warnings themselves.
  const text = { language, warnings: [] };
  if (hash !== undefined || file.bytes === undefined)
    return { ...text, segments, ...(hash && { hash }) };
  const { cues } = parseSubtitles(file.bytes, { name: path });
  return { ...text, segments: matchReview(segments, toSegments(cues)).segments };
}

/** Where the original's text stands for review. */
export function sourcePath(root: string, language: string | undefined): string {
  return join(root, `subs.${language ?? "original"}.srt`);
}

function hashOf(segments: readonly Segment[]): string {
  return hashBytes(formatSrt(segments));
}
