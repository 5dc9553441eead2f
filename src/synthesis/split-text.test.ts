import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitText } from "./split-text.ts";

const texts = (text: string, longest: number, language?: string) =>
  splitText(text, longest, language).map((part) => part.text);
const bare = (text: string) => text.replace(/\s+/g, "");

describe("splitText", () => {
  it("leaves a text that fits as it is", () => {
    expect(splitText(" Hello there. ", 14)).toEqual([{ text: " Hello there. ", end: "none" }]);
  });

  it.each<[string, string, number, string[]]>([
    [
      "ends of sentences",
      "One is here. Two, of all, is there! Three?",
      30,
      ["One is here.", "Two, of all, is there! Three?"],
    ],
    [
      "ends of sentences in Chinese",
      "今天天气很好。我们去公园散步吧。好不好？",
      12,
      ["今天天气很好。", "我们去公园散步吧。", "好不好？"],
    ],
    ["a line's end", "The first line\nThe second line", 20, ["The first line", "The second line"]],
    [
      "else of clauses",
      "It costs 1,000,000 in all, which nobody had thought, not even she",
      40,
      ["It costs 1,000,000 in all,", "which nobody had thought, not even she"],
    ],
    [
      "else of Chinese clauses",
      "今天天气很好，我们去公园，散步吧",
      9,
      ["今天天气很好，", "我们去公园，散步吧"],
    ],
    [
      "the end of a sentence before a Spanish question",
      "Hola, amigos míos. ¿Qué tal están?",
      25,
      ["Hola, amigos míos.", "¿Qué tal están?"],
    ],
    ["else at spaces", "one two three four five", 10, ["one two", "three four", "five"]],
    ["a space that does not fit any more", "one two three", 7, ["one two", "three"]],
    ["else between words of a dictionary", "今天天气很好", 3, ["今天", "天气", "很好"]],
    ["else between characters", "abcdefgh", 3, ["abc", "def", "gh"]],
    ["not inside an emoji", "a👩‍👩‍👧b👩‍👩‍👧", 9, ["a👩‍👩‍👧", "b👩‍👩‍👧"]],
    ["not between a word and its full stop", "今天天气很好。行", 6, ["今天天气", "很好。行"]],
  ])("splits at %s", (_, text, longest, parts) => {
    expect(texts(text, longest)).toEqual(parts);
  });

  it("says what a part ends with", () => {
    const text = "First of all. Then something else, which is long, and then no end of words";
    expect(splitText(text, 36).map(({ end }) => end)).toEqual(["sentence", "clause", "none"]);
  });

  it.each<[string, string, number, string[]]>([
    ["joins the part before", "One two three. ♪♪♪♪♪♪", 22, ["One two three. ♪♪♪♪♪♪"]],
    ["joins the part behind", "♪. One two three four five", 22, ["♪. One two three four", "five"]],
    ["is left out where there is no room", `Word ${"-".repeat(30)} end`, 10, ["Word", "end"]],
  ])("a part with nothing to speak %s", (_, text, longest, parts) => {
    expect(texts(text, longest)).toEqual(parts);
  });

  it("gives the engine a text with nothing to speak, so that it says so", () => {
    expect(texts("♪".repeat(50), 10)).toEqual(["♪".repeat(50)]);
  });

  it("takes a language that is none", () => {
    expect(texts("One two. Three four.", 12, "no such language!")).toEqual([
      "One two.",
      "Three four.",
    ]);
  });

  it("keeps every part within the limit, every letter in its order, and every character whole", () => {
    const unit = fc.oneof(
      fc.string({ maxLength: 15 }),
      fc.string({ unit: "grapheme", maxLength: 10 }),
      fc.constantFrom(
        "Hola. ",
        "mundo, ",
        "今天天气很好。",
        "ภาษาไทยยาวมาก",
        "👩‍👩‍👧",
        "é",
        "\n",
        "— ",
        "…",
        "\ud800",
      ),
    );
    const prose = fc.array(unit, { maxLength: 40 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(prose, fc.integer({ min: 2, max: 60 }), (text, longest) => {
        const parts = texts(text, longest);
        const isOne = parts.length === 1 && parts[0] === text;
        if (isOne) return;
        for (const part of parts) {
          expect(part.length).toBeLessThanOrEqual(longest);
          expect(part).toMatch(/[\p{L}\p{N}]/u);
          expect(part).toBe(part.trim());
        }
        const spoken = (one: string) => one.replace(/[^\p{L}\p{N}]/gu, "");
        expect(spoken(parts.join(""))).toBe(spoken(text));
        if (text.isWellFormed()) for (const part of parts) expect(part.isWellFormed()).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("does a megabyte in no time worth speaking of", () => {
    for (const text of ["word ".repeat(200_000), "天".repeat(300_000), "x".repeat(1_000_000)]) {
      expect(bare(texts(text, 4_096).join(""))).toBe(bare(text));
    }
  });
});
