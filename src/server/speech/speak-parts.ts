/** Speaks the parts of a text, a few ahead of the one that is wanted next, and hands them on in their order. */
import type { Call } from "../../core/call.ts";
import type { SpeechResult } from "../../synthesis/synthesizer.ts";

/** Parts in work at once: the next ones are ready when one has been written or sent. */
const ahead = 2;

export type SpeakPartsOptions = Required<Call> & {
  /** Asked before each part after the first: true begins no more, and what is in work is still handed on. */
  readonly isEnough?: () => boolean;
};

/**
 * @param count of parts.
 * @param speak one part, by its index; its signal ends with the stream.
 * @throws what `speak` throws, when it is that part's turn; the signal's reason.
 */
export async function* speakParts(
  count: number,
  speak: (index: number, call: Required<Call>) => Promise<SpeechResult>,
  { signal, isEnough = () => false }: SpeakPartsOptions,
): AsyncGenerator<SpeechResult, void, void> {
  const ending = new AbortController();
  const abort = () => ending.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", abort, { once: true });
  const running: Promise<SpeechResult>[] = [];
  let next = 0;
  try {
    for (let index = 0; index < count; index++) {
      for (; next < Math.min(count, index + ahead) && !(next > 0 && isEnough()); next++) {
        const part = speak(next, { signal: ending.signal });
        // Its failure is met when it is its turn.
        part.catch(() => {});
        running.push(part);
      }
      const part = running.shift();
      if (part === undefined) return;
      yield await part;
    }
  } finally {
    ending.abort();
    signal.removeEventListener("abort", abort);
    await Promise.allSettled(running);
  }
}
