import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rulesChapters, validChapters } from "./chapters.ts";
import type { Chapters } from "./contract.ts";
import { formatChapters } from "./format.ts";
import { anyStory, talkStory, tell } from "./testing/texts.ts";

/** Reads the chapters back from the text, and says what YouTube would have against them. */
function complaints({ chapters, reason }: Chapters, duration: number): string[] {
  if (chapters.length === 0) return reason?.trim() ? [] : ["none, and no reason"];
  const lines = formatChapters(chapters).split("\n");
  const times = lines.map((line) => {
    const [, time = "", title = ""] = /^((?:\d+:)?\d?\d:\d\d) (\S.*)$/u.exec(line) ?? [];
    const seconds = time.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
    return title === "" || /\d:\d\d/.test(title) ? Number.NaN : seconds;
  });
  const lengths = times.map((time, at) => (times[at + 1] ?? duration) - time);
  return [
    ...(reason === undefined ? [] : ["chapters and a reason"]),
    ...(lines[0]?.startsWith("0:00 ") ? [] : ["does not start at 0:00"]),
    ...(lines.length >= 3 ? [] : ["fewer than three"]),
    ...(lines.length <= 15 ? [] : ["more than fifteen"]),
    ...(lengths.every((length) => length >= 10) ? [] : ["one below 10 s, or not in order"]),
  ];
}

const minutes = (count: number, pause = 2.5) =>
  tell(
    Array.from({ length: count * 10 }, (_, index) =>
      index > 0 && index % 5 === 0
        ? ([pause, `Now subject number ${index / 5}.`] as const)
        : "We say a little more about it.",
    ),
  );

describe("rulesChapters", () => {
  it("names each chapter after its first sentence, at whole seconds", () => {
    const story = tell([
      [3.7, "Welcome to this talk."],
      ..."12345".split("").map((n) => `Point ${n}.`),
      [2, "The second part begins. It is short."],
      ..."12345".split("").map((n) => `Point ${n}.`),
      [2, "And a third part."],
      "Point 1.",
      "Point 2.",
    ]);
    expect(rulesChapters(story)).toEqual({
      chapters: [
        { start: 0, title: "Welcome to this talk" },
        { start: 31, title: "The second part begins" },
        { start: 59, title: "And a third part" },
      ],
    });
  });

  it.each([
    [2, 3],
    [6, 5],
    [30, 12],
    [180, 12],
  ])("makes of %d minutes about %d chapters", (length, count) => {
    const { chapters } = rulesChapters(minutes(length));
    expect(Math.abs(chapters.length - count)).toBeLessThanOrEqual(1);
  });

  it("spreads them over the video", () => {
    const story = minutes(60);
    const { chapters } = rulesChapters(story);
    const ends = [...chapters.slice(1).map(({ start }) => start), story.duration];
    const lengths = chapters.map(({ start }, at) => (ends[at] as number) - start);
    expect(Math.max(...lengths)).toBeLessThan(story.duration / 4);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(story.duration / 24 - 1);
  });

  it("prefers the longest pauses", () => {
    const talk = (count: number) => Array.from({ length: count }, () => "More of it.");
    const story = tell([
      ...talk(10),
      [2, "A short pause."],
      ...talk(3),
      [5, "The long pause."],
      ...talk(10),
      [4, "Another long one."],
      ...talk(10),
    ]);
    const titles = rulesChapters(story).chapters.map(({ title }) => title);
    expect(titles).toEqual(["More of it", "The long pause", "Another long one"]);
  });

  it("finds three where the longest pause alone would spoil it", () => {
    const at = (start: number, end: number) => ({ id: "s", start, end, text: "Something said." });
    const story = {
      segments: [at(0, 8.4), at(10, 12), at(15, 18), at(20, 28)],
      duration: 30,
      name: "x",
    };
    const { chapters } = rulesChapters(story);
    expect(chapters.map(({ start }) => start)).toEqual([0, 10, 20]);
  });

  it.each([
    ["a short video", tell(["Hello.", [9, "Bye."]]), {}, /lasts 18 s/],
    ["a video without text", { ...minutes(5), segments: [] }, {}, /no text/],
    ["a video without pauses", minutes(5, 0.4), {}, /--youtube-gap-thresh/],
    ["a threshold above all pauses", minutes(5), { gapThreshold: 10 }, /10 s or more/],
    ["no duration", { ...minutes(5), duration: Number.NaN }, {}, /lasts 0 s/],
  ])("gives none and says why for %s", (_, story, options, reason) => {
    const found = rulesChapters(story, options);
    expect(found.chapters).toEqual([]);
    expect(found.reason).toMatch(reason);
  });

  it("numbers a chapter whose text gives no title", () => {
    const story = tell([
      ..."123456".split(""),
      [3, "👍1"],
      ..."123456".split(""),
      [3, "x"],
      "y",
      "z",
    ]);
    const titles = rulesChapters(story, { source: "srt" }).chapters.map(({ title }) => title);
    expect(titles).toHaveLength(3);
    expect(titles.every((title) => title !== "")).toBe(true);
  });

  const options = fc.record({
    source: fc.constantFrom("sentences" as const, "srt" as const, "blocks" as const),
    gapThreshold: fc.constantFrom(0, 0.2, 1.5, 5),
  });

  it("gives for any story what YouTube takes, or a reason", () => {
    fc.assert(
      fc.property(anyStory(), options, (story, chosen) => {
        expect(complaints(rulesChapters(story, chosen), story.duration)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("gives for any talk what YouTube takes, and chapters where the pauses allow them", () => {
    let made = 0;
    fc.assert(
      fc.property(talkStory, options, (story, chosen) => {
        const found = rulesChapters(story, chosen);
        made += Math.sign(found.chapters.length);
        expect(complaints(found, story.duration)).toEqual([]);
      }),
    );
    expect(made).toBeGreaterThan(30);
  });

  it("takes 5,000 segments", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            id: fc.constant("s"),
            start: fc.double({ min: 0, max: 43_200, noNaN: true }),
            end: fc.double({ min: 0, max: 43_200, noNaN: true }),
            text: fc.constantFrom("Yes.", "no", "今日。", ""),
          }),
          { minLength: 4_000, maxLength: 5_000, size: "max" },
        ),
        options,
        (segments, chosen) => {
          const story = { segments, duration: 43_200, name: "long" };
          expect(complaints(rulesChapters(story, chosen), story.duration)).toEqual([]);
        },
      ),
      { numRuns: 5 },
    );
  });
});

