/** A binary heap whose items know their place in it, so that any of them can be taken out at once. */

/** What lies in a heap; the heap alone writes `place`. */
export type Placed = { place: number };

export class Heap<T extends Placed> {
  readonly #items: T[] = [];
  readonly #isBefore: (a: T, b: T) => boolean;

  /** @param isBefore a strict order; what it depends on changes only while an item is not in the heap, or before `moved`. */
  constructor(isBefore: (a: T, b: T) => boolean) {
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    this.#rise(item, this.#items.push(item) - 1);
  }

  /** @param item lies in this heap. */
  remove(item: T): void {
    const last = this.#items.pop() as T;
    if (last !== item) this.#settle(last, item.place);
  }

  /** To be called when an item has another rank than before. */
  moved(item: T): void {
    this.#settle(item, item.place);
  }

  #settle(item: T, at: number): void {
    const parent = this.#items[(at - 1) >> 1];
    if (at > 0 && this.#isBefore(item, parent as T)) this.#rise(item, at);
    else this.#sink(item, at);
  }

  #rise(item: T, from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.#items[parent] as T;
      if (!this.#isBefore(item, above)) break;
      this.#put(above, at);
      at = parent;
    }
    this.#put(item, at);
  }

  #sink(item: T, from: number): void {
    const items = this.#items;
    let at = from;
    for (let child = 2 * at + 1; child < items.length; child = 2 * at + 1) {
      const [left, right] = [items[child] as T, items[child + 1]];
      const isRight = right !== undefined && this.#isBefore(right, left);
      const below = isRight ? right : left;
      if (!this.#isBefore(below, item)) break;
      this.#put(below, at);
      at = isRight ? child + 1 : child;
    }
    this.#put(item, at);
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    item.place = at;
  }
}
