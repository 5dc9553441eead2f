/** Cuts a list into batches small enough for one question. Pure. */

export type BatchLimits = {
  /** Items in a batch, ≥ 1. */
  readonly items: number;
  /** Sum of their sizes; an item that is larger by itself is a batch of its own. */
  readonly size: number;
};

/** @returns all items, in their order, in as few batches as the limits allow when filled one after the other; none is empty. */
export function cutIntoBatches<Item>(
  items: readonly Item[],
  limits: BatchLimits,
  sizeOf: (item: Item) => number,
): readonly (readonly Item[])[] {
  const batches: Item[][] = [];
  let size = 0;
  for (const item of items) {
    const own = sizeOf(item);
    const last = batches.at(-1);
    if (last === undefined || last.length >= limits.items || size + own > limits.size) {
      batches.push([item]);
      size = own;
    } else {
      last.push(item);
      size += own;
    }
  }
  return batches;
}

/** The two halves of two items or more, the first one larger where they cannot be equal. */
export function halves<Item>(items: readonly Item[]): [readonly Item[], readonly Item[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
