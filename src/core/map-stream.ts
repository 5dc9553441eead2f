/** Runs a function over a stream of items, a fixed number at a time, and hands on results as they come. */
import type { Call } from "./call.ts";

/**
 * Maps `items` through `work`, at most `limit` at once, results in the order they are ready. An item is pulled only when there
 * is room for it, and results wait for their reader, so nothing piles up however long the stream is.
 *
 * After the first failure, or when the reader stops, calls in flight are aborted and nothing new is started; the
 * failure is thrown when all of them have settled.
 *
 * @param limit a whole number ≥ 1.
 * @param work gets a signal that ends with the stream.
 */
export async function* mapStream<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (item: T, call: Required<Call>) => Promise<R>,
  { signal }: Call = {},
): AsyncGenerator<R, void, void> {
  signal?.throwIfAborted();
  const source = inTurn(items);
  const ending = new AbortController();
  const abort = (): void => ending.abort(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const ready: R[] = [];
  const full: (() => void)[] = [];
  let failure: { readonly error: unknown } | undefined;
  let running = limit;
  let wakeReader: () => void = () => {};

  async function lane(): Promise<void> {
    try {
      while (!ending.signal.aborted) {
        const next = await source.next();
        if (next.done === true || ending.signal.aborted) break;
        ready.push(await work(next.value, { signal: ending.signal }));
        wakeReader();
        while (ready.length > limit && !ending.signal.aborted) {
          await new Promise<void>((resolve) => full.push(resolve));
        }
      }
      // Stopped from outside while no call was in flight to say so.
      signal?.throwIfAborted();
    } catch (error) {
      failure ??= { error };
      ending.abort(error);
    } finally {
      running -= 1;
      wakeReader();
    }
  }

  const lanes = Array.from({ length: limit }, lane);
  try {
    while (failure === undefined) {
      if (ready.length > 0) {
        yield ready.shift() as R;
        for (const wake of full.splice(0)) wake();
      } else if (running === 0) break;
      else await new Promise<void>((resolve) => (wakeReader = resolve));
    }
  } finally {
    ending.abort();
    for (const wake of full.splice(0)) wake();
    await Promise.all(lanes);
    signal?.removeEventListener("abort", abort);
    await source.return(undefined);
  }
  if (failure !== undefined) throw failure.error;
}

/** Async generators queue their callers; plain iterators and others need not. */
async function* inTurn<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, void> {
  yield* items;
}
