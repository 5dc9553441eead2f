/** Speaks a stream of lines into a directory of clips: what is there already is kept, what fails does not stop the rest. */
import { join } from "node:path";
import { writeFileAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { mapStream } from "../core/map-stream.ts";
import type { Seconds } from "../core/segment.ts";
import type { Attempt } from "../scheduler/contract.ts";
import { toDubberError } from "../scheduler/failures.ts";
import type { Budget } from "./budget.ts";
import { clipName } from "./clips.ts";
import { engineTitle } from "./engine-title.ts";
import { isHopeless } from "./hopeless.ts";
import { longestFirst } from "./longest-first.ts";
import type { ScheduledSynthesizer } from "./schedule.ts";
import { isSpeakable } from "./speakable-text.ts";
import type { SpeechRequest, SpeechResult } from "./synthesizer.ts";
import { isWholeWavClip, wavClipParts } from "./wav-clip.ts";

/** A request with the id its clip is asked for by; ids are unique. */
export type SpokenLine = SpeechRequest & { readonly id: string };

/** What is spoken, by whom, and into which directory. */
export type SpeakEachOptions = {
  readonly synthesizer: ScheduledSynthesizer;
  /** Pulled as they are needed, so that there may be more of them than memory holds. */
  readonly lines: Iterable<SpokenLine> | AsyncIterable<SpokenLine>;
  /** Where the clips are kept; made if missing. Clips of other runs, voices and engines may lie there too. */
  readonly directory: string;
  /** What it may cost; without one, anything. */
  readonly budget?: Budget;
  /** Called after every call to the engine; must not throw. */
  readonly onAttempt?: (attempt: Attempt) => void;
};

/** How one line ended. */
export type LineOutcome = {
  readonly id: string;
  /** `skipped`: there is nothing to speak in it. */
  readonly status: "spoken" | "reused" | "skipped" | "failed";
  /** Its clip, when it has one; equal lines share one. */
  readonly path?: string;
  /** Length of a clip spoken now; 0 for the second of equal lines. */
  readonly seconds: Seconds;
  /** Only with `failed`. */
  readonly error?: DubberError;
  /** What the engine could not do as asked; a reused clip repeats none. */
  readonly warnings: readonly string[];
};

/** Lines looked at ahead for the longest. */
const lookahead = 2_000;

/**
 * Speaks every line that has no whole clip yet, the longest of the next 2,000 first, as many at once as the scheduler allows; in
 * their own order when it allows one.
 *
 * A clip is on disk, whole, as soon as it is spoken; stopped at any moment, the next run speaks only what is
 * missing. Memory does not grow with the number of lines.
 *
 * @returns one outcome per line, in the order they end.
 * @throws DubberError `engine_unavailable`, `unknown_voice`, `unknown_model`, `key_missing`, `key_refused` before anything was
 * spoken, and `disk_full`, `not_writable` or what else keeps a clip from the disk; the signal's reason. Any other error of a
 * line is its outcome.
 */
export async function* speakEach(
  { synthesizer, lines, directory, budget, onAttempt }: SpeakEachOptions,
  { signal }: Call = {},
): AsyncGenerator<LineOutcome, void, void> {
  const { name: engine, version } = synthesizer;
  /** Lines that wait for a clip that is being made for another line. */
  const underWay = new Map<string, string[]>();
  let hasSpoken = false;

  async function makeClip(request: SpeechRequest, path: string, id: string, call: Required<Call>) {
    if (!isSpeakable(request.text)) {
      return {
        status: "skipped",
        seconds: 0,
        warnings: [`Line ${id} has nothing to speak; it was left out.`],
      } as const;
    }
    if (await isWholeWavClip(path)) {
      return { status: "reused", path, seconds: 0, warnings: [] } as const;
    }
    const result = await speakOrFail(request, id, call);
    if (result instanceof DubberError) {
      return { status: "failed", seconds: 0, warnings: [], error: result } as const;
    }
    const { audio, sampleRate, warnings } = result;
    // Not caught: a disk that takes no clip takes none of the others either.
    await writeFileAtomic(path, wavClipParts(audio, sampleRate));
    return { status: "spoken", path, seconds: audio.length / sampleRate, warnings } as const;
  }

  async function speakOrFail(
    request: SpeechRequest,
    lineId: string,
    call: Required<Call>,
  ): Promise<SpeechResult | DubberError> {
    let spoken: Seconds = 0;
    let settle: (spoken: Seconds) => void = () => {};
    try {
      settle = budget?.reserve(request.text) ?? settle;
      const result = await synthesizer.speak(request, {
        ...call,
        lineId,
        ...(onAttempt && { onAttempt }),
      });
      spoken = result.audio.length / result.sampleRate;
      hasSpoken ||= result.audio.length > 0;
      if (result.audio.length > 0) return result;
      const message = `${engineTitle(engine)} gave no sound.`;
      return new DubberError("engine_failed", message, { retryable: true });
    } catch (error) {
      call.signal.throwIfAborted();
      if (!hasSpoken && isHopeless(error)) throw error;
      return toDubberError(error, engineTitle(engine));
    } finally {
      settle(spoken);
    }
  }

  async function speakOne(
    { id, ...request }: SpokenLine,
    call: Required<Call>,
  ): Promise<readonly LineOutcome[]> {
    const name = clipName({ engine, version, ...request });
    const waiting = underWay.get(name);
    if (waiting !== undefined) {
      waiting.push(id);
      return [];
    }
    const others: string[] = [];
    underWay.set(name, others);
    const outcome = await makeClip(request, join(directory, name), id, call);
    underWay.delete(name);
    return [{ id, ...outcome }, ...others.map((other) => ({ ...outcome, id: other, seconds: 0 }))];
  }

  // One at a time is for looking at what happens: then the lines' own order is worth more than a short end.
  const isOneByOne = synthesizer.state().limit === 1;
  const source = longestFirst(lines, isOneByOne ? 1 : lookahead);
  const outcomes = mapStream(source, synthesizer.lanes, speakOne, signal ? { signal } : {});
  for await (const ended of outcomes) yield* ended;
}
