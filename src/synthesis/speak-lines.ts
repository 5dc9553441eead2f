/** Speaks a list of lines and keeps account of it: clips, failures, warnings and progress of all of them together. */
import type { Call } from "../core/call.ts";
import type { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import type { SchedulerState } from "../scheduler/contract.ts";
import type { ScheduledSynthesizer } from "./schedule.ts";
import {
  type LineOutcome,
  type SpeakEachOptions,
  type SpokenLine,
  speakEach,
} from "./speak-each.ts";

export type SpeakLinesOptions = Omit<SpeakEachOptions, "lines"> & {
  readonly lines: readonly SpokenLine[];
  /** Called after every line; must not throw. */
  readonly onProgress?: (progress: SpeakProgress) => void;
};

export type SpeakProgress = {
  /** Lines finished, whichever way, of `total` lines. */
  readonly done: number;
  readonly total: number;
  /** Clips spoken now, clips found, and lines that failed; equal lines share one clip. */
  readonly spoken: number;
  readonly reused: number;
  readonly failed: number;
  /** Of the texts, in UTF-16 code units. */
  readonly charactersDone: number;
  readonly charactersTotal: number;
  /** Length of the clips spoken now. */
  readonly spokenSeconds: Seconds;
  /** Of the engine's scheduler, which others may use as well. */
  readonly engine: SchedulerState;
};

export type SpokenLines = {
  /** By line id. Lines that failed, or have nothing to speak, are not in it. */
  readonly clips: ReadonlyMap<string, SpokenClip>;
  /** Lines that could not be spoken, in the order of `lines`. */
  readonly failures: readonly LineFailure[];
  /** Clips spoken now, and clips an earlier run had left. */
  readonly spoken: number;
  readonly reused: number;
  readonly spokenSeconds: Seconds;
  /** In the order of `lines`; a reused clip repeats none. */
  readonly warnings: readonly LineWarning[];
};

type SpokenClip = { readonly path: string; readonly isReused: boolean };
export type LineFailure = { readonly id: string; readonly error: DubberError };
type LineWarning = { readonly id: string; readonly message: string };

/**
 * Speaks every line that has no whole clip yet, the longest first; see {@link speakEach} for what is kept and when. Lines that failed for
 * the moment are taken up once more when all others have ended: of thousands some meet five faults in a row.
 *
 * @throws DubberError as {@link speakEach}. Any other error of a line is in `failures`.
 */
export async function speakLines(
  { lines, onProgress, ...options }: SpeakLinesOptions,
  call: Call = {},
): Promise<SpokenLines> {
  const clips = new Map<string, SpokenClip>();
  const failed = new Map<string, DubberError>();
  const warned = new Map<string, readonly string[]>();
  const lengths = new Map(lines.map(({ id, text }) => [id, text.length]));
  const charactersTotal = lines.reduce((sum, { text }) => sum + text.length, 0);
  const paths = { spoken: new Set<string>(), reused: new Set<string>() };
  let [done, charactersDone, spokenSeconds] = [0, 0, 0];

  function end({ id, status, path, seconds, error, warnings }: LineOutcome): void {
    if (path !== undefined && (status === "spoken" || status === "reused")) {
      // A line that came after its equal had ended found the clip this run had made.
      const kind = paths.spoken.has(path) ? "spoken" : status;
      clips.set(id, { path, isReused: kind === "reused" });
      paths[kind].add(path);
    }
    if (error !== undefined) failed.set(id, error);
    if (warnings.length > 0) warned.set(id, warnings);
    done += 1;
    charactersDone += lengths.get(id) ?? 0;
    spokenSeconds += seconds;
    onProgress?.({
      ...{ done, total: lines.length, failed: failed.size },
      ...{ charactersDone, charactersTotal, spokenSeconds },
      ...{ spoken: paths.spoken.size, reused: paths.reused.size },
      engine: options.synthesizer.state(),
    });
  }

  const unlucky: LineOutcome[] = [];
  for await (const outcome of speakEach({ ...options, lines }, call)) {
    if (isWorthAnother(outcome, options.synthesizer)) unlucky.push(outcome);
    else end(outcome);
  }
  if (paths.spoken.size > 0 && unlucky.length > 0) {
    const ids = new Set(unlucky.map(({ id }) => id));
    const again = lines.filter(({ id }) => ids.has(id));
    for await (const outcome of speakEach({ ...options, lines: again }, call)) end(outcome);
  } else unlucky.forEach(end);
  return {
    clips,
    failures: lines.flatMap(({ id }) => {
      const error = failed.get(id);
      return error === undefined ? [] : [{ id, error }];
    }),
    ...{ spoken: paths.spoken.size, reused: paths.reused.size, spokenSeconds },
    warnings: lines.flatMap(({ id }) => (warned.get(id) ?? []).map((message) => ({ id, message }))),
  };
}

/** Whether a line failed for a reason that may have passed by the end, with an engine that is tried again at all. */
function isWorthAnother({ error }: LineOutcome, { retries }: ScheduledSynthesizer): boolean {
  return retries > 0 && error?.retryable === true && error.code !== "rate_limited";
}
