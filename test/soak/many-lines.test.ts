/** Fifty thousand lines through one scheduler: none is lost, and memory does not grow with their number. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { startFakeProcess } from "../../bench/synthesis-run.ts";
import type { SpeakerReport, SpeakerSettings } from "../../bench/synthesis-speaker.ts";
import { needs, soak } from "../support/needs.ts";

const run = promisify(execFile);
const script = join(import.meta.dirname, "../../bench/synthesis-speaker.ts");

/** A process of its own speaks them into clips on disk, 200 at once. */
async function speak(count: number): Promise<SpeakerReport> {
  await using fake = await startFakeProcess("elevenlabs", { cannedSeconds: 2 });
  const settings: SpeakerSettings = {
    ...{ service: "elevenlabs", url: fake.url, count, limit: 200, keep: "clips on disk" },
  };
  const { stdout } = await run(process.execPath, [script, JSON.stringify(settings)]);
  return JSON.parse(stdout) as SpeakerReport;
}

describe("50,000 lines", needs(soak), () => {
  it("are all spoken, in the memory of ten thousand", async () => {
    const few = await speak(10_000);
    const many = await speak(50_000);
    console.log(
      `peak of 10,000 lines ${few.peakMib.toFixed(0)} MiB, of 50,000 ${many.peakMib.toFixed(0)} MiB`,
    );
    expect([few.lost, many.lost]).toEqual([0, 0]);
    // The texts themselves are a list here, and the peak differs from run to run.
    expect(many.peakMib).toBeLessThan(few.peakMib * 1.25);
  });
});
