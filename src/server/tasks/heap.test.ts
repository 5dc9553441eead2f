import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Heap, type Placed } from "./heap.ts";

type Item = Placed & { rank: number; readonly order: number };

const isBefore = (a: Item, b: Item): boolean =>
  a.rank !== b.rank ? a.rank < b.rank : a.order < b.order;
const item = (rank: number, order: number): Item => ({ rank, order, place: 0 });

describe("a heap", () => {
  it("gives the first of what lies in it, whatever was added, removed and moved", () => {
    const step = fc.record({
      does: fc.constantFrom("add", "remove", "move", "first"),
      rank: fc.integer({ min: 0, max: 9 }),
      at: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const heap = new Heap(isBefore);
        let inside: Item[] = [];
        for (const [order, { does, rank, at }] of steps.entries()) {
          const one = inside[at % (inside.length || 1)];
          if (does === "add") {
            inside.push(item(rank, order));
            heap.add(inside.at(-1) as Item);
          } else if (one !== undefined && does === "remove") {
            heap.remove(one);
            inside = inside.filter((other) => other !== one);
          } else if (one !== undefined && does === "move") {
            one.rank = rank;
            heap.moved(one);
          }
          const first = inside.toSorted((a, b) => (isBefore(a, b) ? -1 : 1))[0];
          expect(heap.first).toBe(first);
          expect(heap.size).toBe(inside.length);
        }
      }),
    );
  });

  it("compares about log n times for each item, also with 100,000 of them", () => {
    let compared = 0;
    const heap = new Heap<Item>((a, b) => {
      compared += 1;
      return isBefore(a, b);
    });
    const count = 100_000;
    const items = Array.from({ length: count }, (_, order) => item((order * 7919) % count, order));
    for (const one of items) heap.add(one);
    for (const one of items.slice(0, count / 2)) heap.remove(one);
    while (heap.first !== undefined) heap.remove(heap.first);
    expect(compared / count).toBeLessThan(3 * Math.log2(count));
  });
});
