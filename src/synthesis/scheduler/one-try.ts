/** One call to an engine, with a deadline, and what came of it. Whether to call again is not decided here. */
import type { Clock } from "../../core/clock.ts";
import type { DubberError } from "../../core/error.ts";
import type { ServiceReply, SpeechRequest, SpeechResult, Synthesizer } from "../synthesizer.ts";
import { toDubberError, tooSlowError } from "./failures.ts";

/** How a try went; `cancelled` when its signal ended it, whatever the engine made of that. */
export type Tried = (
  | { readonly is: "ok"; readonly result: SpeechResult }
  | { readonly is: "failed"; readonly error: DubberError }
  | { readonly is: "cancelled" }
) & {
  readonly ms: number;
  /** The service's last answer; absent when it gave none. */
  readonly reply: ServiceReply | undefined;
};

export type DeadlineOptions = {
  /** Named in the error. */
  readonly engine: Pick<Synthesizer, "name">;
  readonly clock: Clock;
  /** How long it may take. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

export type OneTryOptions = DeadlineOptions & {
  readonly engine: Pick<Synthesizer, "speak">;
  /** As the engine's own. */
  readonly onReply: (reply: ServiceReply) => void;
};

/** Calls the engine once. Never rejects, and does not wait for an engine that ignores its signal. */
export async function oneTry(request: SpeechRequest, options: OneTryOptions): Promise<Tried> {
  const { engine, clock, signal } = options;
  const startedAt = clock.now();
  let reply: ServiceReply | undefined;
  const onReply = (one: ServiceReply) => {
    reply = one;
    options.onReply(one);
  };
  try {
    const result = await withDeadline(
      // Async: an engine that throws instead of rejecting is a failed try as well.
      async (until) => engine.speak(request, { signal: until, onReply }),
      options,
    );
    return { is: "ok", result, ms: clock.now() - startedAt, reply };
  } catch (error) {
    const ms = clock.now() - startedAt;
    if (signal.aborted) return { is: "cancelled", ms, reply };
    return { is: "failed", error: toDubberError(error, engine.name), ms, reply };
  }
}

/**
 * Whichever comes first ends it: the work, its deadline, or the signal.
 *
 * @throws what the work throws; DubberError `service_down` at the deadline; the signal's reason.
 */
export function withDeadline<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  { engine, clock, timeoutMs, signal }: DeadlineOptions,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const running = new AbortController();
    const deadline = new AbortController();
    const end = () => {
      signal.removeEventListener("abort", cancel);
      deadline.abort(over);
    };
    const stop = (reason: unknown) => {
      end();
      reject(reason);
      running.abort(reason);
    };
    const cancel = () => stop(signal.reason);
    signal.addEventListener("abort", cancel, { once: true });
    clock.sleep(timeoutMs, { signal: deadline.signal }).then(
      () => stop(tooSlowError(engine.name, timeoutMs)),
      () => {},
    );
    work(running.signal).then(resolve, reject).finally(end);
  });
}

/** Nobody sees it; made once, because an error for every call would cost more than the call. */
const over = new Error("The call is over.");
