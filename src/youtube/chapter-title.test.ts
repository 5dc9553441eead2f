import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanChapterTitle, titleFromText } from "./chapter-title.ts";
import { countBytes } from "./limits.ts";
import { anyLanguage, anyText } from "./testing/texts.ts";

describe("titleFromText", () => {
  it.each([
    ["Okay. Let us look at monads. They compose.", "Let us look at monads"],
    ["Okay.", "Okay"],
    ["¿Por qué es azul el cielo? Veamos.", "Por qué es azul el cielo"],
    ["今日は機械学習について話します。次に。", "今日は機械学習について話します"],
    ["– Hello there, you two!", "Hello there, you two"],
    ["…", ""],
    ["", ""],
  ])("a chapter that begins %j is called %j", (text, title) => {
    expect(titleFromText(text)).toBe(title);
  });
});

describe("cleanChapterTitle", () => {
  it.each([
    ["12:30 is lunch", "12∶30 is lunch"],
    ["- 1:00 Intro", "1∶00 Intro"],
    ['He said "yes', "He said yes"],
    ['The "real" reason:', 'The "real" reason'],
    ["Cut (here", "Cut here"],
    ["All (of it)", "All (of it)"],
    ["Up by 20%", "Up by 20%"],
    ["two\nlines", "two lines"],
    [`${"word ".repeat(15)}`, "word ".repeat(12).trim()],
    ["漢".repeat(80), "漢".repeat(60)],
    ["?!", ""],
    ["👍", ""],
  ])("the title %j becomes %j", (text, title) => {
    expect(cleanChapterTitle(text)).toBe(title);
  });

  it("gives a short line without a timestamp for any text", () => {
    fc.assert(
      fc.property(anyText, anyLanguage, (text, language) => {
        for (const title of [cleanChapterTitle(text), titleFromText(text, language)]) {
          expect([...new Intl.Segmenter().segment(title)].length).toBeLessThanOrEqual(60);
          expect(countBytes(title)).toBeLessThanOrEqual(240);
          expect(title).not.toMatch(/\d:\d\d|[<>\n\r\u2028\u2029]|^\s|\s$|[.,;:!?…]$/u);
        }
      }),
    );
  });
});
