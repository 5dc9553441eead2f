import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { named } from "../../test/support/named.ts";
import { countBytes } from "./limits.ts";
import { cleanLine, shorten, withoutTimestamps } from "./plain-text.ts";
import { anyText } from "./testing/texts.ts";

describe("cleanLine", () => {
  it.each(
    named([
      ["  two\n lines\t and\u00a0more ", "two lines and more"],
      ["a <b> -> c", "a ‹b› -› c"],
      ["half \ud83d smile \ude00", "half smile"],
      ["nul\u0000 bell\u0007", "nul bell"],
      ["\u202eright to left\u202c", "right to left"],
      ["👨‍👩‍👧 stays", "👨‍👩‍👧 stays"],
    ]),
  )("cleans the line %s", (_name, text, clean) => {
    expect(cleanLine(text)).toBe(clean);
  });

  it("gives one clean line for any text, and the same line for that", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const line = cleanLine(text);
        expect(line.isWellFormed()).toBe(true);
        expect(line).not.toMatch(/[<>\p{Cc}\u2028\u2029]|^\s|\s$|\s\s/u);
        expect(cleanLine(line)).toBe(line);
      }),
    );
  });
});

describe("withoutTimestamps", () => {
  it("leaves nothing YouTube would read as a time, and other colons alone", () => {
    expect(withoutTimestamps("at 10:30 or 1:02:03")).toBe("at 10∶30 or 1∶02∶03");
    expect(withoutTimestamps("16:9, note: 3")).toBe("16:9, note: 3");
  });
});

describe("shorten", () => {
  it.each([
    ["one two three", { units: 13 }, "one two three"],
    ["one two three", { units: 12 }, "one two"],
    ["one two three", { units: 7 }, "one two"],
    ["one two three", { units: 8 }, "one two"],
    ["incomprehensibilities", { units: 10 }, "incomprehe"],
    ["a incomprehensibilities", { units: 10 }, "a incompre"],
    ["год года", { bytes: 13 }, "год"],
    ["👨‍👩‍👧👨‍👩‍👧", { graphemes: 1 }, "👨‍👩‍👧"],
    ["😀😀", { bytes: 7 }, "😀"],
    ["今天我们学习机器学习的方法", { graphemes: 9 }, "今天我们学习机器"],
  ])("cuts %j to %j before a word: %j", (text, room, short) => {
    expect(shorten(text, room)).toBe(short);
  });

  it("cuts a character that alone is too long, for something has to stay", () => {
    const marks = `e${"\u0301".repeat(500)}`;
    expect(shorten(marks, { units: 100 })).toHaveLength(100);
  });

  it("gives a whole beginning that fits, of any text, and most of the room is used", () => {
    const room = fc.record({
      graphemes: fc.integer({ min: 1, max: 80 }),
      units: fc.integer({ min: 30, max: 100 }),
      bytes: fc.integer({ min: 30, max: 300 }),
    });
    fc.assert(
      fc.property(anyText.map(cleanLine), room, (text, { graphemes, units, bytes }) => {
        const short = shorten(text, { graphemes, units, bytes });
        const count = [...new Intl.Segmenter().segment(short)].length;
        expect(text.startsWith(short)).toBe(true);
        expect(short.isWellFormed()).toBe(true);
        expect(short.length).toBeLessThanOrEqual(units);
        expect(countBytes(short)).toBeLessThanOrEqual(bytes);
        expect(count).toBeLessThanOrEqual(graphemes);
        if (text !== "") expect(short).not.toBe("");
      }),
    );
  });
});
