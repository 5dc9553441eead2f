import { describe, expect, it } from "vitest";
import { toSegments } from "./segments.ts";

const cue = (text: string, start = 0) => ({ start, end: start + 1, text });
const ids = (...texts: string[]) => toSegments(texts.map((text) => cue(text))).map(({ id }) => id);

describe("toSegments", () => {
  it("puts the text of a cue on one line", () => {
    expect(toSegments([{ start: 1, end: 2, text: " Hola,\n  mundo \n!", speaker: "Ana" }])).toEqual(
      [
        {
          id: expect.stringMatching(/^[0-9a-f]{8}$/),
          start: 1,
          end: 2,
          text: "Hola, mundo !",
          speaker: "Ana",
        },
      ],
    );
  });

  it.each([
    ["今天天气\n很好", "今天天气很好"],
    ["すごい、\nですね", "すごい、ですね"],
    ["OK\n好", "OK 好"],
    ["안녕\n하세요", "안녕 하세요"],
    ["𠀀\n𠀁", "𠀀𠀁"],
  ])("joins lines the way the script is written: %j → %j", (text, line) => {
    expect(toSegments([cue(text)])[0]?.text).toBe(line);
  });

  it("inserting a cue renames no cue with another text", () => {
    const before = ids("a", "b", "c", "b");
    const after = ids("a", "new", "b", "c", "b");
    expect(after.filter((_, index) => index !== 1)).toEqual(before);
  });

  it("moving a cue in time or breaking its lines elsewhere does not rename it", () => {
    const [first] = toSegments([cue("one two three")]);
    const [second] = toSegments([cue("one two\nthree", 100)]);
    expect(second?.id).toBe(first?.id);
  });

  it("numbers repeats in order", () => {
    const [a, b, c, d] = ids("Yes.", "No.", "Yes.", "Yes.");
    expect([c, d]).toEqual([`${a}-2`, `${a}-3`]);
    expect(b).not.toBe(a);
  });

  it("makes no segment of a cue without text", () => {
    expect(toSegments([cue(" \n "), cue("a")])).toHaveLength(1);
  });
});
