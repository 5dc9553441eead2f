/** The original's text by listening: recognised, polished, and as the person has corrected it in `subs.<language>.srt`. */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
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
import { noteLaidOut, sourceFile } from "./laid-out.ts";
import { polishStage } from "./polish-stage.ts";
import { recognitionFactsSchema, recognitionStage } from "./recognition-stage.ts";
import { layOut } from "./reviewed-file.ts";
import type { StageInput } from "./stage-input.ts";

export type HeardInput = StageInput & {
  /** Who polishes; nobody without. */
  readonly polisher: Asker | undefined;
  readonly memory: TranslationMemory;
};

/**
 * Listens, or takes what was heard before, and lays the text out as `subs.<language>.srt` in the work directory. Once a person has edited that
 * file, it is what the original says.
 *
 * @throws DubberError as `recognitionStage`; `invalid_text` when the edited file cannot be read.
 */
export async function hearText(input: HeardInput, call: Call = {}): Promise<GivenText> {
  const { work, polisher, memory } = input;
  const recognised = await recognitionStage(input, call);
  const { language } = recognitionFactsSchema.parse(recognised.facts);
  const raw = parseSegments(await readFile(join(work.root, "segments_raw.json"), "utf8"));
  let segments = raw;
  if (polisher !== undefined) {
    await polishStage({ work, segments: raw, language, asker: polisher, memory }, call);
    segments = parseSegments(await readFile(join(work.root, "segments_polished.json"), "utf8"));
  }
  const file = await sourceFile(work.root, language, [hashOf(segments), hashOf(raw)]);
  const hash = await layOut(file, formatSrt(segments));
  // The stages have told their warnings themselves.
  const text = { language, warnings: [] };
  if (hash !== undefined) {
    await noteLaidOut(work.root, basename(file.path), hash);
    return { ...text, segments };
  }
  const { cues } = parseSubtitles(file.bytes ?? new Uint8Array(), { name: basename(file.path) });
  return { ...text, segments: matchReview(segments, toSegments(cues)).segments };
}

function hashOf(segments: readonly Segment[]): string {
  return hashBytes(formatSrt(segments));
}
