import { describe, expect, it } from "vitest";
import { readResult } from "./sherpa-result.ts";

const window = { start: 10, end: 20 };
const read = (json: object) => readResult(json, window);

describe("readResult", () => {
  it("puts pieces together to words, and words to sentences, in the part's own time", () => {
    const { phrases, hasTimes, language } = read({
      text: " Hello world. How are you",
      lang: "en",
      tokens: [" Hel", "lo", " world", ".", " How", " are", " you"],
      timestamps: [0.5, 0.7, 1, 1.3, 2, 2.2, 2.4],
      durations: [0.2, 0.2, 0.3, 0.1, 0.2, 0.2, 0.3],
      ys_log_probs: [-0.1, -0.3],
    });
    expect({ hasTimes, language }).toEqual({ hasTimes: true, language: "en" });
    expect(phrases).toMatchObject([
      { start: 10.5, end: 11.4, text: "Hello world.", confidence: -0.2 },
      { start: 12, end: 12.7, text: "How are you" },
    ]);
    expect(phrases[0]?.words).toEqual([
      { text: "Hello", start: 10.5, end: 10.9 },
      { text: "world.", start: 11, end: 11.4 },
    ]);
  });

  it("reads SenseVoice: a word for each Chinese character, a language in marks, no durations", () => {
    const { phrases, language } = read({
      text: "希望。好yes",
      lang: "<|zh|>",
      event: "<|Speech|>",
      tokens: ["希", "望", "。", "好", "yes"],
      timestamps: [1, 1.2, 1.4, 3, 3.3],
    });
    expect(language).toBe("zh");
    expect(phrases.map(({ text }) => text)).toEqual(["希望。", "好yes"]);
    expect(phrases[0]?.words?.map(({ text }) => text)).toEqual(["希", "望。"]);
    expect(phrases[1]?.end).toBeCloseTo(13.7, 9);
  });

  it("begins a phrase after a long pause", () => {
    const { phrases } = read({
      text: "one two",
      tokens: ["▁one", "▁two"],
      timestamps: [1, 4],
    });
    expect(phrases.map(({ start, text }) => [start, text])).toEqual([
      [11, "one"],
      [14, "two"],
    ]);
  });

  it("takes Whisper's segments as phrases, inside the window, empty ones left out", () => {
    const { phrases, hasTimes } = read({
      text: " So, my fellow Americans, ask.",
      lang: "en",
      tokens: [" So", ",", " my"],
      timestamps: [],
      segment_timestamps: [0, 2, 8],
      segment_durations: [2, 0, 5],
      segment_texts: [" So, my fellow Americans,", " ", " ask."],
    });
    expect(hasTimes).toBe(true);
    expect(phrases).toEqual([
      { start: 10, end: 12, text: "So, my fellow Americans," },
      { start: 18, end: 20, text: "ask." },
    ]);
  });

  it("gives Whisper's segments their words, where the model was made for it", () => {
    const { phrases } = read({
      text: " Yes we can",
      tokens: [" Yes", " we", " can"],
      timestamps: [0.2, 2.1, 2.4],
      segment_timestamps: [0, 2],
      segment_durations: [2, 1],
      segment_texts: [" Yes", " we can"],
    });
    expect(phrases.map(({ words }) => words?.map(({ text }) => text))).toEqual([
      ["Yes"],
      ["we", "can"],
    ]);
  });

  it("says that there are no times where a model gives none, or gives ones that fit nothing", () => {
    const whole = [{ start: 10, end: 20, text: "Some text." }];
    const text = " Some text.";
    const untimed = { hasTimes: false, phrases: whole };
    expect(read({ text })).toEqual(untimed);
    expect(read({ text, tokens: [" Some", " text."], timestamps: [1] })).toEqual(untimed);
    expect(read({ text, tokens: [" Other", " text."], timestamps: [1, 2] })).toEqual(untimed);
    const half = { text: "\uFFFD\uFFFD", tokens: ["\uFFFD", "\uFFFD"], timestamps: [1, 2] };
    expect(read(half).hasTimes).toBe(false);
  });

  it("keeps times inside the window", () => {
    const { phrases } = read({ text: "a b", tokens: [" a", " b"], timestamps: [-3, 40] });
    expect(phrases.at(0)?.start).toBe(10);
    expect(phrases.at(-1)?.end).toBe(20);
  });

  it("hears nothing in an empty text", () => {
    expect(read({ text: " ", lang: "en" })).toEqual({
      phrases: [],
      hasTimes: true,
      language: "en",
    });
    expect(read({ text: "", lang: "<|nospeech|>" }).language).toBeUndefined();
  });

  it.each([null, "text", { text: 3 }, { text: "a", tokens: [1] }])("refuses %j", (json) => {
    expect(() => readResult(json, window)).toThrow(/cannot be read/);
  });
});
