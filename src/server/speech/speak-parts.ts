/** Speaks the parts of a text, a few ahead of the one that is wanted next, and hands them on in their order. */
import type { Call } from "../../core/call.ts";
import type { SpeechResult } from "../../synthesis/synthesizer.ts";

/** Parts in work at once: the next ones are ready when one has been written or sent. */
const ahead = 2;

/**
 * @param count of parts.
 * @param speak one part, by its index; its signal ends with the stream.
 */
export async function* speakParts(
  count: number,
  speak: (index: number, call: Required<Call>) => Promise<SpeechResult>,
  { signal }: Required<Call>,
): AsyncGenerator<SpeechResult, void, void> {
  const ending = new AbortController();
  const abort = () => ending.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", abort, { once: true });
  const running: Promise<SpeechResult>[] = [];
  try {
    for (let next = 0, index = 0; index < count; index++) {
      for (; next < Math.min(count, index + ahead); next++) {
        const part = speak(next, { signal: ending.signal });
        // Its failure is met when it is its turn.
        part.catch(() => {});
        running.push(part);
      }
      yield (await running.shift()) as SpeechResult;
    }
  } finally {
    ending.abort();
    signal.removeEventListener("abort", abort);
    await Promise.allSettled(running);
  }
}
