import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Segment } from "../core/segment.ts";
import { type GroupOptions, groupSegments } from "./group.ts";

type Part = { text: string; gap?: number; length?: number; speaker?: string };

/** Segments of 2 s one after the other, unless a part says otherwise. */
function talk(...parts: (Part | string)[]): Segment[] {
  let time = 0;
  return parts.map((part, index) => {
    const {
      text,
      gap = 0.1,
      length = 2,
      speaker,
    } = typeof part === "string" ? { text: part } : part;
    const start = time + (index === 0 ? 0 : gap);
    time = start + length;
    return { id: `s${index}`, start, end: time, text, ...(speaker !== undefined && { speaker }) };
  });
}
const sentences = (segments: Segment[], more: Partial<GroupOptions> = {}): number[][] =>
  groupSegments(segments, { mode: "sentence", sentencesPerChunk: 1, ...more });

describe("groupSegments by sentence", () => {
  it.each([
    "Done.",
    "Done!",
    "Done?",
    "Done…",
    "好的。",
    "好的！",
    "好的？",
    "حقا؟",
    "ठीक है।",
    "He said “done.”",
    "(Done.)",
    "«Готово.»",
    "「はい。」",
    "и т.д.",
  ])("closes after %s", (text) => {
    expect(sentences(talk(text, "Next one."))).toEqual([[0], [1]]);
  });

  it.each([
    "I met Mr.",
    "Ask Dr.",
    "some, e.g.",
    "то есть т.е.",
    "в 1990 г.",
    "La Sra.",
    "el Sr.",
    "J.",
    "You and…",
    "он и...",
    "ella y…",
    "no mark at all",
  ])("goes on after %s", (text) => {
    expect(sentences(talk(text, "Next one."))).toEqual([[0, 1]]);
  });

  it("closes a sentence without an end at six segments", () => {
    const parts = Array.from({ length: 8 }, () => ({ text: "more words", length: 1 }));
    expect(sentences(talk(...parts))).toEqual([
      [0, 1, 2, 3, 4, 5],
      [6, 7],
    ]);
  });

  it("closes a sentence without an end before it passes 12 s", () => {
    const parts = Array.from({ length: 4 }, () => ({ text: "more words", length: 3.9, gap: 0 }));
    expect(sentences(talk(...parts))).toEqual([[0, 1, 2], [3]]);
  });

  it("does not close on a connective at the limit", () => {
    const parts = Array.from({ length: 7 }, (_, index) => ({
      text: index === 5 ? "this and" : "more words",
      length: 1,
    }));
    expect(sentences(talk(...parts))).toEqual([[0, 1, 2, 3, 4, 5, 6]]);
  });

  it("puts two sentences into a chunk by default, and as many as asked", () => {
    const segments = talk("One.", "Two.", "Three.", "Four.", "Five.");
    expect(groupSegments(segments, { mode: "sentence" })).toEqual([[0, 1], [2, 3], [4]]);
    expect(sentences(segments, { sentencesPerChunk: 3 })).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
  });

  it("never splits a sentence to fill a chunk of 20 s", () => {
    const long = (text: string): Part => ({ text, length: 5.5, gap: 0 });
    const segments = talk(long("one"), long("end."), long("two"), long("end."));
    expect(groupSegments(segments, { mode: "sentence" })).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it("closes at a pause longer than joinGap, 1.2 s by default", () => {
    expect(sentences(talk("one", { text: "two", gap: 1.1 }))).toEqual([[0, 1]]);
    expect(sentences(talk("one", { text: "two", gap: 1.3 }))).toEqual([[0], [1]]);
    expect(sentences(talk("one", { text: "two", gap: 1.1 }), { joinGap: 1 })).toEqual([[0], [1]]);
    const chunk = talk("One.", { text: "Two.", gap: 3 });
    expect(groupSegments(chunk, { mode: "sentence" })).toEqual([[0], [1]]);
  });

  it("closes when the speaker changes", () => {
    const segments = talk({ text: "one", speaker: "a" }, { text: "two", speaker: "b" });
    expect(sentences(segments)).toEqual([[0], [1]]);
    expect(groupSegments(segments, { mode: "block" })).toEqual([[0], [1]]);
  });

  it("leaves out segments without text", () => {
    expect(sentences(talk("one", { text: " ", length: 0.5 }, "two."))).toEqual([[0, 2]]);
    expect(groupSegments(talk("", "a"), { mode: "segment" })).toEqual([[1]]);
  });
});

describe("groupSegments otherwise", () => {
  it("keeps every segment alone in segment mode", () => {
    expect(groupSegments(talk("a", "b", "c"), { mode: "segment" })).toEqual([[0], [1], [2]]);
  });

  it("closes blocks at pauses only, and before 20 s", () => {
    const segments = talk("One.", "Two.", "Three.", { text: "Four.", gap: 2 });
    expect(groupSegments(segments, { mode: "block" })).toEqual([[0, 1, 2], [3]]);
    const parts = Array.from({ length: 5 }, () => ({ text: "x.", length: 6, gap: 0 }));
    expect(groupSegments(talk(...parts), { mode: "block" })).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
  });

  it("loses and repeats nothing, and keeps the bounds, whatever the text", () => {
    const part = fc.record({
      text: fc.constantFrom("word", "End.", "and", "Mr.", "好。", "", "and…"),
      gap: fc.double({ min: -0.5, max: 2, noNaN: true }),
      length: fc.double({ min: 0.6, max: 25, noNaN: true }),
      speaker: fc.constantFrom("a", "a", "a", "b"),
    });
    const mode = fc.constantFrom("segment" as const, "sentence" as const, "block" as const);
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), mode, (parts, mode) => {
        const segments = talk(...parts);
        const groups = groupSegments(segments, { mode });
        const spoken = [...segments.keys()].filter((index) => segments[index]?.text !== "");
        expect(groups.flat()).toEqual(spoken);
        for (const group of groups) {
          const members = group.map((index) => segments[index] as Segment);
          expect(new Set(members.map(({ speaker }) => speaker)).size).toBe(1);
          const span = Math.max(...members.map(({ end }) => end)) - (members[0]?.start ?? 0);
          if (group.length > 1) expect(span).toBeLessThanOrEqual(20);
          if (mode === "sentence") expect(group.length).toBeLessThanOrEqual(12);
        }
      }),
    );
  });
});
