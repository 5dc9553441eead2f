import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseWording } from "./choose-wording.ts";
import { characterBudgets, learnPace, speakingCharacters } from "./pace.ts";

const clips = (...paces: number[]) => paces.map((pace) => ({ characters: 40, seconds: 40 / pace }));

describe("learnPace", () => {
  it("is the median, so that one clip full of silence does not matter", () => {
    expect(learnPace(clips(12, 13, 14, 15, 1), "es")).toBeCloseTo(13);
    expect(learnPace(clips(12, 13, 14, 15, 16, 100), "es")).toBeCloseTo(14.5);
  });

  it.each([
    ["es", 15],
    ["zh-TW", 5],
    ["ja", 5],
    ["ko", 5],
  ])("of %s is %i until five clips are known", (language, usual) => {
    expect(learnPace(clips(30, 30, 30, 30), language)).toBe(usual);
    expect(learnPace(clips(30, 30, 30, 30, 30), language)).toBeCloseTo(30);
  });

  it("takes no notice of clips that are short or have no length", () => {
    const useless = [
      ...Array.from({ length: 9 }, () => ({ characters: 19, seconds: 10 })),
      ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY].map((seconds) => ({
        characters: 40,
        seconds,
      })),
    ];
    expect(learnPace([...useless, ...clips(10, 10, 10, 10)], "es")).toBe(15);
    expect(learnPace([...useless, ...clips(10, 10, 10, 10, 10)], "es")).toBeCloseTo(10);
  });
});

describe("speakingCharacters", () => {
  it.each([
    ["  a \n b ", 3],
    ["e\u0301", 1],
    ["👍", 1],
    ["", 0],
  ])("%j counts as %i characters", (text, count) => {
    expect(speakingCharacters(text)).toBe(count);
  });
});

describe("characterBudgets", () => {
  it("gives 0.8, 1 and 1.15 of the time, and never nothing", () => {
    expect(characterBudgets(4, 15)).toEqual({ short: 48, normal: 60, long: 69 });
    expect(characterBudgets(0, 15)).toEqual({ short: 2, normal: 2, long: 2 });
    expect(characterBudgets(Number.NaN, 15)).toEqual({ short: 2, normal: 2, long: 2 });
  });
});

describe("chooseWording", () => {
  const wordings = { short: "a".repeat(10), normal: "b".repeat(20), long: "c".repeat(30) };

  it.each([
    [2, "normal"],
    [2.8, "normal"],
    [3.1, "normal"],
    [3.2, "long"],
    [1.9, "short"],
    [0.5, "short"],
  ])("for %f s at 10 characters a second is %s", (seconds, which) => {
    expect(chooseWording(wordings, seconds, 10).which).toBe(which);
  });

  it("is normal where all three are the same", () => {
    const same = { short: "abc", normal: "abc", long: "abc" };
    expect(chooseWording(same, 0.01, 10).which).toBe("normal");
    expect(chooseWording(same, 100, 10).which).toBe("normal");
  });

  it("fits whenever any of the three does, and is the shortest when none does", () => {
    const text = fc.string({ minLength: 1, maxLength: 60 });
    const seconds = fc.double({ min: 0.1, max: 8, noNaN: true });
    fc.assert(
      fc.property(text, text, text, seconds, (short, normal, long, slot) => {
        const all = [short, normal, long].map((one) => speakingCharacters(one) / 15);
        const { predicted, which, text: chosen } = chooseWording({ short, normal, long }, slot, 15);
        expect(chosen).toBe({ short, normal, long }[which]);
        expect(predicted).toBe(speakingCharacters(chosen) / 15);
        if (Math.min(...all) <= slot) expect(predicted).toBeLessThanOrEqual(slot);
        else expect(predicted).toBe(Math.min(...all));
      }),
    );
  });
});
