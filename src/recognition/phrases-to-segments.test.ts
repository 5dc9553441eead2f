import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Word } from "../core/segment.ts";
import { textId } from "../core/text-id.ts";
import type { Phrase } from "./phrase.ts";
import { phrasesToSegments } from "./phrases-to-segments.ts";
import { splitSentences } from "./sentences.ts";
import { spreadText } from "./spread-text.ts";

/** A phrase whose words take 0.4 s and follow each other after 0.1 s, or after the pause stated. */
function phraseFrom(text: string, pauses: Readonly<Record<number, number>> = {}): Phrase {
  let time = 0;
  const words = text.split(" ").map((word, index): Word => {
    const start = time + (pauses[index] ?? 0.1);
    time = start + 0.4;
    return { text: word.replace(/[.,]/g, ""), start, end: time };
  });
  return { start: words[0]?.start ?? 0, end: time, text, words };
}
const many = (count: number): string =>
  Array.from({ length: count }, (_, one) => `w${one}`).join(" ");

describe("phrasesToSegments", () => {
  it("leaves short phrases as they are, a comma or not, and names them by their text", () => {
    const phrases = [
      { start: 0, end: 1, text: "Well," },
      { start: 1, end: 2, text: "yes." },
      { start: 3, end: 4, text: "Well," },
    ];
    const id = textId("Well,");
    expect(phrasesToSegments(phrases)).toEqual([
      { id, ...phrases[0] },
      { id: textId("yes."), ...phrases[1] },
      { id: `${id}-2`, ...phrases[2] },
    ]);
  });

  it("takes a long phrase apart where a sentence ends, at the times of its words", () => {
    const text = `${many(12)}. ${many(20)}`;
    const [first, second] = phrasesToSegments([phraseFrom(text)]);
    expect([first?.text, second?.text]).toEqual([`${many(12)}.`, many(20)]);
    expect(first?.end).toBeCloseTo(12 * 0.5, 6);
    expect(second?.start).toBeCloseTo(12 * 0.5 + 0.1, 6);
    expect([first?.words?.length, second?.words?.length]).toEqual([12, 20]);
  });

  it("else after a comma, else in the longest pause", () => {
    const commas = `${many(14)}, ${many(14)}`;
    expect(phrasesToSegments([phraseFrom(commas)]).map(({ text }) => text)[0]).toBe(`${many(14)},`);
    const [first] = phrasesToSegments([phraseFrom(many(28), { 11: 1.5 })]);
    expect(first?.words).toHaveLength(11);
  });

  it("keeps every word, in order, within the limits, without overlaps", () => {
    const text = fc
      .array(fc.constantFrom("word", "end.", "well,", "你好吗", "a", "extraordinarily", "Dr."), {
        minLength: 1,
        maxLength: 150,
      })
      .map((words) => words.join(" "));
    fc.assert(
      fc.property(text, fc.boolean(), (said, hasWords) => {
        const { words, ...plain } = phraseFrom(said);
        const segments = phrasesToSegments([hasWords && words ? { ...plain, words } : plain]);
        expect(
          segments
            .map((one) => one.text)
            .join(" ")
            .replaceAll(" ", ""),
        ).toBe(said.replaceAll(" ", ""));
        let from = plain.start;
        for (const { start, end, text: part } of segments) {
          expect(start).toBeGreaterThanOrEqual(from);
          expect(end).toBeGreaterThan(start);
          expect(end - start).toBeLessThanOrEqual(12);
          expect(part.length).toBeLessThanOrEqual(200);
          from = end;
        }
        expect(from).toBe(plain.end);
        expect(new Set(segments.map(({ id }) => id)).size).toBe(segments.length);
      }),
    );
  });
});

describe("splitSentences", () => {
  it.each([
    ["One. Two! Three?", ["One.", "Two!", "Three?"]],
    ["It is 3.5 m, says example.com. Yes.", ["It is 3.5 m, says example.com.", "Yes."]],
    ["Dr. Who and J. Smith came.", ["Dr. Who and J. Smith came."]],
    ["He said “no.” Then he left", ["He said “no.”", "Then he left"]],
    ["你好吗？我很好。真的", ["你好吗？", "我很好。", "真的"]],
    ["他说“好。”然后", ["他说“好。”", "然后"]],
    ["", []],
  ])("finds the sentences of %j", (text, sentences) => {
    expect(splitSentences(text)).toEqual(sentences);
  });
});

describe("spreadText", () => {
  it("gives each sentence its share of the speech and lets it end at a pause that is near", () => {
    const speech = [
      { start: 2, end: 6 },
      { start: 8, end: 12 },
    ];
    const part = { start: 0, end: 20 };
    expect(spreadText("Twelve chars! And a few more.", speech, part)).toEqual([
      { text: "Twelve chars!", start: 2, end: 6 },
      { text: "And a few more.", start: 8, end: 12 },
    ]);
    expect(spreadText("No marks at all", [], part)).toEqual([
      { text: "No marks at all", start: 0, end: 20 },
    ]);
  });

  it("keeps all text, in order, inside the speech, for any speech", () => {
    const gaps = fc.array(
      fc.record({ gap: fc.integer({ min: 1, max: 50 }), length: fc.integer({ min: 1, max: 90 }) }),
      { maxLength: 12 },
    );
    const texts = fc.array(
      fc.constantFrom("Yes.", "A rather long sentence it is!", "好。", "And?", "no end"),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(gaps, texts, (turns, said) => {
        let time = 0;
        const speech = turns.map(({ gap, length }) => {
          const start = time + gap / 10;
          time = start + length / 10;
          return { start, end: time };
        });
        const part = { start: 0, end: Math.max(time, 1) };
        const text = said.join(" ");
        const phrases = spreadText(text, speech, part);
        expect(
          phrases
            .map((one) => one.text)
            .join(" ")
            .replaceAll(" ", ""),
        ).toBe(text.replaceAll(" ", ""));
        let from = 0;
        for (const { start, end } of phrases) {
          expect(start).toBeGreaterThanOrEqual(from - 1e-9);
          expect(end).toBeGreaterThan(start);
          from = end;
        }
        expect(from).toBeLessThanOrEqual(part.end + 1e-9);
      }),
    );
  });
});
