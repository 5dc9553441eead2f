import { describe, expect, it } from "vitest";
import {
  containerLanguage,
  isReadAs,
  isSameLanguage,
  languageName,
  parseLanguage,
} from "./language.ts";

describe("parseLanguage", () => {
  it.each([
    ["es", "es"],
    ["ES", "es"],
    ["spa", "es"],
    ["Spanish", "es"],
    ["russian", "ru"],
    ["pt_br", "pt-BR"],
    ["zh-Hans", "zh-Hans"],
    ["ger", "de"],
    ["deu", "de"],
    ["cmn", "zh"],
    ["es-419", "es-419"],
    ["haw", "haw"],
  ])("reads %s as %s", (text, tag) => {
    expect(parseLanguage(text)).toBe(tag);
  });

  it.each(["", "klingonish", "x", "qq", "12", "../es", "espanol"])(
    "takes %j for no language",
    (text) => {
      expect(() => parseLanguage(text)).toThrow(
        expect.objectContaining({ code: "unknown_language", hint: expect.any(String) }),
      );
    },
  );
});

describe("containerLanguage", () => {
  it.each([
    ["es", "spa"],
    ["ru", "rus"],
    ["pt-BR", "por"],
    ["de", "deu"],
    ["zh-Hans", "zho"],
    ["cmn", "zho"],
    ["haw", "haw"],
  ])("gives %s the track code %s", (tag, code) => {
    expect(containerLanguage(tag)).toBe(code);
  });
});

describe("isSameLanguage", () => {
  it("ignores region and script", () => {
    expect(isSameLanguage("pt-BR", "pt")).toBe(true);
    expect(isSameLanguage("zh-CN", "cmn")).toBe(true);
    expect(isSameLanguage("es", "pt")).toBe(false);
  });
});

describe("languageName", () => {
  it("names a language for people", () => {
    expect(languageName("es")).toBe("Spanish");
    expect(languageName("pt-BR")).toBe("Brazilian Portuguese");
  });
});

describe("isReadAs", () => {
  it.each([
    ["en", "en-GB", true],
    ["pt-BR", "pt-PT", true],
    ["zh-Hans", "zh-Hant", false],
    ["zh-CN", "zh-TW", false],
    ["sr", "sr-Latn", false],
    ["en", "de", false],
  ])("%s and %s: %s", (a, b, expected) => {
    expect(isReadAs(a, b)).toBe(expected);
  });
});
