import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longestFirst } from "./longest-first.ts";

const texts = fc.array(
  fc.string({ maxLength: 6 }).map((text) => ({ text })),
  { maxLength: 60 },
);

async function ordered(items: readonly { text: string }[], window: number) {
  const order: { text: string }[] = [];
  for await (const item of longestFirst(items, window)) order.push(item);
  return order;
}

describe("longestFirst", () => {
  it("sorts a list no longer than its window, equal lengths in their order", async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (items) => {
        const sorted = items.toSorted((a, b) => b.text.length - a.text.length);
        expect(await ordered(items, 60)).toEqual(sorted);
      }),
    );
  });

  it("keeps every item of a longer list, and gives the longest of those it can see", async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 10 }), async (items, window) => {
        const order = await ordered(items, window);
        expect(new Set(order)).toEqual(new Set(items));
        const ahead = items.slice(0, window);
        for (const [index, item] of order.entries()) {
          expect(item.text.length).toBe(Math.max(...ahead.map(({ text }) => text.length)));
          ahead.splice(ahead.indexOf(item), 1);
          const next = items[window + index];
          if (next !== undefined) ahead.push(next);
        }
      }),
    );
  });

  it("takes no more from its source than it looks ahead", async () => {
    let taken = 0;
    function* endless() {
      while (true) yield { text: `${taken++}` };
    }
    const stream = longestFirst(endless(), 5);
    await stream.next();
    expect(taken).toBe(5);
    await stream.return();
  });
});
