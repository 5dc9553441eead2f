import { describe, expect, it } from "vitest";
import { disclosureLine, partTitle } from "./language-lines.ts";

describe("disclosureLine", () => {
  it.each([
    ["es-419", "sintética"],
    ["zh-TW", "語音"],
    ["zh", "语音"],
    ["ru", "синтезирован"],
    ["pt-BR", "sintética"],
  ])("is in the language %s", (language, word) => {
    expect(disclosureLine(language)).toContain(word);
  });

  it.each(["tlh", "no tag", "", undefined])("is English for %j", (language) => {
    expect(disclosureLine(language)).toBe("The voice in this video is synthetic.");
  });
});

describe("partTitle", () => {
  it("numbers in the language of the texts", () => {
    expect([partTitle(2), partTitle(3, "ru"), partTitle(1, "ja")]).toEqual([
      "Part 2",
      "Часть 3",
      "パート 1",
    ]);
  });
});
