import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Voice } from "../core/voice.ts";
import { chooseVoice } from "./choose-voice.ts";

const voice = (id: string, gender: Voice["gender"], ...languages: string[]): Voice => ({
  ...{ id, name: id, gender },
  languages,
});
const voices = [
  voice("en-gb", "male", "en-GB", "en"),
  voice("en-gb+f", "female", "en-GB", "en"),
  voice("en-us", "male", "en-US", "en"),
  voice("es", "male", "es"),
  voice("es+m", "male", "es"),
  voice("es+f", "female", "es"),
  voice("es+f2", "female", "es"),
  voice("es-419", "male", "es-419", "es-MX"),
  voice("pt", "male", "pt", "pt-PT"),
  voice("pt-br", "male", "pt-BR", "pt"),
  voice("yue", "male", "yue", "zh"),
  voice("cmn", "male", "zh"),
  voice("nn", "neutral", "nn"),
];

describe("chooseVoice", () => {
  it.each([
    ["es", "es"],
    ["es-MX", "es-419"],
    ["es-AR", "es"],
    ["ES", "es"],
    ["pt", "pt"],
    ["pt-BR", "pt-br"],
    ["pt-PT", "pt"],
    ["en", "en-gb"],
    ["en-US", "en-us"],
    ["en-AU", "en-gb"],
    ["zh", "cmn"],
    ["cmn", "cmn"],
    ["zh-Hans-CN", "cmn"],
    ["yue", "yue"],
    ["nn", "nn"],
  ])("speaks %s with %s", (language, id) => {
    expect(chooseVoice(voices, { language }).id).toBe(id);
  });

  it("gives neighbouring speakers different voices of both genders in turn", () => {
    const ids = [0, 1, 2, 3, 4].map((index) => chooseVoice(voices, { language: "es", index }).id);
    expect(ids).toEqual(["es", "es+f", "es+m", "es+f2", "es"]);
  });

  it("keeps to a gender where the language has it, and otherwise to the language", () => {
    expect(chooseVoice(voices, { language: "es", gender: "female" }).id).toBe("es+f");
    expect(chooseVoice(voices, { language: "es", gender: "female", index: 1 }).id).toBe("es+f2");
    expect(chooseVoice(voices, { language: "pt", gender: "female" }).id).toBe("pt");
  });

  it("never gives two neighbouring speakers one voice while there are two", () => {
    const language = fc.constantFrom("es", "en", "es-AR", "en-GB");
    fc.assert(
      fc.property(language, fc.nat(50), (tag, index) => {
        const first = chooseVoice(voices, { language: tag, index });
        expect(chooseVoice(voices, { language: tag, index: index + 1 }).id).not.toBe(first.id);
      }),
    );
  });

  it("refuses a language no voice speaks, and names near ones", () => {
    expect(() => chooseVoice(voices, { language: "et" })).toThrow(
      expect.objectContaining({
        code: "unknown_language",
        message: expect.stringContaining("Estonian"),
        hint: expect.stringContaining("es"),
      }),
    );
    expect(() => chooseVoice([], { language: "es" })).toThrow(
      expect.objectContaining({ code: "unknown_language" }),
    );
  });
});
