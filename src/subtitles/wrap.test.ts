import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { widthOf } from "./line-units.ts";
import { splitCue, wrapText } from "./wrap.ts";

const bare = (text: string) => text.replace(/\s+/g, "");

/** Text people might write: words of several scripts, spaces, marks, emoji with parts. */
const prose = fc
  .array(
    fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.constantFrom(
        "hola",
        "mundo,",
        "Привет.",
        "今天天气很好。",
        "すごいですね",
        "ภาษาไทย",
        "👩‍👩‍👧",
        "é",
        " ",
      ),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(" "));

describe("wrapText", () => {
  it.each([
    ["short", "short"],
    ["", ""],
    [
      "The quick brown fox jumps over the lazy dog and runs away",
      "The quick brown fox jumps over\nthe lazy dog and runs away",
    ],
    [
      "I never said that to anyone at all, but she thought so.",
      "I never said that to anyone at all,\nbut she thought so.",
    ],
    ["今天天气很好，我们去公园散步吧，好不好？", "今天天气很好，\n我们去公园散步吧，好不好？"],
  ])("breaks %j evenly, after punctuation if it can", (text, wrapped) => {
    expect(wrapText(text)).toBe(wrapped);
  });

  it("keeps line breaks that fit, and reflows those that do not", () => {
    expect(wrapText("- Hola.\n- ¿Qué tal?")).toBe("- Hola.\n- ¿Qué tal?");
    expect(wrapText("a\nb\nc")).toBe("a b c");
  });

  it.each([
    ["Latin", "word ".repeat(30), undefined, 42],
    ["Cyrillic", "слово ".repeat(30), undefined, 39],
    ["Chinese", "天".repeat(60), undefined, 32],
    ["Japanese written in kanji", "天".repeat(60), "ja", 26],
    ["Japanese written in kana", "すごい".repeat(20), undefined, 26],
    ["Latin in a Chinese text", "word ".repeat(30), "zh", 42],
  ])("knows how long a line may be: %s", (_script, text, language, columns) => {
    const lines = wrapText(text, language === undefined ? {} : { language }).split("\n");
    const widest = Math.max(...lines.map(widthOf));
    expect(widest).toBeLessThanOrEqual(columns);
    expect(widest).toBeGreaterThan(columns * 0.6);
  });

  it("begins no line with a closing mark and ends none with an opening one", () => {
    const text = "「今日は」、（とても）いい天気ですね。「そうですね！」と言った。".repeat(4);
    for (const line of wrapText(text).split("\n")) {
      expect(line).not.toMatch(/^[、。！」）]|[「（]$/);
    }
  });

  it("cuts a word wider than a line between characters, never inside one", () => {
    const family = "👩‍👩‍👧";
    const lines = wrapText(family.repeat(30), { maxCharacters: 10 }).split("\n");
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) expect(line.replaceAll(family, "")).toBe("");
  });

  it("loses no character and keeps every line within its width", () => {
    fc.assert(
      fc.property(prose, fc.integer({ min: 2, max: 50 }), (text, maxCharacters) => {
        const wrapped = wrapText(text, { maxCharacters });
        expect(bare(wrapped)).toBe(bare(text));
        for (const line of wrapped.split("\n")) {
          expect(widthOf(line)).toBeLessThanOrEqual(2 * maxCharacters);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("splitCue", () => {
  const cue = { start: 10, end: 20, text: "", speaker: "Ana" };

  it("leaves a cue that fits as it is", () => {
    expect(splitCue({ ...cue, text: "Hola" })).toEqual([{ ...cue, text: "Hola" }]);
  });

  it("cuts at the end of a sentence where it can, and shares the time by characters", () => {
    const one = "Nobody had expected the answer to be quite so simple after all.";
    const two = "They looked at each other for a while, and then began to laugh.";
    const cues = splitCue({ ...cue, text: `${one} ${two}` });
    expect(cues.map(({ text }) => text.replace("\n", " "))).toEqual([one, two]);
    expect(cues[0]?.end).toBeCloseTo(15, 0);
    expect(cues.every(({ speaker }) => speaker === "Ana")).toBe(true);
  });

  it("gives every piece its least duration if there is time for it", () => {
    const text = `${"word ".repeat(15)}done. Yes.`;
    const [, last] = splitCue({ ...cue, end: 12, text }, { minDuration: 0.9 });
    expect(last?.text).toBe("Yes.");
    expect((last?.end ?? 0) - (last?.start ?? 0)).toBeGreaterThanOrEqual(0.9 - 1e-9);
  });

  it("loses no word, leaves no gap and no empty piece, and fits the screen", () => {
    fc.assert(
      fc.property(
        prose,
        fc.integer({ min: 2, max: 50 }),
        fc.integer({ min: 1, max: 3 }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (text, maxCharacters, maxLines, duration) => {
          const whole = { start: 5, end: 5 + duration, text };
          const cues = splitCue(whole, { maxCharacters, maxLines });
          expect(bare(cues.map((one) => one.text).join(" "))).toBe(bare(text));
          expect([cues[0]?.start, cues.at(-1)?.end]).toEqual([whole.start, whole.end]);
          for (const [index, one] of cues.entries()) {
            expect(one.end).toBeGreaterThan(one.start);
            expect(one.start).toBe(cues[index - 1]?.end ?? whole.start);
            expect(one.text.split("\n").length).toBeLessThanOrEqual(maxLines);
            if (cues.length > 1) {
              expect(bare(one.text)).not.toBe("");
              const least = Math.min(5 / 6, duration / cues.length);
              if (duration >= (5 / 6) * cues.length)
                expect(one.end - one.start).toBeGreaterThan(least - 1e-6);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("splits a long text in linear time", () => {
    for (const text of ["word ".repeat(60_000), "天".repeat(60_000), "x".repeat(300_000)]) {
      const cues = splitCue({ ...cue, text });
      expect(bare(cues.map((one) => one.text).join(""))).toBe(bare(text));
    }
  }, 20_000);
});
