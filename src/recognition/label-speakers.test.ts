import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Segment, Word } from "../core/segment.ts";
import { labelSpeakers } from "./label-speakers.ts";

const turn = (speaker: number, start: number, end: number) => ({ speaker, start, end });
const segment = (id: string, start: number, end: number, more: Partial<Segment> = {}): Segment => ({
  ...{ id, start, end, text: `text of ${id}` },
  ...more,
});
/** Words of half a second each. */
const words = (start: number, ...texts: readonly string[]): Word[] =>
  texts.map((text, index) => ({ text, start: start + index / 2, end: start + index / 2 + 0.5 }));
const speakersOf = (...given: Parameters<typeof labelSpeakers>) =>
  labelSpeakers(...given).segments.map(({ speaker }) => speaker);

describe("labelSpeakers", () => {
  it("names speakers in the order they first say something", () => {
    const segments = [segment("a", 0, 2), segment("b", 3, 5), segment("c", 6, 8)];
    const turns = [turn(1, 0, 2), turn(0, 3, 5), turn(1, 6, 8), turn(2, 20, 21)];
    const { segments: labelled, names } = labelSpeakers(segments, turns);
    expect(labelled.map(({ speaker }) => speaker)).toEqual(["Speaker 1", "Speaker 2", "Speaker 1"]);
    expect([...names]).toEqual([
      [1, "Speaker 1"],
      [0, "Speaker 2"],
    ]);
  });

  it("gives a segment to whoever speaks most of it", () => {
    const turns = [turn(0, 0, 1), turn(1, 1, 2.4), turn(0, 2.4, 3), turn(1, 9, 10)];
    expect(speakersOf([segment("a", 0, 3)], turns)).toEqual(["Speaker 1"]);
    expect(labelSpeakers([segment("a", 0, 3)], turns).names.has(0)).toBe(true);
  });

  it("takes a turn close by where none covers a segment, and none far away", () => {
    const turns = [turn(0, 0, 1)];
    expect(speakersOf([segment("a", 1.3, 2), segment("b", 5, 6)], turns)).toEqual([
      "Speaker 1",
      undefined,
    ]);
    expect(speakersOf([segment("a", 0, 1)], [])).toEqual([undefined]);
  });

  it("splits a segment where the speaker changes, with text, words, times and stable ids", () => {
    const said = words(0, "How", "are", "you", "Fine", "thanks");
    const whole = segment("x", 0, 2.6, { text: "How are you? Fine, thanks.", words: said });
    const { segments } = labelSpeakers([whole], [turn(0, 0, 1.5), turn(1, 1.5, 2.6)]);
    expect(segments).toEqual([
      {
        ...{ id: "x", start: 0, end: 1.5, text: "How are you?" },
        words: said.slice(0, 3),
        speaker: "Speaker 1",
      },
      {
        ...{ id: "x.2", start: 1.5, end: 2.6, text: "Fine, thanks." },
        words: said.slice(3),
        speaker: "Speaker 2",
      },
    ]);
  });

  it("does not split for a change too short to be true, or where the words are not those of the text", () => {
    const said = words(0, "one", "two", "three", "four");
    const flicker = [turn(0, 0, 1), turn(1, 1.1, 1.4), turn(0, 1.4, 2)];
    const one = segment("x", 0, 2, { text: "one two three four", words: said });
    expect(labelSpeakers([one], flicker).segments).toHaveLength(1);
    const other = segment("x", 0, 2, { text: "eins zwei drei vier", words: said });
    const change = [turn(0, 0, 1), turn(1, 1, 2)];
    expect(labelSpeakers([one], change).segments).toHaveLength(2);
    expect(labelSpeakers([other], change).segments).toEqual([{ ...other, speaker: "Speaker 1" }]);
  });

  it("keeps a speaker that a person gave", () => {
    const given = segment("a", 0, 2, { speaker: "Ana" });
    expect(speakersOf([given, segment("b", 3, 4)], [turn(0, 0, 5)])).toEqual(["Ana", "Speaker 1"]);
  });

  it("loses no text, no word and no time, whatever the turns", () => {
    const turns = fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 3 }),
        fc.double({ min: 0, max: 9, noNaN: true }),
        fc.double({ min: 0.1, max: 4, noNaN: true }),
      ),
    );
    const texts = fc.array(fc.constantFrom("a", "bb", "a.", "c"), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(turns, texts, (given, said) => {
        const whole = segment("x", 0, 10, { text: said.join(" "), words: words(0, ...said) });
        const parts = labelSpeakers(
          [whole],
          given.map(([speaker, start, length]) => turn(speaker, start, start + length)),
        ).segments;
        expect(parts.map(({ text }) => text).join(" ")).toBe(whole.text);
        expect(parts.flatMap((part) => part.words ?? [])).toEqual(whole.words);
        expect(parts[0]?.start).toBe(0);
        expect(parts.at(-1)?.end).toBe(10);
        for (const [index, part] of parts.entries()) {
          expect(part.end).toBeGreaterThan(part.start);
          expect(parts[index + 1]?.start ?? part.end).toBe(part.end);
        }
        expect(new Set(parts.map(({ id }) => id)).size).toBe(parts.length);
      }),
    );
  });
});
