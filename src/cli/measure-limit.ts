/** How long an engine takes for the same lines with a given number of calls in flight. Keeps nothing of what it says. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { SchedulerOptions } from "../scheduler/contract.ts";
import { isHopeless } from "../synthesis/hopeless.ts";
import { scheduleCalls } from "../synthesis/schedule.ts";
import type { SpeechRequest, Synthesizer } from "../synthesis/synthesizer.ts";

export type Measurement = {
  readonly limit: number | "auto";
  readonly seconds: number;
  /** Lines that could not be spoken. */
  readonly failed: number;
  /** Calls the service refused as too many at once. */
  readonly refused: number;
  /** Second and later tries, for whatever reason. */
  readonly retries: number;
};

/**
 * Speaks all lines through a scheduler of its own, the longest first, and closes the engine.
 *
 * @throws DubberError for what makes every line fail; the signal's reason.
 */
export async function measureLimit(
  engine: Synthesizer,
  limit: number | "auto",
  requests: readonly SpeechRequest[],
  { signal, onOutage }: Call & Pick<SchedulerOptions, "onOutage"> = {},
): Promise<Measurement> {
  await using scheduler = scheduleCalls(engine, { limit, ...(onOutage && { onOutage }) });
  const ending = new AbortController();
  const call = { signal: signal ? AbortSignal.any([signal, ending.signal]) : ending.signal };
  // What starts before the first word, such as a process, is not what is measured.
  if (engine.place === "local") await engine.voices(call);
  const longestFirst = requests.toSorted((a, b) => b.text.length - a.text.length);
  const startedAt = performance.now();
  const spoken = await Promise.all(
    longestFirst.map(async (request): Promise<unknown> => {
      try {
        await scheduler.speak(request, call);
        return undefined;
      } catch (error) {
        if (isInVain(error)) ending.abort(error);
        return error;
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  signal?.throwIfAborted();
  if (ending.signal.aborted) throw ending.signal.reason;
  const failed = spoken.filter((error) => error !== undefined).length;
  if (failed === requests.length) throw spoken[0];
  const { throttled: refused, retries } = scheduler.state();
  return { limit, seconds, failed, refused, retries };
}

/** A benchmark of these would measure nothing. */
function isInVain(error: unknown): boolean {
  return isHopeless(error) || (error instanceof DubberError && error.code === "quota_exhausted");
}
