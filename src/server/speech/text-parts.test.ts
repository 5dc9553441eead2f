import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSpeakable } from "../../synthesis/speakable-text.ts";
import { textParts } from "./text-parts.ts";

const lettersOf = (text: string): string => text.match(/[\p{L}\p{N}]/gu)?.join("") ?? "";
const sentence = "This sentence has fifty characters, more or less. ";

/** Words, marks and pieces that are awkward to cut, in many scripts. */
const pieces = [
  ...[
    "word",
    "Слово",
    "λόγος",
    "كلمة",
    "מילה",
    "शब्द",
    "คำ",
    "漢字仮名交じり文",
    "한국어",
    "ﷺ",
    "é",
  ],
  ...["3.14", "1,000", "№5", "٣٤", "U.S.A.", "e.g.", "don't", "x".repeat(500), "字".repeat(450)],
  ...[
    ". ",
    "! ",
    "? ",
    "… ",
    "。",
    "！",
    "؟ ",
    "।",
    ", ",
    "，",
    "; ",
    " – ",
    " ",
    "\n\n",
    "\u00a0",
  ],
  ...[
    "...",
    "—",
    "♪",
    "😀",
    "👩‍👩‍👧",
    "🇪🇸",
    "(",
    ")",
    "«",
    "»",
    '"',
    "!!!!!!!!!!",
    "\u202e",
    "\ufeff",
    "\ud800",
  ],
];
const text = fc
  .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 300 })
  .map((all) => all.join(""))
  .filter(isSpeakable);
const language = fc.constantFrom(undefined, "en", "ja", "zh", "th", "ar", "hi", "xx-none");

describe("the parts of a text", () => {
  it("hold every letter and digit of it, in order, whatever the script", () => {
    fc.assert(
      fc.property(
        text,
        language,
        fc.constantFrom(40, 120, 400, 4000),
        (whole, tag, maxCharacters) => {
          const parts = textParts(whole, { maxCharacters, language: tag });
          expect(lettersOf(parts.map((part) => part.text).join(" "))).toBe(lettersOf(whole));
          for (const part of parts) {
            expect(part.text.length).toBeLessThanOrEqual(Math.min(400, maxCharacters));
            expect(isSpeakable(part.text)).toBe(true);
          }
        },
      ),
    );
  });

  it("are one for a short text, as it is", () => {
    for (const short of ["Hi.", " spaces ", sentence.repeat(6)]) {
      expect(textParts(short, { maxCharacters: 4000 })).toEqual([{ text: short, end: "none" }]);
    }
  });

  it("begin with a short one, of whole sentences or clauses, and end at sentences", () => {
    const parts = textParts(sentence.repeat(40), { maxCharacters: 4000 });
    expect(parts[0]?.text.length).toBeLessThanOrEqual(120);
    expect(parts.length).toBeLessThan(10);
    for (const part of parts.slice(0, -1)) expect(part.text).toMatch(/\.$/);
    expect(parts.map(({ end }) => end)).toEqual([...parts.slice(1).map(() => "sentence"), "none"]);
  });

  it("begin with a long one where nothing short can stand alone", () => {
    const [first] = textParts(`${"word ".repeat(70)}end. ${sentence}`, { maxCharacters: 4000 });
    expect(first?.text.length).toBeGreaterThan(200);
  });

  it("have nothing of what cannot be heard, however long it is", () => {
    for (const silence of [".", "♪ ", "😀", "… "]) {
      for (const length of [290, 380, 400, 1000]) {
        const marks = silence.repeat(Math.floor(length / silence.length));
        const parts = textParts(`Hello there. ${marks}`, { maxCharacters: 4000 });
        for (const part of parts) expect(isSpeakable(part.text)).toBe(true);
        expect(lettersOf(parts.map((part) => part.text).join(""))).toBe("Hellothere");
      }
    }
  });

  it("are as long as the engine takes, not longer", () => {
    for (const part of textParts(sentence.repeat(20), { maxCharacters: 60 })) {
      expect(part.text.length).toBeLessThanOrEqual(60);
    }
  });
});
