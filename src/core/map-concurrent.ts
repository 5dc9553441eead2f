/** Runs a function over many items, a fixed number at a time. */
import type { Call } from "./call.ts";

/**
 * Maps `items` through `work`, at most `limit` at once, results in the order of the items.
 *
 * After the first failure no new item is started; the call rejects with that failure when those in
 * flight have settled, so nothing goes on behind the caller's back.
 *
 * @param limit a whole number ≥ 1.
 */
export async function mapConcurrent<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
  { signal }: Call = {},
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failure: { error: unknown } | undefined;
  async function lane(): Promise<void> {
    while (next < items.length && failure === undefined) {
      const index = next++;
      try {
        signal?.throwIfAborted();
        results[index] = await work(items[index] as T, index);
      } catch (error) {
        failure ??= { error };
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failure !== undefined) throw failure.error;
  return results;
}
