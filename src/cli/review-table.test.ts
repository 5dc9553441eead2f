import fc from "fast-check";
import { expect, it } from "vitest";
import type { ReviewRow } from "../pipeline/review.ts";
import { widthOf } from "../subtitles/line-units.ts";
import { reviewTable } from "./review-table.ts";

const row = (changes: Partial<ReviewRow> = {}): ReviewRow => ({
  ...{ id: "a", start: 1, end: 3, text: "Hola a todos.", source: "Hello, everybody." },
  ...{ charactersPerSecond: 6.5, fit: 0.4, status: "as prepared" },
  ...changes,
});

it("shows time, source, translation, speed and fit of each line", () => {
  const [head, first] = reviewTable([row()], 100).split("\n");
  expect(head?.split(/ {2,}/)).toEqual(["", "time", "source", "translation", "c/s", "fit"]);
  expect(first?.split(/ {2,}/)).toEqual([
    ...["", "00:01.0", "Hello, everybody.", "Hola a todos.", "6.5", "0.40"],
  ]);
});

it("has no column for a source that nobody knows, and hours only in long videos", () => {
  const { source: _none, ...plain } = row({ start: 3725.25, end: 3730 });
  const [head, first] = reviewTable([plain], 80).split("\n");
  expect(head).not.toContain("source");
  expect(first).toMatch(/^ {2}1:02:05\.3 {2}Hola/);
});

it.each<[string, Partial<ReviewRow>, RegExp]>([
  ["17 characters a second are not marked", { charactersPerSecond: 17 }, / 17\.0 /],
  ["17.1 characters a second are marked !", { charactersPerSecond: 17.1 }, / 17\.1! /],
  ["20.1 characters a second are marked !!", { charactersPerSecond: 20.1 }, / 20\.1!! /],
  ["a fit of 1.2 is not marked", { fit: 1.2 }, / 1\.20$/],
  ["a fit of 1.21 is marked !", { fit: 1.21 }, / 1\.21!$/],
  ["an edited line is marked ~", { status: "edited" }, /^~ /],
  ["a new line is marked +", { status: "new" }, /^\+ /],
  [
    "a line without translation is marked ?",
    { status: "not translated", text: "[?] Hello" },
    /^\? .*\[\?\] Hello$/,
  ],
])("%s", (_rule, changes, expected) => {
  expect(reviewTable([row(changes)], 100).split("\n")[1]).toMatch(expected);
});

const texts = fc.oneof(
  fc.lorem({ maxCount: 30 }),
  fc.string({ unit: fc.constantFrom(..."你好世界，。ab ") }),
);

it("fits the terminal, and loses no character of a text", () => {
  const given = fc.record({
    source: texts,
    text: texts,
    columns: fc.integer({ min: 60, max: 200 }),
  });
  fc.assert(
    fc.property(given, ({ source, text, columns }) => {
      const lines = reviewTable([row({ source, text })], columns)
        .split("\n")
        .slice(1);
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(columns);
      const letters = (one: string): string => [...one.replace(/[\s\d.:!]/g, "")].sort().join("");
      expect(letters(lines.join(""))).toBe(letters(source + text));
    }),
  );
});
