/** The flags of speaking, timing and sound: what each changes in the plan, the mix or the report. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PlanFile, PlannedLine } from "../src/pipeline/plan-file.ts";
import { runJson } from "./support/dub.ts";
import { type FlagBench, openFlagBench } from "./support/flag-bench.ts";
import { listen, rmsDb } from "./support/listen.ts";
import { loudness } from "./support/media.ts";

let bench: FlagBench;
beforeAll(async () => {
  bench = await openFlagBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const tempos = ({ lines }: PlanFile): readonly number[] => lines.map(({ tempo }) => tempo);
const line = ({ lines }: PlanFile, index: number): PlannedLine => lines[index] as PlannedLine;
const natural = ({ speech }: PlannedLine): number => speech.end - speech.start;
const report = async (): Promise<{ loudness: { gainDb: number; target: number | string } }> =>
  JSON.parse(await readFile(bench.at("work/es/report.json"), "utf8"));

/** How much lower the background is while the first lines are spoken than where nobody speaks, dB. */
async function depth(...args: readonly string[]): Promise<number> {
  await bench.synth("--stems", ...args);
  const samples = await listen(bench.at("work/es/background.wav"));
  return rmsDb(samples, 8.6, 8.95) - rmsDb(samples, 0.6, 1.3);
}

