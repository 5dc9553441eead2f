/** Has a language model mend what was heard: punctuation, capitals, words that were misheard. What was heard stays in `segments_raw.json`. */
import { join } from "node:path";
import type { Asker } from "../chat/chat-model.ts";
import { writeFileAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Segment } from "../core/segment.ts";
import { formatSegments } from "../subtitles/segments-json.ts";
import type { TranslationMemory } from "../translation/contract.ts";
import { polish } from "../translation/polish.ts";
import type { StageRecord } from "./state.ts";
import type { WorkDirectory } from "./work-directory.ts";

export type PolishInput = {
  readonly work: WorkDirectory;
  /** As heard. */
  readonly segments: readonly Segment[];
  readonly language: string | undefined;
  readonly asker: Asker;
  readonly memory: TranslationMemory;
};

/**
 * Writes `segments_polished.json`: the same segments in the same order, each with its text mended.
 *
 * @throws DubberError what the model fails with for every question alike; a model that answers nonsense leaves the text as it is, with a warning.
 */
export async function polishStage(
  { work, segments, language, asker, memory }: PolishInput,
  call: Call = {},
): Promise<StageRecord> {
  const raw = formatSegments(segments);
  return await work.stage("polish", "", {
    fingerprint: work.fingerprint({ raw, language, model: asker.version }),
    async run() {
      const polished = await polish(
        segments,
        { asker, memory, ...(language !== undefined && { language }) },
        call,
      );
      if (polished.segments.length !== segments.length) {
        throw new DubberError("internal", "Polishing changed the number of segments.");
      }
      const path = join(work.root, "segments_polished.json");
      await writeFileAtomic(path, formatSegments(polished.segments));
      return { outputs: [path], warnings: polished.warnings };
    },
  });
}
