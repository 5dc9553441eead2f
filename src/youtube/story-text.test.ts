import { describe, expect, it } from "vitest";
import { endsSentence, joinTexts, openSegmenter, sentencesOf, spokenIn } from "./story-text.ts";

const segment = (start: number, end: number, text: string) => ({ id: "s", start, end, text });

describe("spokenIn", () => {
  it("sorts, cleans, and leaves out what is not speech", () => {
    const spoken = spokenIn([
      segment(9, 10, "Last\nline"),
      segment(1, 2, "[Applause]"),
      segment(2, 3, "♪ la la ♪"),
      segment(3, 4, "(laughs) First"),
      segment(4, 5, "…"),
      segment(Number.NaN, 5, "Never"),
    ]);
    expect(spoken.map(({ text }) => text)).toEqual(["(laughs) First", "Last line"]);
  });
});

describe("endsSentence", () => {
  it.each(["Done.", "Done!”", "So…", "好的。", "حقا؟", "ठीक है।", "(Done.)"])(
    "is true for %s",
    (text) => {
      expect(endsSentence(text)).toBe(true);
    },
  );
  it.each(["and then,", "no mark", "", "3.5"])("is false for %j", (text) => {
    expect(endsSentence(text)).toBe(false);
  });
});

describe("joinTexts", () => {
  it("puts a space between words, and none where a script is written without", () => {
    expect(joinTexts(["One.", "Two.", "今天。", "明天。", "three"])).toBe(
      "One. Two. 今天。明天。 three",
    );
  });
});

describe("sentencesOf", () => {
  it("splits where sentences end, not after a title or an initial", () => {
    expect(sentencesOf("Dr. Smith met J. Doe. They spoke! Why?", "en")).toEqual([
      "Dr. Smith met J. Doe.",
      "They spoke!",
      "Why?",
    ]);
    expect(sentencesOf("今天。明天。", "zh")).toEqual(["今天。", "明天。"]);
  });
});

describe("openSegmenter", () => {
  it("takes what is no language tag", () => {
    expect([...openSegmenter("word", "no tag at all").segment("a b")]).toHaveLength(3);
  });
});
