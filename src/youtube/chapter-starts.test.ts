import { describe, expect, it } from "vitest";
import { type ChapterSource, findChapterStarts } from "./chapter-starts.ts";
import { spokenIn } from "./story-text.ts";
import { tell } from "./testing/texts.ts";

function starts(source: ChapterSource, said: Parameters<typeof tell>[0], gap = 1.5): number[] {
  return findChapterStarts(spokenIn(tell(said).segments), source, gap).map(({ index }) => index);
}

describe("findChapterStarts", () => {
  const said = ["One.", [2, "Two and"], [2, "three."], "Four.", [1, "Five."], [3, "Six."]] as const;

  it("takes sentences after a pause", () => {
    expect(starts("sentences", said)).toEqual([0, 1, 5]);
  });

  it("takes every cue after a pause", () => {
    expect(starts("srt", said)).toEqual([0, 1, 2, 5]);
  });

  it("takes blocks that follow a block of 10 s", () => {
    expect(starts("blocks", said)).toEqual([0, 2, 5]);
  });

  it("lets the threshold decide what a pause is", () => {
    expect(starts("srt", said, 0.9)).toEqual([0, 1, 2, 4, 5]);
    expect(starts("srt", said, Number.NEGATIVE_INFINITY)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("does without sentence ends where the text has no punctuation", () => {
    expect(starts("sentences", ["one", [2, "two"], "three", [2, "four"]])).toEqual([0, 1, 3]);
  });

  it("sees no pause while somebody still speaks", () => {
    const spoken = [
      { start: 0, end: 20, text: "Long." },
      { start: 1, end: 2, text: "Short." },
      { start: 10, end: 11, text: "Inside." },
      { start: 22, end: 23, text: "After." },
    ];
    expect(findChapterStarts(spoken, "srt", 1.5).map(({ index }) => index)).toEqual([0, 3]);
  });
});
