import { expect, it } from "vitest";
import type { PlannedLine } from "./plan-file.ts";
import { spokenCues } from "./spoken.ts";

function line(start: number, duration: number, ...texts: readonly string[]): PlannedLine {
  const slot = { start, end: start + duration };
  return {
    id: String(start),
    text: texts.join(" "),
    voice: "es",
    slot,
    segments: texts.map((text) => ({ ...slot, text })),
    clip: "a.wav",
    speech: { start: 0, end: duration },
    levelDb: -20,
    start,
    duration,
    ...{ tempo: 1, early: 0, delay: 0, borrowed: 0, overrun: 0 },
  };
}

const cuesOf = (lines: readonly PlannedLine[]) => spokenCues(lines, { duration: 60 });

it("shows a line exactly while it is spoken, when that is long enough to read it", () => {
  expect(cuesOf([line(1, 2, "Hola a todos.")])).toEqual([
    { start: 1, end: 3, text: "Hola a todos." },
  ]);
});

it("shares the time of a line among its texts by their characters", () => {
  const cues = cuesOf([line(10, 4, "aaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")]);
  expect(cues.map(({ start, end }) => [start, end])).toEqual([
    [10, 11],
    [11, 14],
  ]);
});

it("lets a short line stay a moment so that it can be read, never into the next one", () => {
  const [alone] = cuesOf([line(1, 0.4, "Sí.")]);
  expect(alone?.end).toBe(2);
  const [first] = cuesOf([line(1, 0.4, "Sí."), line(1.6, 2, "No, no lo creo.")]);
  expect(first?.end).toBeCloseTo(1.52, 9);
});

it("never lets a subtitle outlive its line by more than a second", () => {
  const [cue] = cuesOf([line(1, 1, "x".repeat(42))]);
  expect(cue?.end).toBe(3);
});

it("never stays longer than the video", () => {
  const [cue] = spokenCues([line(1, 0.4, "Sí.")], { duration: 1.5 });
  expect(cue?.end).toBe(1.5);
});

it("orders the cues of speakers who take turns", () => {
  const cues = cuesOf([line(5, 2, "Dos."), line(1, 2, "Uno.")]);
  expect(cues.map(({ text }) => text)).toEqual(["Uno.", "Dos."]);
});