const proofs: Readonly<Record<string, () => Promise<void>>> = {
  async "--align-mode"() {
    const texts = async (mode: string): Promise<readonly string[]> =>
      (await bench.synth("--align-mode", mode)).lines.map(
        ({ text }) => text.split(/[.!?]/)[0] ?? "",
      );
    expect(await texts("segment")).toHaveLength(4);
    expect(await texts("sentence")).toEqual(["Hola, esto es una prueba bastante larga", "Sí"]);
    expect(await texts("block")).toEqual(["Hola, esto es una prueba bastante larga"]);
  },
  async "--sentence-join-gap"() {
    expect(
      (await bench.synth("--align-mode", "block", "--sentence-join-gap", "0.5")).lines,
    ).toHaveLength(3);
  },
  async "--sentences-per-chunk"() {
    const count = async (n: string): Promise<number> =>
      (await bench.synth("--align-mode", "sentence", "--sentences-per-chunk", n)).lines.length;
    expect([await count("1"), await count("3")]).toEqual([4, 2]);
  },
  async "--strict-timing"() {
    for (const { slot, start, duration } of (await bench.synth("--strict-timing")).lines) {
      expect(start).toBe(slot.start);
      expect(duration).toBeLessThanOrEqual(slot.end - slot.start + 0.03);
    }
    expect(
      bench.planned.lines.some(({ slot, start, duration }) => start + duration > slot.end + 0.03),
    ).toBe(true);
  },
  async "--timing-tolerance-ms"() {
    const last = async (ms: string): Promise<number> =>
      line(await bench.synth("--strict-timing", "--timing-tolerance-ms", ms), 3).tempo;
    expect(await last("0")).toBeGreaterThan(1.1);
    expect(await last("1500")).toBe(1);
  },
  async "--timing-fit-mode"() {
    const short = async (mode: string): Promise<number> =>
      line(await bench.synth("--strict-timing", "--timing-fit-mode", mode), 2).tempo;
    expect(await short("pad-or-speedup")).toBe(1);
    expect(await short("stretch-both")).toBeLessThan(1);
  },
  async "--min-atempo"() {
    expect(Math.min(...tempos(bench.planned))).toBeGreaterThanOrEqual(1);
    const slowest = Math.min(...tempos(await bench.synth("--min-atempo", "0.8")));
    expect(slowest).toBeGreaterThanOrEqual(0.8);
    expect(slowest).toBeLessThan(0.95);
  },
  async "--max-atempo"() {
    expect(Math.max(...tempos(bench.planned))).toBeGreaterThan(1.05);
    const { lines } = await bench.synth("--strict-timing", "--max-atempo", "1.05");
    const { lines: usual } = await bench.synth("--strict-timing", "--max-atempo", "3");
    expect(lines.filter(({ tempo }) => tempo > 1.051).every(({ overrun }) => overrun > 0)).toBe(
      true,
    );
    expect(lines.some(({ overrun }) => overrun > 0)).toBe(true);
    expect(usual.every(({ overrun }) => overrun === 0)).toBe(true);
    const gentle = await bench.synth("--max-atempo", "1.02");
    expect(tempos(gentle)).not.toEqual(tempos(bench.planned));
  },
  async "--breath-pad-ms"() {
    const pause = async (...args: string[]): Promise<number> => {
      const plan = await bench.synth("--no-speedup", ...args);
      return line(plan, 1).start - line(plan, 0).start - line(plan, 0).duration;
    };
    // The first line leaves its slot, so that the second is pushed.
    expect(natural(line(bench.planned, 0))).toBeGreaterThan(1.3);
    expect(await pause()).toBeCloseTo(0.08, 3);
    expect(await pause("--breath-pad-ms", "250")).toBeCloseTo(0.25, 3);
  },
  async "--no-speedup"() {
    expect(new Set(tempos(await bench.synth("--no-speedup")))).toEqual(new Set([1]));
  },
  async "--background"() {
    expect(await depth("--background", "keep")).toBeCloseTo(0, 1);
    expect(await depth("--background", "duck")).toBeCloseTo(15, 0);
    await bench.synth("--background", "off", "--stems");
    expect(rmsDb(await listen(bench.at("work/es/background.wav")), 0, 9)).toBeLessThan(-90);
  },
  async "--duck-db"() {
    expect(await depth("--duck-db", "24")).toBeCloseTo(24, 0);
    expect(await depth("--duck-db", "6")).toBeCloseTo(6, 0);
  },
  async "--loudness"() {
    await bench.synth("--loudness", "-20");
    const { integrated } = await loudness(bench.at("work/es/new_audio.wav"));
    expect(Math.abs(integrated + 20)).toBeLessThan(0.5);
    await bench.synth("--loudness", "off");
    expect((await report()).loudness).toMatchObject({ gainDb: 0, target: "off" });
  },
  async "--audio-stream"() {
    // A tone of 3 kHz is steeper than one of 300 Hz.
    const steepness = async (stream: string): Promise<number> => {
      await bench.synth("--audio-stream", stream);
      const samples = await listen(bench.at("work/original.wav"));
      return samples
        .slice(1, 48_000)
        .reduce((sum, one, index) => sum + Math.abs(one - (samples[index] ?? 0)), 0);
    };
    expect(await steepness("1")).toBeGreaterThan(5 * (await steepness("0")));
  },
  async "--stems"() {
    await bench.synth("--stems", "--background", "keep");
    await bench.burn("stems.mp4", "--stems");
    const files = ["stems.speech.wav", "stems.background.wav", "work/es/new_audio.wav"];
    const [speech, background, mix] = (await Promise.all(
      files.map((name) => listen(bench.at(name))),
    )) as [...[Float32Array, Float32Array, Float32Array]];
    expect([speech.length, background.length]).toEqual([mix.length, mix.length]);
    expect(mix.length).toBe(9 * 48_000);
    const rest = mix.map((one, index) => one - (speech[index] ?? 0) - (background[index] ?? 0));
    expect(rmsDb(speech, 0, 9)).toBeGreaterThan(-40);
    expect(rmsDb(background, 0, 9)).toBeGreaterThan(-40);
    expect(rmsDb(rest, 0, 9)).toBeLessThan(-85);
    await bench.synth("--background", "keep");
    const { code, result } = await runJson([
      "burn",
      bench.at("talk.mp4"),
      ...bench.work,
      "--stems",
    ]);
    expect({ code, hint: result.error?.hint }).toEqual({
      code: 2,
      hint: expect.stringContaining("--stems"),
    });
  },
};

it.each(Object.entries(proofs))("%s does what its help says", async (_flag, proof) => {
  await proof();
});
