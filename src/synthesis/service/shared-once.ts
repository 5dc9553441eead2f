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
  type Run = { readonly done: Promise<void>; readonly end: AbortController; waiting: number };
  let current: Run | undefined;

  function start(): Run {
    const end = new AbortController();
    const run: Run = { done: work(end.signal), end, waiting: 0 };
    run.done.catch((error: unknown) => {
      if (current === run && !isFinal(error)) current = undefined;
    });
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
        // Nobody waits any more; a success that came before stays, for ending it then does nothing.
        run.end.abort(signal.reason);
      }
    }
  };
}
