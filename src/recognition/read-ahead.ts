/** Prepares the next item of a stream while the one before is in work. */

/** The same items; one is made ahead of its reader, never more. Stops its source when the reader stops. */
export async function* readAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T, void, void> {
  const source = items[Symbol.asyncIterator]();
  let next = source.next();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = source.next();
      // It is looked at when its turn comes.
      next.catch(() => {});
      yield value;
    }
  } finally {
    await next.catch(() => {});
    await source.return?.();
  }
}
