/** Speaks many lines into a directory of clips: what is there already is kept, what fails does not stop the rest. */
import { join } from "node:path";
import { writeFileAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { mapConcurrent } from "../core/map-concurrent.ts";
import { clipName } from "./clips.ts";
import { isSpeakable } from "./speakable-text.ts";
import type { SpeechRequest, SpeechResult, Synthesizer } from "./synthesizer.ts";
import { encodeWavClip, isWholeWavClip } from "./wav-clip.ts";

/** A request with the id its clip is asked for by; ids are unique. */
export type SpokenLine = SpeechRequest & { readonly id: string };

export type SpeakLinesOptions = {
  readonly synthesizer: Synthesizer;
  readonly lines: readonly SpokenLine[];
  /** Where the clips are kept; made if missing. Clips of other runs, voices and engines may lie there too. */
  readonly directory: string;
  /** How many to speak at once, at most and by default the engine's `lanes`. */
  readonly limit?: number;
  /** Called after every clip; must not throw. */
  readonly onProgress?: (progress: SpeakProgress) => void;
};

export type SpeakProgress = {
  /** Lines finished, whichever way, of `total` lines. */
  readonly done: number;
  readonly total: number;
  /** Clips spoken now, and clips found; equal lines share one clip. */
  readonly spoken: number;
  readonly reused: number;
};

export type SpokenLines = {
  /** By line id. Lines that failed, or have nothing to speak, are not in it. */
  readonly clips: ReadonlyMap<string, SpokenClip>;
  /** Lines that could not be spoken, in the order of `lines`. */
  readonly failures: readonly LineFailure[];
  /** Clips spoken now, and clips an earlier run had left. */
  readonly spoken: number;
  readonly reused: number;
  /** In the order of `lines`; a reused clip repeats none. */
  readonly warnings: readonly LineWarning[];
};

type SpokenClip = { readonly path: string; readonly isReused: boolean };
type LineFailure = { readonly id: string; readonly error: DubberError };
type LineWarning = { readonly id: string; readonly message: string };

/**
 * Speaks every line that has no whole clip yet, the longest first, so that no long one is left alone at the end.
 *
 * A clip is on disk, whole, as soon as it is spoken; stopped at any moment, the next run speaks only what is
 * missing. Holds one clip per call in flight in memory.
 *
 * @throws DubberError `engine_unavailable`, `unknown_voice`, and `disk_full`, `not_writable` or what else keeps a clip from the disk; the
 * signal's reason, when all calls in flight have ended. Any other error of a line is in `failures`.
 */
export async function speakLines(
  { synthesizer, lines, directory, limit = Infinity, onProgress }: SpeakLinesOptions,
  { signal }: Call = {},
): Promise<SpokenLines> {
  const groups = groupByClip(lines, synthesizer);
  const clips = new Map<string, SpokenClip>();
  const failed = new Map<string, DubberError>();
  const warned = new Map<string, readonly string[]>();
  const count = { spoken: 0, reused: 0, done: 0 };

  async function speakGroup({ name, lines: same, request }: ClipGroup): Promise<void> {
    const path = join(directory, name);
    const ids = same.map(({ id }) => id);
    if (!isSpeakable(request.text)) {
      for (const id of ids) warned.set(id, [`Line ${id} has nothing to speak; it was left out.`]);
    } else if (await isWholeWavClip(path)) {
      count.reused += 1;
      for (const id of ids) clips.set(id, { path, isReused: true });
    } else {
      const result = await speakOrFail(synthesizer, request, signal);
      if (result instanceof DubberError) {
        for (const id of ids) failed.set(id, result);
      } else {
        // Not caught: a disk that takes no clip takes none of the others either.
        await writeFileAtomic(path, encodeWavClip(result.audio, result.sampleRate));
        count.spoken += 1;
        for (const id of ids) {
          clips.set(id, { path, isReused: false });
          warned.set(id, result.warnings);
        }
      }
    }
    count.done += ids.length;
    onProgress?.({ ...count, total: lines.length });
  }

  const lanes = Math.max(1, Math.min(limit, synthesizer.lanes));
  await mapConcurrent(groups, lanes, speakGroup, signal ? { signal } : {});
  return {
    clips,
    failures: lines.flatMap(({ id }) => {
      const error = failed.get(id);
      return error === undefined ? [] : [{ id, error }];
    }),
    spoken: count.spoken,
    reused: count.reused,
    warnings: lines.flatMap(({ id }) => (warned.get(id) ?? []).map((message) => ({ id, message }))),
  };
}

type ClipGroup = {
  readonly name: string;
  readonly request: SpeechRequest;
  readonly lines: SpokenLine[];
};

/** Lines that sound the same share a clip; the longest text first, equal lengths in their order. */
function groupByClip(
  lines: readonly SpokenLine[],
  { name: engine, version }: Synthesizer,
): readonly ClipGroup[] {
  const groups = new Map<string, ClipGroup>();
  for (const line of lines) {
    const { id: _, ...request } = line;
    const name = clipName({ engine, version, ...request });
    const group = groups.get(name);
    if (group === undefined) groups.set(name, { name, request, lines: [line] });
    else group.lines.push(line);
  }
  return [...groups.values()].sort((a, b) => b.request.text.length - a.request.text.length);
}

/** The sound, or why this line has none; throws only what every other line would meet as well. */
async function speakOrFail(
  synthesizer: Synthesizer,
  request: SpeechRequest,
  signal: AbortSignal | undefined,
): Promise<SpeechResult | DubberError> {
  try {
    const result = await synthesizer.speak(request, signal ? { signal } : {});
    if (result.audio.length > 0) return result;
    const message = `The voice engine ${synthesizer.name} gave no sound.`;
    return new DubberError("engine_failed", message, { retryable: true });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof DubberError)) {
      const message = error instanceof Error ? error.message : String(error);
      return new DubberError("engine_failed", `The voice engine failed: ${message}.`, {
        cause: error,
      });
    }
    if (error.code === "engine_unavailable" || error.code === "unknown_voice") throw error;
    return error;
  }
}
