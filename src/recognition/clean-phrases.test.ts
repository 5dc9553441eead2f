import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanPhrases } from "./clean-phrases.ts";
import { describeDropped } from "./dropped.ts";
import type { HeardPhrase } from "./recognizer.ts";

const part = { start: 100, end: 160, speech: [{ start: 100, end: 150 }] };
const clean = (phrases: readonly HeardPhrase[], hasTimes = true) =>
  cleanPhrases({ phrases, hasTimes }, part);
const texts = (phrases: readonly HeardPhrase[], hasTimes = true): string[] =>
  clean(phrases, hasTimes).phrases.map(({ text }) => text);
/** Phrases of two seconds, one after the other. */
const inARow = (...said: readonly string[]): HeardPhrase[] =>
  said.map((text, index) => ({ start: index * 2, end: index * 2 + 1.9, text }));

describe("cleanPhrases, times", () => {
  it("sorts phrases and moves them to the media's timeline", () => {
    const { phrases } = clean([
      { start: 5, end: 6, text: " second\nline " },
      { start: 1, end: 2, text: "first" },
    ]);
    expect(phrases).toEqual([
      { start: 101, end: 102, text: "first" },
      { start: 105, end: 106, text: "second line" },
    ]);
  });

  it("ends a phrase without an end with its words, else by its length, at the latest with the next one", () => {
    const words = [{ text: "endless", start: 1, end: 1.5 }];
    const { phrases } = clean([
      { start: 1, end: Number.POSITIVE_INFINITY, text: "endless", words },
      { start: 3, end: Number.NaN, text: "a text that is far too long for what is left" },
      { start: 4, end: 2, text: "backwards" },
      { start: 48, end: 9999, text: "the last one of all" },
    ]);
    expect(phrases.map(({ start, end }) => [start, end])).toEqual([
      [101, 101.5],
      [103, 104],
      [104, expect.closeTo(104.9, 6)],
      [148, expect.closeTo(149.9, 6)],
    ]);
  });

  it("shares an overlap by halves and joins what would be left without time", () => {
    const { phrases } = clean([
      { start: 1, end: 4, text: "one" },
      { start: 3, end: 6, text: "two" },
      { start: 10, end: 11, text: "three" },
      { start: 10, end: 10.01, text: "four" },
    ]);
    expect(phrases).toEqual([
      { start: 101, end: 103.5, text: "one" },
      { start: 103.5, end: 106, text: "two" },
      { start: 110, end: 111, text: "four three" },
    ]);
  });

  it("keeps words inside their phrase, and none that lie elsewhere", () => {
    const [near, far] = clean([
      {
        start: 1,
        end: 2,
        text: "well then",
        words: [
          { text: " well", start: 0.9, end: 1.6 },
          { text: "then", start: 1.4, end: 2.3 },
        ],
      },
      { start: 5, end: 6, text: "lost", words: [{ text: "lost", start: 40, end: 41 }] },
    ]).phrases;
    expect(near?.words).toEqual([
      { text: "well", start: 101, end: expect.closeTo(101.4, 6) },
      { text: "then", start: expect.closeTo(101.4, 6), end: 102 },
    ]);
    expect(far).toEqual({ start: 105, end: 106, text: "lost" });
  });

  it("leaves out what comes twice at the same time, has no letters, or lies after the end, and says the last", () => {
    const result = clean([
      { start: 1, end: 2, text: "once" },
      { start: 1.1, end: 2.1, text: "once" },
      { start: 3, end: 4, text: "…" },
      { start: 75, end: 80, text: "ghost" },
    ]);
    expect(result.phrases.map(({ text }) => text)).toEqual(["once"]);
    expect(result.dropped).toEqual([{ why: "beyond", start: 175, text: "ghost" }]);
  });

  it("makes order of anything", () => {
    const time = fc.oneof(
      fc.double({ min: -5, max: 70, noNaN: true }),
      fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 60, 0, 1e300),
    );
    const text = fc.constantFrom(
      "hello there",
      "yes",
      "",
      " ",
      "你好吗",
      "a\nb",
      "hello there",
      "no, no.",
    );
    const word = fc.record({ text, start: time, end: time });
    const phrase = fc.record(
      { start: time, end: time, text, words: fc.array(word, { maxLength: 4 }) },
      { requiredKeys: ["start", "end", "text"] },
    );
    fc.assert(
      fc.property(fc.array(phrase, { maxLength: 12 }), fc.boolean(), (given, hasTimes) => {
        const { phrases } = cleanPhrases(
          { phrases: given, hasTimes },
          { ...part, speech: [{ start: 100, end: 160 }] },
        );
        let from = 100;
        for (const { start, end, text, words } of phrases) {
          expect(start).toBeGreaterThanOrEqual(from);
          expect(end).toBeGreaterThan(start);
          expect(text).toMatch(/^\S(.*\S)?$/u);
          from = end;
          let at = start;
          for (const one of words ?? []) {
            expect(one.start).toBeGreaterThanOrEqual(at);
            expect(one.end).toBeGreaterThanOrEqual(one.start);
            expect(one.end).toBeLessThanOrEqual(end);
            at = one.end;
          }
        }
        expect(from).toBeLessThanOrEqual(160);
        const shuffled = { phrases: [...given].reverse(), hasTimes: true };
        if (hasTimes) {
          const again = cleanPhrases(shuffled, { ...part, speech: [{ start: 100, end: 160 }] });
          expect(again.phrases.map((one) => [one.start, one.end])).toEqual(
            phrases.map((one) => [one.start, one.end]),
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("cleanPhrases, what nobody said", () => {
  it.each([
    "[Music]",
    "(applause)",
    "*laughs*",
    "♪ la la la ♪",
    "【音楽】",
    "[Music] [Applause]",
    "(soft piano music)",
  ])("leaves out %s", (text) => {
    expect(texts(inARow("Hello.", text))).toEqual(["Hello."]);
  });

  it("keeps what is said beside a note, and what only stands in brackets", () => {
    expect(texts(inARow("[inaudible] and then", "(I did not think that he would come)"))).toEqual([
      "and then",
      "(I did not think that he would come)",
    ]);
  });

  it("keeps the first of a phrase that comes again and again", () => {
    const result = clean(inARow("So.", ...Array<string>(9).fill("Thank you."), "Bye now."));
    expect(result.phrases.map(({ text }) => text)).toEqual(["So.", "Thank you.", "Bye now."]);
    expect(describeDropped(result.dropped)).toEqual([
      "Left out as a repeat of what was recognised just before: 8 phrases (at 1:44, 1:46, 1:48, …), the first “Thank you.”.",
    ]);
  });

  it("leaves out a phrase that goes round in circles", () => {
    expect(texts(inARow("Right.", "I'm sorry, ".repeat(12)))).toEqual(["Right."]);
    expect(texts(inARow("Right.", "谢谢大家".repeat(15)))).toEqual(["Right."]);
    expect(
      texts(
        inARow("Right.", "and the end of it and the end of it and the end of it and the end of it"),
      ),
    ).toEqual(["Right."]);
  });

  it("keeps what people really repeat", () => {
    const said = [
      "No, no, no!",
      "No.",
      "No.",
      "No.",
      "Very, very, very good.",
      "Row, row, row your boat, gently down the stream.",
      "Yes yes yes yes yes yes.",
      "Ask not what your country can do for you, ask what you can do for your country.",
    ];
    expect(texts(inARow(...said))).toEqual(said);
  });

  it("leaves out single words in a row when the recogniser says it was stuck", () => {
    const stuck = inARow("No.", "No.", "No.").map((one) => ({ ...one, compression: 3.1 }));
    expect(texts(stuck)).toEqual(["No."]);
  });

  it("leaves out what the recogniser takes for no speech and does not trust, not one of the two alone", () => {
    const [a, b, c] = inARow("alpha", "beta", "gamma") as [HeardPhrase, HeardPhrase, HeardPhrase];
    expect(
      texts([
        { ...a, noSpeech: 0.9, confidence: -1.4 },
        { ...b, noSpeech: 0.9, confidence: -0.3 },
        { ...c, noSpeech: 0.1, confidence: -1.4 },
      ]),
    ).toEqual(["beta", "gamma"]);
  });

  it("leaves out what was heard in silence, not what begins half a second early", () => {
    const result = clean([
      { start: 49, end: 51, text: "over the edge" },
      { start: 54, end: 56, text: "out of nothing" },
    ]);
    expect(result.phrases.map(({ text }) => text)).toEqual(["over the edge"]);
    expect(result.dropped.map(({ why }) => why)).toEqual(["silence"]);
  });

  it.each([
    "Thanks for watching!",
    "Subtitles by the Amara.org community",
    "Untertitel im Auftrag des ZDF, 2017",
    "Субтитры создавал DimaTorzok",
    "字幕由志愿者提供",
    "ご視聴ありがとうございました",
    "Sous-titrage Société Radio-Canada",
  ])("leaves out %s where hardly anybody speaks, and keeps it where somebody does", (text) => {
    expect(texts([{ start: 49.5, end: 53, text }])).toEqual([]);
    expect(texts([{ start: 40, end: 43, text }])).toEqual([text]);
    expect(texts([{ start: 40, end: 43, text, noSpeech: 0.7 }])).toEqual([]);
  });

  it("lays text without times over the speech, and loses only the sentences of a loop", () => {
    const text = "One two three. [Music] Four five six! Thank you. Thank you. Thank you. The end.";
    const result = clean([{ start: 0, end: 60, text }], false);
    expect(result.phrases.map((one) => one.text)).toEqual([
      "One two three.",
      "Four five six!",
      "Thank you.",
      "The end.",
    ]);
    expect(result.phrases[0]?.start).toBe(100);
    expect(result.phrases.at(-1)?.end).toBeCloseTo(150, 6);
  });
});
