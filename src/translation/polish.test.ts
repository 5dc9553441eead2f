import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Segment } from "../core/segment.ts";
import { polish } from "./polish.ts";
import { fakeAsker, linesOf, memoryInRam } from "./testing/fake-asker.ts";
import { changedWords } from "./word-distance.ts";

const segmentOf = (text: string, index: number): Segment => ({
  ...{ id: `s${index}`, start: index, end: index + 0.9, text, speaker: "Ana" },
  words: [{ text, start: index, end: index + 0.5 }],
});
const polisher = (say: (text: string) => string) =>
  fakeAsker((request) => ({
    lines: linesOf(request).map(({ n, text }) => ({ n, text: say(text) })),
  }));

async function polishOne(
  before: string,
  after: string,
  language?: string,
): Promise<string | undefined> {
  const asker = polisher(() => after);
  const options = { asker, memory: memoryInRam(), ...(language !== undefined && { language }) };
  return (await polish([segmentOf(before, 0)], options)).segments[0]?.text;
}

describe("changedWords", () => {
  it.each([
    ["hello world", "Hello, world!", 0, 2],
    ["a b c d", "a x c d", 1, 4],
    ["a b c", "a b c d e", 2, 3],
    ["今天天气好", "今天天汽好", 1, 5],
    ["", "a", 1, 0],
  ])("«%s» became «%s»: %i changed of %i words", (before, after, changed, of) => {
    expect(changedWords(before, after)).toEqual({ changed, of });
  });
});

describe("polish", () => {
  it.each([
    ["so lets meat at noon", "So let's meet at noon."],
    ["its 500 dollars", "It's 500 dollars."],
    ["wrold", "world"],
  ])("takes «%s» → «%s»", async (before, after) => {
    expect(await polishOne(before, after, "en")).toBe(after);
  });

  it.each([
    [
      "a rewrite",
      "so we went home after that",
      "Then everybody returned to their houses quite late.",
    ],
    ["a lost number", "its 500 dollars then", "It's dollars then."],
    ["a new negation", "you can do that here", "You can't do that here."],
    ["a lost negation", "you do not go there", "You do go there."],
    ["nothing", "so we went", " "],
    ["a translation", "so we went home then", "Así que nos fuimos a casa."],
  ])("keeps the segment's own text against %s", async (_, before, after) => {
    expect(await polishOne(before, after, "en")).toBe(before);
  });

  it("changes texts only, and pays once", async () => {
    const memory = memoryInRam();
    const segments = Array.from({ length: 45 }, (_, index) =>
      segmentOf(`hello ${index + 50} people`, index),
    );
    const asker = polisher((text) => `${text[0]?.toUpperCase()}${text.slice(1)}.`);
    const { segments: polished, warnings } = await polish(segments, {
      asker,
      memory,
      language: "en",
    });
    expect(polished).toEqual(
      segments.map((segment, index) => ({ ...segment, text: `Hello ${index + 50} people.` })),
    );
    expect(warnings).toEqual([]);
    expect(asker.requests).toHaveLength(3);
    await polish(segments, { asker, memory, language: "en" });
    expect(asker.requests).toHaveLength(3);
  });

  it("tells how many lines stay as they were", async () => {
    const asker = fakeAsker((request) => {
      const lines = linesOf(request);
      if (lines.some(({ text }) => text.startsWith("refuse"))) return "no";
      return {
        lines: lines.map(({ n, text }) => ({
          n,
          text: text.startsWith("bad") ? "Quite another thing is said here" : text,
        })),
      };
    });
    const segments = ["bad line it was", "refuse this", "fine"].map(segmentOf);
    const { segments: polished, warnings } = await polish(segments, {
      asker,
      memory: memoryInRam(),
    });
    expect(polished).toEqual(segments);
    expect(warnings).toEqual([
      "1 of 3 lines stay unpolished: too much was changed in them.",
      "1 of 3 lines stay unpolished: the language model gave no usable answer.",
    ]);
  });

  it("keeps ids, order, times and count, whatever the model says", async () => {
    const answers = fc.array(
      fc.oneof(fc.string(), fc.constant('{"lines":[]}'), fc.constant("fine")),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(answers, fc.nat(25), async (list, count) => {
        const segments = Array.from({ length: count }, (_, index) =>
          segmentOf(`some words ${index}`, index),
        );
        const asker = fakeAsker((request, index) => {
          const said = list[index % list.length] as string;
          if (said !== "fine") return said;
          return { lines: linesOf(request).map(({ n, text }) => ({ n, text: `${text}.` })) };
        });
        const { segments: polished } = await polish(segments, { asker, memory: memoryInRam() });
        const without = (all: readonly Segment[]) => all.map(({ text: _, ...rest }) => rest);
        expect(without(polished)).toEqual(without(segments));
        for (const [index, { text }] of polished.entries())
          expect([`some words ${index}`, `some words ${index}.`]).toContain(text);
      }),
      { numRuns: 100 },
    );
  });
});
