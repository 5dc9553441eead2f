/** One call to what is asked, with a deadline, and what came of it. Whether to call again is not decided here. */
import type { Clock } from "../core/clock.ts";
import type { DubberError } from "../core/error.ts";
import type { ServiceReply } from "../core/service-reply.ts";
import type { Askable } from "./contract.ts";
import { toDubberError, tooSlowError } from "./failures.ts";

/** How a try went; `cancelled` when its signal ended it, whatever else came of that. */
export type Tried<Result> = (
  | { readonly is: "ok"; readonly result: Result }
  | { readonly is: "failed"; readonly error: DubberError }
  | { readonly is: "cancelled" }
) & {
  readonly ms: number;
  /** The service's last answer; absent when it gave none. */
  readonly reply: ServiceReply | undefined;
};

export type DeadlineOptions = {
  /** Begins the error's message. */
  readonly title: string;
  readonly clock: Clock;
  /** How long it may take. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

export type OneTryOptions<Request, Result> = Omit<DeadlineOptions, "title"> & {
  readonly askable: Pick<Askable<Request, Result>, "title" | "ask">;
  /** As in a call to it. */
  readonly onReply: (reply: ServiceReply) => void;
};

/** Asks once. Never rejects, and does not wait for somebody who ignores the signal. */
export async function oneTry<Request, Result>(
  request: Request,
  { askable, clock, timeoutMs, signal, ...options }: OneTryOptions<Request, Result>,
): Promise<Tried<Result>> {
  const { title } = askable;
  const startedAt = clock.now();
  let reply: ServiceReply | undefined;
  const onReply = (one: ServiceReply) => {
    reply = one;
    options.onReply(one);
  };
  try {
    const result = await withDeadline(
      // Async: throwing instead of rejecting is a failed try as well.
      async (until) => askable.ask(request, { signal: until, onReply }),
      { title, clock, timeoutMs, signal },
    );
    return { is: "ok", result, ms: clock.now() - startedAt, reply };
  } catch (error) {
    const ms = clock.now() - startedAt;
    if (signal.aborted) return { is: "cancelled", ms, reply };
    return { is: "failed", error: toDubberError(error, title), ms, reply };
  }
}

/**
 * Whichever comes first ends it: the work, its deadline, or the signal.
 *
 * @throws what the work throws; DubberError `service_down` at the deadline; the signal's reason.
 */
export function withDeadline<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  { title, clock, timeoutMs, signal }: DeadlineOptions,
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
      () => stop(tooSlowError(title, timeoutMs)),
      () => {},
    );
    work(running.signal).then(resolve, reject).finally(end);
  });
}

/** Nobody sees it; made once, because an error for every call would cost more than the call. */
const over = new Error("The call is over.");
