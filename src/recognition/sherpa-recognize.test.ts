import { describe, expect, it } from "vitest";
import { quietWindows } from "./quiet-windows.ts";
import { recognizeWindows } from "./sherpa-recognize.ts";

const rate = 16_000;
/** A loud hum with silences in it. */
function hum(seconds: number, silences: readonly (readonly [number, number])[] = []): Int16Array {
  const sound = Int16Array.from({ length: seconds * rate }, (_, index) =>
    Math.round(8000 * Math.sin(index / 10)),
  );
  for (const [from, to] of silences) sound.fill(0, from * rate, to * rate);
  return sound;
}

describe("quietWindows", () => {
  it("cuts in the silences, never makes a window longer than allowed, and covers everything", () => {
    const sound = hum(75, [
      [20, 20.5],
      [43, 43.4],
      [70, 70.5],
    ]);
    const windows = quietWindows(sound, 28);
    expect(windows.map(({ from }) => from / rate)).toEqual([
      0,
      expect.closeTo(20.25, 0),
      expect.closeTo(43.2, 0),
      expect.closeTo(70.25, 0),
    ]);
    expect(windows.at(-1)?.to).toBe(sound.length);
    for (const [index, { from, to }] of windows.entries()) {
      expect(to - from).toBeLessThanOrEqual(28 * rate);
      expect(windows[index + 1]?.from ?? to).toBe(to);
    }
  });

  it("leaves a short sound whole", () => {
    expect(quietWindows(hum(28), 28)).toEqual([{ from: 0, to: 28 * rate }]);
    expect(quietWindows(new Int16Array(0), 28)).toEqual([{ from: 0, to: 0 }]);
  });
});

describe("recognizeWindows", () => {
  it("shifts what is heard in later windows, and passes over silent ones", () => {
    const heard: number[] = [];
    const result = recognizeWindows(hum(60, [[21, 60]]), 28, (samples) => {
      heard.push(samples.length);
      return {
        text: `w${heard.length}`,
        lang: "de",
        tokens: ["w", `${heard.length}`],
        timestamps: [1, 2],
      };
    });
    expect(heard).toHaveLength(1);
    expect(result).toMatchObject({
      hasTimes: true,
      language: "de",
      phrases: [{ start: 1, text: "w1" }],
    });
    const twice = recognizeWindows(hum(40, [[20, 20.5]]), 28, () => ({
      text: "a",
      tokens: ["a"],
      timestamps: [1],
    }));
    expect(twice.phrases.map(({ start }) => Math.round(start))).toEqual([1, 21]);
  });

  it("has no times when one window has none", () => {
    const answers = [{ text: "a", tokens: ["a"], timestamps: [1] }, { text: "b" }];
    const result = recognizeWindows(hum(40), 28, () => answers.shift());
    expect(result.hasTimes).toBe(false);
    expect(result.phrases.map(({ text }) => text)).toEqual(["a", "b"]);
  });

  it("gives nothing for silence, without asking", () => {
    const result = recognizeWindows(new Int16Array(10 * rate), 28, () => expect.unreachable());
    expect(result).toEqual({ phrases: [], hasTimes: true, warnings: [] });
  });
});
