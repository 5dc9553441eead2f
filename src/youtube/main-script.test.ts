import { describe, expect, it } from "vitest";
import { mainScript, shareOf } from "./main-script.ts";

describe("mainScript", () => {
  it.each([
    ["Привет, JavaScript", "latin"],
    ["Да нет, Java, 人", undefined],
    ["Мы изучаем язык JavaScript вместе", "cyrillic"],
    ["plain words", "latin"],
    ["日本語のテキスト", "han"],
    ["12:30 !", undefined],
    ["", undefined],
  ])("of %j is %s", (text, script) => {
    expect(mainScript(text)).toBe(script);
  });
});

describe("shareOf", () => {
  it("counts letters only", () => {
    expect(shareOf("cyrillic", "да, ab 12")).toBe(0.5);
    expect(shareOf("latin", "12!")).toBe(1);
  });
});
