import { describe, expect, it } from "vitest";
import { readTranscription } from "./openai-answer.ts";

const read = (body: unknown) => readTranscription(body, 20, "The service");
const segment = (start: number, end: number, text: string) => ({ id: 0, start, end, text });
const word = (text: string, start: number, end: number) => ({ word: text, start, end });

describe("readTranscription", () => {
  it("gives each word to the phrase its middle lies in, and one between two to the nearer one", () => {
    const { phrases } = read({
      text: "Good morning. All. Here",
      segments: [segment(0, 2, " Good morning."), segment(4, 6, " All. Here")],
      words: [
        word("Good", 0, 0.5),
        // Its end lies beyond the phrase, its middle does not.
        word("morning", 0.5, 3),
        word("All", 3.4, 3.6),
        word("Here", 6.2, 6.4),
      ],
    });
    expect(phrases.map(({ words }) => words?.map(({ text }) => text))).toEqual([
      ["Good", "morning"],
      ["All", "Here"],
    ]);
    expect(phrases[0]?.words?.[1]).toEqual({ text: "morning", start: 0.5, end: 3 });
  });

  it("says that a phrase has no words only where the service gave some to others", () => {
    const segments = [segment(0, 2, "Good"), segment(4, 6, "")];
    expect(read({ text: "Good", segments }).phrases[0]).not.toHaveProperty("words");
    const { phrases } = read({ text: "Good", segments, words: [word("Good", 0, 1)] });
    expect(phrases[1]?.words).toEqual([]);
  });

  it("passes on what the service thinks of its phrases", () => {
    const judged = { no_speech_prob: 0.9, avg_logprob: -1.5, compression_ratio: 2.7 };
    expect(read({ text: "Hm", segments: [{ ...segment(0, 1, "Hm"), ...judged }] }).phrases).toEqual(
      [{ start: 0, end: 1, text: "Hm", noSpeech: 0.9, confidence: -1.5, compression: 2.7 }],
    );
  });

  it("leaves order, overlaps, endless times and empty phrases as they are", () => {
    const times = [
      [15, 1e308],
      [3, 5],
      [4.6, 9],
      [9, 9],
      [-1, 2],
      [8, 7],
    ] as const;
    const segments = times.map(([start, end]) => segment(start, end, " x "));
    const { phrases, hasTimes } = read({ text: "x", segments });
    expect(phrases).toEqual(times.map(([start, end]) => ({ start, end, text: " x " })));
    expect(hasTimes).toBe(true);
  });

  it.each([[null], [undefined], [[]]])(
    "lets text without times take the whole part, with phrases %j",
    (segments) => {
      const body = { text: "All of it.", segments, words: null };
      const phrases = [{ start: 0, end: 20, text: "All of it." }];
      expect(read(body)).toEqual({ phrases, hasTimes: false, warnings: [] });
    },
  );

  it("hears nothing in an empty text", () => {
    expect(read({ text: " \n" })).toMatchObject({ phrases: [], hasTimes: false });
    expect(read({ text: "", segments: [] })).toMatchObject({ phrases: [], hasTimes: true });
  });

  it.each([
    ["english", "en"],
    ["Brazilian Portuguese", undefined],
    ["portuguese", "pt"],
    ["haitian creole", "ht"],
    ["greek", "el"],
    ["myanmar", "my"],
    ["pt-BR", "pt-BR"],
    ["zh", "zh"],
    [" ", undefined],
    ["klingonese", undefined],
    ["constructor", undefined],
    [null, undefined],
  ])("reads the language %j as %s", (language, code) => {
    expect(read({ text: "x", language }).language).toBe(code);
  });

  it.each([
    [undefined],
    [null],
    ["text"],
    [[]],
    [{}],
    [{ text: 7 }],
    [{ text: "x", segments: [{ text: "no times" }] }],
    [{ text: "x", segments: [{ ...segment(0, 1, "x"), end: Number.POSITIVE_INFINITY }] }],
    [{ text: "x", words: {} }],
    [{ error: { message: "no" } }],
  ])("does not take %j for a transcription", (body) => {
    expect(() => read(body)).toThrow(
      expect.objectContaining({ code: "engine_failed", retryable: true }),
    );
  });
});
