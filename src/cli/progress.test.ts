import { expect, it } from "vitest";
import type { DubEvent } from "../pipeline/events.ts";
import { openOutput } from "./output.ts";
import { openProgress, progressLine } from "./progress.ts";

const event = (done: number): Extract<DubEvent, { type: "progress" }> => ({
  type: "progress",
  stage: "synth",
  done,
  total: 12,
  unit: "lines",
});

it("shows stage, bar, count, rate and the time that is left", () => {
  expect(progressLine(event(3), 2)).toBe(
    `${"Speaking".padEnd(18)}${"█".repeat(6)}${"░".repeat(18)}  3/12 lines  1.5/s  6 s left`,
  );
});

it("says nothing about time before it knows a rate", () => {
  expect(progressLine(event(0), 0)).toContain("0/12 lines  0.0/s");
});

it("draws one moving line on a terminal and none in a pipe", () => {
  const drawn = (isTTY: boolean): string => {
    const written: string[] = [];
    const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) };
    let clock = 1000;
    const progress = openProgress(
      openOutput({}),
      stream as unknown as NodeJS.WriteStream,
      () => (clock += 200),
    );
    progress.show(event(1));
    progress.show(event(2));
    progress.end();
    return written.join("");
  };
  const clear = "\r\x1b[2K";
  expect(drawn(true).split(clear)).toEqual([
    "",
    expect.stringMatching(/^Speaking .*1\/12 lines/),
    expect.stringMatching(/^Speaking .*2\/12 lines/),
    "",
  ]);

  expect(drawn(false)).toBe("");
});
