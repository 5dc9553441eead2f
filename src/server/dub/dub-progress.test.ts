import { describe, expect, it } from "vitest";
import { openDubProgress } from "./dub-progress.ts";

const speaking = { failed: 0, spokenSeconds: 0, inFlight: 1, limit: 2, retries: 0 };
const given = { burn: "soft", subtitles: "text.srt" } as const;

describe("the progress of a dub", () => {
  it("grows with the characters spoken, since lines differ much", () => {
    const progress = openDubProgress(given);
    progress.event({ type: "stage", stage: "prep", status: "done" });
    const before = progress.share;
    progress.event({
      ...{ type: "progress", stage: "synth", done: 1, total: 100, unit: "lines" },
      speech: { ...speaking, charactersDone: 500, charactersTotal: 1000 },
    });
    expect(progress.share - before).toBeCloseTo(0.3, 2);
  });

  it("never goes back, and is never whole by itself", () => {
    const progress = openDubProgress(given);
    progress.event({ type: "progress", stage: "burn", done: 14, total: 14, unit: "seconds" });
    const reached = progress.share;
    progress.event({ type: "progress", stage: "mix", done: 1, total: 14, unit: "seconds" });
    expect(progress.share).toBe(reached);
    progress.sound(1.2);
    expect(progress.share).toBe(0.999);
  });

  it("counts what was done before, and nothing for what only begins or goes on beside", () => {
    const progress = openDubProgress(given);
    progress.event({ type: "stage", stage: "synth", status: "started" });
    progress.event({ type: "stage", stage: "sound", status: "done" });
    expect(progress.share).toBe(0);
    progress.event({ type: "stage", stage: "synth", status: "skipped" });
    expect(progress.share).toBeCloseTo(0.62, 2);
  });

  it("leaves time for hearing and for drawing, where there is any of it", () => {
    const event = { type: "stage", stage: "synth", status: "done" } as const;
    const shares = [given, { burn: "soft" }, { ...given, burn: "hard" }].map((job) => {
      const progress = openDubProgress(job as typeof given);
      progress.event(event);
      return progress.share;
    });
    expect(shares[1]).toBeGreaterThan(shares[0] as number);
    expect(shares[2]).toBeLessThan(shares[0] as number);
  });
});
