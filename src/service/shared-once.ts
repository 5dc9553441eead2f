/** Work that is done once and that many may wait for. */

/**
 * Makes a function that starts `work` for the first caller and lets all others wait for the same result. A success stays, and so does
 * a failure that `isFinal`; after any other the next caller starts it anew. It ends when the last caller has gone.
 *
 * @returns waits; throws what `work` throws, or the caller's reason when that comes first.
 */
export function shareOnce(
  work: (signal: AbortSignal) => Promise<void>,
  isFinal: (error: unknown) => boolean,
): (signal: AbortSignal) => Promise<void> {
  type Run = {
    readonly done: Promise<void>;
    readonly end: AbortController;
    waiting: number;
    isOver: boolean;
  };
  let current: Run | undefined;

  function start(): Run {
    const end = new AbortController();
    const run: Run = { done: work(end.signal), end, waiting: 0, isOver: false };
    run.done.then(
      () => {
        run.isOver = true;
      },
      (error: unknown) => {
        run.isOver = true;
        if (current === run && !isFinal(error)) current = undefined;
      },
    );
    return run;
  }

  return async (signal) => {
    signal.throwIfAborted();
    current ??= start();
    const run = current;
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    run.waiting += 1;
    try {
      await Promise.race([run.done, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", abort);
      run.waiting -= 1;
      if (signal.aborted && run.waiting === 0) {
        // Nobody waits any more; what came before stays, and who comes next must not meet this end.
        if (current === run && !run.isOver) current = undefined;
        run.end.abort(signal.reason);
      }
    }
  };
}
