import { expect, it } from "vitest";
import type { DubEvent, SpeechProgress } from "../pipeline/events.ts";
import { openOutput } from "./output.ts";
import { openProgressBoard, type ProgressBoard } from "./progress.ts";
import { progressLine } from "./progress-line.ts";
import { makeTestWorld } from "./testing/test-world.ts";
import type { OutputStream } from "./world.ts";

type ProgressEvent = Extract<DubEvent, { type: "progress" }>;

const event = (done: number, total = 12): ProgressEvent => ({
  ...{ type: "progress", stage: "synth", done, total, unit: "lines" },
});
const speech: SpeechProgress = {
  ...{ failed: 0, charactersDone: 1204, charactersTotal: 3410, spokenSeconds: 80 },
  ...{ inFlight: 5, limit: 5, retries: 2, etaSeconds: 13.2, costUsd: 0.04 },
};
const clear = "\r\x1b[2K";

/** A board whose clock stands still until it is moved; what it writes to the terminal and says as lines. */
function testBoard({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }) {
  const written: string[] = [];
  const said: string[] = [];
  const stream = { isTTY, columns, write: (text: string) => written.push(text) };
  let time = 1000;
  const world = { ...makeTestWorld(), stderr: stream as unknown as OutputStream, now: () => time };
  const board: ProgressBoard = openProgressBoard(
    { ...openOutput({}, world), say: (line) => said.push(line) },
    world,
  );
  const pass = (ms: number): void => {
    time += ms;
  };
  return { board, written, said, pass };
}

it("shows stage, bar, count, rate and the time that is left", () => {
  expect(progressLine(event(3), 2)).toBe(
    `${"Speaking".padEnd(18)}${"█".repeat(6)}${"░".repeat(18)}  3/12 lines  1.5/s  6 s left`,
  );
});

it("says nothing about time before it knows a rate", () => {
  expect(progressLine(event(0), 0)).toContain("0/12 lines  0.0/s");
});

it("shows characters, calls in flight, retries, the time left and the cost while lines are spoken", () => {
  expect(progressLine({ ...event(12, 37), speech }, 3)).toContain(
    "  12/37 lines  1204/3410 characters  5/5 in flight  2 retries  14 s left  $0.0400",
  );
});

it("gives up the bar before the numbers, and never fills more than the line", () => {
  const line = progressLine({ ...event(12, 37), speech: { ...speech, retries: 0 } }, 3, 79);
  expect(line).toBe(
    "Speaking  12/37 lines  1204/3410 characters  5/5 in flight  14 s left  $0.0400",
  );
  expect(progressLine({ ...event(12, 37), speech }, 3, 40)).toHaveLength(40);
});

it("draws one moving line on a terminal", () => {
  const { board, written, pass } = testBoard({ isTTY: true });
  const progress = board.open();
  progress.show(event(1));
  pass(50);
  progress.show(event(2));
  pass(60);
  progress.show(event(3));
  progress.end();
  expect(written.join("").split(clear)).toEqual([
    "",
    expect.stringMatching(/^Speaking .*1\/12 lines/),
    expect.stringMatching(/^Speaking .*3\/12 lines/),
    "",
  ]);
});

it("shares the moving line between the jobs that run, each with its name", () => {
  const { board, written, pass } = testBoard({ isTTY: true, columns: 120 });
  const [first, second] = [board.open({ video: "a.mp4" }), board.open({ video: "b.mp4" })];
  first.show(event(1));
  pass(200);
  second.show({ ...event(5), stage: "mix", unit: "seconds" });
  expect(written.at(-1)).toMatch(/a\.mp4: Speaking.*1\/12 lines.* \| b\.mp4: Mixing.*5\/12 s/);
  expect(written.at(-1)?.length).toBeLessThanOrEqual(119 + clear.length);
  first.end();
  pass(200);
  second.show({ ...event(6), stage: "mix", unit: "seconds" });
  expect(written.at(-1)).not.toContain("a.mp4");
});

it("says plain lines elsewhere: after a tenth of the work, or ten seconds", () => {
  const { board, written, said, pass } = testBoard({ isTTY: false });
  const progress = board.open({ video: "a.mp4", to: "es" });
  progress.show({ type: "stage", stage: "synth", status: "started" });
  const steps: readonly (readonly [number, number])[] = [
    ...([[500, 30]] as const), // A lot, but at once.
    ...([[600, 31]] as const), // Said: more than a second, more than a tenth.
    ...([[2000, 35]] as const), // Less than a tenth more.
    ...([[8000, 36]] as const), // Said: ten seconds later.
  ];
  for (const [ms, done] of steps) {
    pass(ms);
    progress.show({ ...event(done, 100), speech });
  }
  expect(written).toEqual([]);
  expect(said).toEqual([
    "a.mp4 es: Speaking…",
    "a.mp4 es: Speaking: 31/100 lines, 1204/3410 characters, 5/5 in flight, 2 retries, 14 s left, $0.0400",
    expect.stringContaining("36/100 lines"),
  ]);
});

it("says who speaks, and how to choose when nobody did", () => {
  const { board, said } = testBoard({ isTTY: false });
  const progress = board.open();
  progress.show({ type: "engine", stage: "synth", engine: "embedded", isChosen: false });
  progress.show({ type: "engine", stage: "synth", engine: "openai", isChosen: true });
  expect(said).toEqual([expect.stringContaining("--tts-provider NAME"), "The voice is openai."]);
});
