/** Puts the longest text first, so that no long one is left alone at the end, without holding the whole stream. */

/**
 * Yields the items, always the longest of the next `window` first; equal lengths keep their order.
 *
 * @param window how many are looked at ahead, a whole number ≥ 1; a list no longer than that comes out sorted.
 */
export async function* longestFirst<T extends { readonly text: string }>(
  items: Iterable<T> | AsyncIterable<T>,
  window: number,
): AsyncGenerator<T, void, void> {
  // The longest stands last, where it is cheap to take.
  const ahead: T[] = [];
  for await (const item of items) {
    ahead.splice(placeOf(ahead, item.text.length), 0, item);
    if (ahead.length >= window) yield ahead.pop() as T;
  }
  while (ahead.length > 0) yield ahead.pop() as T;
}

/** Where a text of this length goes: before all that are as long, since those came earlier. */
function placeOf(sorted: readonly { readonly text: string }[], length: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.text.length ?? 0) < length) low = middle + 1;
    else high = middle;
  }
  return low;
}