describe("validChapters", () => {
  const chapters = (...starts: number[]) => starts.map((start) => ({ start, title: "A title" }));

  it("rounds down to whole seconds", () => {
    expect(validChapters(chapters(0.9, 10.9, 20.2), 30.5)).toEqual({
      chapters: chapters(0, 10, 20),
    });
  });

  it.each([
    ["two", chapters(0, 20), 60, /no fewer than 3/],
    ["a late first", chapters(1, 20, 40), 60, /0:00/],
    ["9 s after rounding", chapters(0, 10.9, 19.95), 60, /Chapter 2 lasts 9 s/],
    ["the wrong order", chapters(0, 40, 20), 60, /Chapter 2 lasts -20 s/],
    ["a short last one", chapters(0, 10, 50.5), 59.9, /Chapter 3 lasts 9 s/],
    ["one that is no time", chapters(0, Number.NaN, 30), 60, /Chapter 1/],
    ["a short video", chapters(0, 10, 20), 29.9, /lasts 29 s/],
    ["too many", chapters(...Array.from({ length: 16 }, (_, at) => at * 10)), 900, /15/],
    ["an empty title", [...chapters(0, 10), { start: 20, title: "" }], 60, /Chapter 3/],
    ["a title of two lines", [...chapters(0, 10), { start: 20, title: "a\nb" }], 60, /Chapter 3/],
    ["a title like a time", [...chapters(0, 10), { start: 20, title: "1:00 a" }], 60, /Chapter 3/],
  ])("refuses %s", (_, wrong, duration, reason) => {
    const found = validChapters(wrong, duration);
    expect(found.chapters).toEqual([]);
    expect(found.reason).toMatch(reason);
  });
});
