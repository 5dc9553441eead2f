import { describe, expect, it } from "vitest";
import type { Segment } from "../core/segment.ts";
import { buildLines } from "./lines.ts";

const segment = (id: string, start: number, text: string, speaker?: string): Segment => ({
  ...{ id, start, end: start + 1, text },
  ...(speaker !== undefined && { speaker }),
});
const abc = [segment("a", 0, "Hello,"), segment("b", 1.5, " world. "), segment("c", 3, "Bye.")];

describe("buildLines", () => {
  it("joins the texts and spans the windows of a group", () => {
    expect(buildLines(abc, [[0, 1], [2]])).toEqual([
      {
        id: expect.any(String),
        segments: ["a", "b"],
        text: "Hello, world.",
        slot: { start: 0, end: 2.5 },
        windows: [
          { start: 0, end: 1 },
          { start: 1.5, end: 2.5 },
        ],
      },
      expect.objectContaining({ text: "Bye.", segments: ["c"] }),
    ]);
  });

  it.each([
    ["今天很好，", "我们走。", "今天很好，我们走。"],
    ["สวัสดี", "ครับ", "สวัสดีครับ"],
    ["안녕", "하세요", "안녕 하세요"],
    ["this\nis", "it", "this is it"],
    ["well-", "known", "well- known"],
  ])("joins %j and %j as the script is written", (left, right, text) => {
    const segments = [segment("a", 0, left), segment("b", 1, right)];
    expect(buildLines(segments, [[0, 1]])[0]?.text).toBe(text);
  });

  it("keeps a line's id when lines are put in elsewhere", () => {
    const [, before] = buildLines(abc, [[0, 1], [2]]);
    const more = [segment("x", -2, "New."), ...abc];
    expect(buildLines(more, [[0], [1, 2], [3]])[2]?.id).toBe(before?.id);
  });

  it("gives a group that is named twice two ids", () => {
    expect(new Set(buildLines(abc, [[0], [0]]).map(({ id }) => id)).size).toBe(2);
  });

  it("skips an empty group without shifting later lines", () => {
    expect(buildLines(abc, [[0], [], [2]]).map(({ slot }) => slot.start)).toEqual([0, 3]);
  });

  it("lets a segment without text add nothing", () => {
    const segments = [segment("a", 0, "One"), segment("b", 1, " \n"), segment("c", 2, "two.")];
    const [line, ...rest] = buildLines(segments, [[0, 1, 2], [1]]);
    expect(line).toMatchObject({ text: "One two.", segments: ["a", "c"] });
    expect(rest).toEqual([]);
  });

  it("carries the speaker", () => {
    expect(buildLines([segment("a", 0, "Hi", "Ann")], [[0]])[0]?.speaker).toBe("Ann");
  });

  it.each([3, -1, 0.5])("refuses index %d by its value", (index) => {
    expect(() => buildLines(abc, [[index]])).toThrow(
      expect.objectContaining({
        code: "invalid_options",
        message: expect.stringContaining(`segment ${index};`),
      }),
    );
  });
});
