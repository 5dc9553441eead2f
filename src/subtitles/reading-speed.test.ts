import { describe, expect, it } from "vitest";
import { checkReading } from "./reading-speed.ts";

const issues = (...cues: [start: number, end: number, text: string][]) =>
  checkReading(cues.map(([start, end, text]) => ({ start, end, text }))).map(
    ({ rule, level, index }) => `${rule} ${level} ${index}`,
  );

describe("checkReading", () => {
  it.each([
    [34, 2, []],
    [36, 2, ["speed warning 0"]],
    [40, 2, ["speed warning 0"]],
    [42, 2, ["speed error 0"]],
    [5, 0.5, ["duration warning 0"]],
    [5, 0.834, []],
    [5, 7, []],
    [5, 7.1, ["duration warning 0"]],
  ])("%i characters in %d s: %j", (characters, seconds, expected) => {
    expect(issues([0, seconds, "x".repeat(characters)])).toEqual(expected);
  });

  it("counts a Chinese character as two, and a line break as nothing or a space", () => {
    expect(issues([0, 1, "天天天天\n天天天天"])).toEqual([]);
    expect(issues([0, 1, "天天天天天天天天天"])).toEqual(["speed warning 0"]);
  });

  it("wants two frames between cues", () => {
    expect(issues([0, 1, "a"], [1.084, 2, "b"])).toEqual([]);
    expect(issues([0, 1, "a"], [1.04, 2, "b"])).toEqual(["gap warning 0"]);
    const [overlap] = checkReading([
      { start: 0, end: 2, text: "a" },
      { start: 1.5, end: 3, text: "b" },
    ]);
    expect(overlap?.message).toBe("Cue 1 (at 00:00:00.000) overlaps the next one by 0.50 s.");
  });
});
