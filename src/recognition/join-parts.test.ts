import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Slot, Word } from "../core/segment.ts";
import { joinParts } from "./join-parts.ts";
import type { Phrase } from "./phrase.ts";
import { hearWords } from "./testing/synthetic-sound.ts";

const wordsOf = (phrases: readonly Phrase[]): string[] =>
  phrases.flatMap(({ text }) => text.split(" "));

describe("joinParts", () => {
  it("joins parts that only follow each other as they are", () => {
    const a = { start: 1, end: 2, text: "one" };
    const b = { start: 11, end: 12, text: "two" };
    expect(joinParts([])).toEqual([]);
    expect(
      joinParts([
        { start: 0, end: 10, phrases: [a] },
        { start: 10, end: 20, phrases: [b] },
      ]),
    ).toEqual([a, b]);
  });

  it("neither loses nor doubles a word, wherever the sound is cut", () => {
    const spoken = fc.array(
      fc.record({
        text: fc.constantFrom("the", "no", "cat", "sat", "on", "mat", "yes", "extraordinary", "it"),
        pause: fc.integer({ min: 0, max: 40 }),
        length: fc.integer({ min: 8, max: 90 }),
      }),
      { minLength: 5, maxLength: 120 },
    );
    let overlaps = 0;
    fc.assert(
      fc.property(
        spoken,
        fc.integer({ min: 500, max: 2000 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (said, every, perPhrase, isInaccurate) => {
          let time = 0;
          const transcript: Word[] = said.map(({ text, pause, length }) => {
            const start = time + pause / 100;
            time = start + length / 100;
            return { text, start, end: time };
          });
          const parts: (Slot & { phrases: readonly Phrase[] })[] = [];
          for (let from = 0; from < time; from += every / 100) {
            const span = {
              start: Math.max(0, from - 1),
              end: Math.min(time, from + every / 100 + 1),
            };
            const heard = hearWords(transcript, span, perPhrase);
            // What the second of two parts hears is a little off.
            const off = isInaccurate && parts.length % 2 === 1 ? 0.07 : 0;
            const phrases = heard.phrases.map((phrase) => ({
              ...phrase,
              start: phrase.start + off,
              end: phrase.end + off,
              words: (phrase.words ?? []).map((word) => ({
                ...word,
                start: word.start + off,
                end: word.end + off,
              })),
            }));
            overlaps += parts.length > 0 ? 1 : 0;
            parts.push({ ...span, phrases: moved(phrases, span) });
          }
          expect(wordsOf(joinParts(parts))).toEqual(transcript.map(({ text }) => text));
        },
      ),
      { numRuns: 300 },
    );
    expect(overlaps).toBeGreaterThan(100);
  });

  it("goes by the text where there are no times of words", () => {
    const joined = joinParts([
      {
        start: 0,
        end: 10,
        phrases: [{ start: 1, end: 10, text: "We choose to go to the moon in this dec" }],
      },
      {
        start: 8,
        end: 20,
        phrases: [{ start: 8, end: 14, text: "moon in this decade, and do the other things." }],
      },
    ]);
    expect(joined.map(({ text }) => text).join(" ")).toBe(
      "We choose to go to the moon in this decade, and do the other things.",
    );
  });

  it("keeps the punctuation a recogniser leaves out of its words", () => {
    const words = (...all: [string, number][]) =>
      all.map(([text, start]) => ({ text, start, end: start + 0.4 }));
    const joined = joinParts([
      {
        start: 0,
        end: 10,
        phrases: [
          {
            start: 7,
            end: 10,
            text: "Well, “yes”, he said. I",
            words: words(["Well", 7], ["yes", 7.5], ["he", 8.4], ["said", 8.9], ["I", 9.6]),
          },
        ],
      },
      {
        start: 8,
        end: 20,
        phrases: [
          {
            start: 8.4,
            end: 11,
            text: "He said: I went.",
            words: words(["He", 8.4], ["said", 8.9], ["I", 9.6], ["went", 10]),
          },
        ],
      },
    ]);
    expect(joined.map(({ text }) => text).join(" ")).toBe("Well, “yes”, he said. I went.");
  });

  it("keeps each part's side of the middle where they heard different things", () => {
    const joined = joinParts([
      {
        start: 0,
        end: 10,
        phrases: [
          { start: 7, end: 8.6, text: "left" },
          { start: 9.3, end: 10, text: "gone" },
        ],
      },
      {
        start: 8,
        end: 20,
        phrases: [
          { start: 8, end: 8.7, text: "lost" },
          { start: 9.4, end: 12, text: "right" },
        ],
      },
    ]);
    expect(joined.map(({ text }) => text)).toEqual(["left", "right"]);
  });
});

function moved(phrases: readonly Phrase[], { start: origin }: Slot): Phrase[] {
  return phrases.map(({ start, end, text, words }) => ({
    ...{ start: origin + start, end: origin + end, text },
    ...(words && {
      words: words.map((word) => ({ ...word, start: origin + word.start, end: origin + word.end })),
    }),
  }));
}
