import { describe, expect, it } from "vitest";
import { formatChapters, formatDescription, formatTags, formatTime } from "./format.ts";

describe("formatTime", () => {
  it.each([
    [0, "0:00"],
    [9.99, "0:09"],
    [600, "10:00"],
    [3599.9, "59:59"],
    [3600, "1:00:00"],
    [43_199, "11:59:59"],
  ])("writes %d s as %s", (time, text) => {
    expect(formatTime(time)).toBe(text);
  });
});

describe("formatChapters", () => {
  it("writes one line per chapter, with hours only where there are some", () => {
    const chapters = [
      { start: 0, title: "Intro" },
      { start: 3723, title: "More" },
    ];
    expect(formatChapters(chapters)).toBe("0:00 Intro\n1:02:03 More");
    expect(formatChapters([])).toBe("");
  });
});

describe("formatDescription", () => {
  it("puts one blank line between the parts that are there", () => {
    expect(formatDescription(["a", "", "b\nc"])).toBe("a\n\nb\nc");
  });
});

describe("formatTags", () => {
  it("joins with commas", () => {
    expect(formatTags(["one", "two words"])).toBe("one, two words");
  });
});
