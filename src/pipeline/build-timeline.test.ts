import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readMono, writeMono } from "../audio/mono-clip.ts";
import { buildTimelineSentences, buildTimelineWav, type SynthFunction } from "./build-timeline.ts";

let folder: string;
/** Every text that was asked for, in order. */
let asked: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-"));
  asked = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sampleRate = 24_000;

/** Speaks a tone of 0.1 s for each character of the text. */
const speakTone: SynthFunction = async (texts, outputPaths) => {
  asked.push(...texts);
  for (const [index, text] of texts.entries()) {
    const samples = Float32Array.from(
      { length: text.length * 2400 },
      (_, i) => 0.3 * Math.sin(i * 0.1),
    );
    await writeMono(outputPaths[index] as string, samples, sampleRate);
  }
  return outputPaths;
};

const segments = [
  { start: 0.5, end: 1.5, text: "0123456789" },
  { start: 2, end: 3, text: "01234" },
  { start: 4, end: 5, text: "0123456789" },
];
const base = () => ({
  segments,
  tmpDir: join(folder, "tmp"),
  voiceTag: "main",
  synthFunc: speakTone,
});

/** RMS of a stretch of a finished track. */
async function level(path: string, start: number, end: number): Promise<number> {
  const { samples } = await readMono(path);
  const part = samples.subarray(Math.round(start * sampleRate), Math.round(end * sampleRate));
  return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
}

describe("buildTimelineWav", () => {
  it("places every clip at its segment's start, exactly as long as the segments", async () => {
    const timeline = await buildTimelineWav(base());
    expect(timeline).toMatchObject({ duration: 5, sampleRate, missing: [] });
    expect(timeline.placements.map(({ start, tempo }) => [start, tempo])).toEqual([
      [0.5, 1],
      [2, 1],
      [4, 1],
    ]);
    const path = join(folder, "track.wav");
    await timeline.writeWav(path);
    const { samples } = await readMono(path);
    expect(samples.length).toBe(5 * sampleRate);
    expect(await level(path, 0, 0.49)).toBe(0);
    expect(await level(path, 0.6, 1.4)).toBeGreaterThan(0.15);
    expect(await level(path, 2.6, 3.9)).toBe(0);
  });

  it("makes 40 s exactly 40 s", async () => {
    const timeline = await buildTimelineWav({
      ...base(),
      segments: [{ start: 39, end: 40, text: "0123" }],
    });
    const path = join(folder, "track.wav");
    await timeline.writeWav(path);
    expect((await readMono(path)).samples.length).toBe(40 * sampleRate);
  });

  it("streams the same samples that it writes, a block at a time", async () => {
    const timeline = await buildTimelineWav(base());
    const path = join(folder, "track.wav");
    await timeline.writeWav(path);
    const { samples } = await readMono(path);
    let at = 0;
    let differences = 0;
    for await (const block of timeline.pcm()) {
      expect(block.length).toBeLessThanOrEqual(65_536);
      for (const value of block)
        if (value !== Math.round((samples[at++] as number) * 32_768)) differences++;
    }
    expect({ at, differences }).toEqual({ at: samples.length, differences: 0 });
    expect((await readdir(join(folder, "tmp"))).filter((name) => name.startsWith(".tmp-"))).toEqual(
      [],
    );
  });

  it("renders twice at once in one folder", async () => {
    const timeline = await buildTimelineWav(base());
    const other = await buildTimelineWav({
      ...base(),
      segments: segments.slice(0, 1),
      voiceTag: "b",
    });
    const paths = [join(folder, "a.wav"), join(folder, "b.wav"), join(folder, "c.wav")] as const;
    const [a, b, c] = paths;
    await Promise.all([timeline.writeWav(a), other.writeWav(b), timeline.writeWav(c)]);
    expect((await readMono(c)).samples).toEqual((await readMono(a)).samples);
    expect((await readMono(b)).samples.length).toBe(1.5 * sampleRate);
  });

  it("asks for each text once, and for nothing the second time", async () => {
    await buildTimelineWav(base());
    expect(asked.toSorted()).toEqual(["01234", "0123456789"]);
    await buildTimelineWav(base());
    expect(asked).toHaveLength(2);
  });

  it("re-speaks nothing when a line is inserted, and everything when the signature changes", async () => {
    await buildTimelineWav({ ...base(), cacheSig: ["openai", "m", "v"] });
    const inserted = [{ start: 0, end: 0.4, text: "abc" }, ...segments];
    await buildTimelineWav({ ...base(), segments: inserted, cacheSig: ["openai", "m", "v"] });
    expect(asked.slice(2)).toEqual(["abc"]);
    await buildTimelineWav({ ...base(), cacheSig: ["openai", "m", "other"] });
    expect(asked).toHaveLength(5);
  });

  it("requests nothing with noTts: what is there is used, the rest is silent and named", async () => {
    await buildTimelineWav({ ...base(), segments: segments.slice(1, 2) });
    asked = [];
    const timeline = await buildTimelineWav({ ...base(), noTts: true });
    expect(asked).toEqual([]);
    expect(timeline.missing).toEqual(["0123456789", "0123456789"]);
    const path = join(folder, "track.wav");
    await timeline.writeWav(path);
    expect(await level(path, 0.6, 1.4)).toBe(0);
    expect(await level(path, 2.1, 2.4)).toBeGreaterThan(0.15);
  });

  it("never cuts speech that is longer than its window", async () => {
    const long = [{ start: 0, end: 0.5, text: "0123456789" }];
    const timeline = await buildTimelineWav({ ...base(), segments: long });
    const [line] = timeline.placements;
    expect((line?.duration ?? 0) * (line?.tempo ?? 0)).toBeCloseTo(1, 2);
    expect(timeline.duration).toBeGreaterThanOrEqual((line?.start ?? 0) + (line?.duration ?? 0));
  });

  it("fits every clip to its own window with strictTiming, and speaks it, not silence", async () => {
    const tight = [
      { start: 0, end: 0.8, text: "0123456789" },
      { start: 1, end: 2, text: "01234" },
    ];
    const timeline = await buildTimelineWav({ ...base(), segments: tight, strictTiming: true });
    expect(timeline.placements[0]?.duration).toBeLessThanOrEqual(0.83);
    expect(timeline.placements[1]?.tempo).toBe(1);
    const path = join(folder, "track.wav");
    await timeline.writeWav(path);
    expect(await level(path, 0.1, 0.7)).toBeGreaterThan(0.15);
    const stretched = await buildTimelineWav({
      ...base(),
      segments: tight,
      strictTiming: true,
      fitMode: "stretch-both",
    });
    expect(stretched.placements[1]?.tempo).toBeLessThan(0.6);
  });

  it("refuses another fit mode before it asks for anything", async () => {
    const wrong = { ...base(), fitMode: "squeeze" as "stretch-both" };
    await expect(buildTimelineWav(wrong)).rejects.toMatchObject({ code: "invalid_options" });
    expect(asked).toEqual([]);
  });

  it("takes over what the synthesis function throws, and says when it left no file", async () => {
    const broken = { ...base(), synthFunc: () => Promise.reject(new Error("no quota")) };
    await expect(buildTimelineWav(broken)).rejects.toThrow("no quota");
    const idle = {
      ...base(),
      synthFunc: async (_: readonly string[], paths: readonly string[]) => paths,
    };
    await expect(buildTimelineWav(idle)).rejects.toMatchObject({ code: "engine_failed" });
  });
});

describe("buildTimelineSentences", () => {
  it("speaks each group in one breath; an empty group shifts nothing", async () => {
    const timeline = await buildTimelineSentences({ ...base(), sentenceGroups: [[0, 1], [], [2]] });
    expect(asked).toEqual(["0123456789 01234", "0123456789"]);
    expect(timeline.placements.map(({ start }) => start)).toEqual([0.5, 4]);
  });

  it("leaves a segment without text silent", async () => {
    const quiet = [{ start: 0, end: 1, text: "  " }, ...segments];
    const timeline = await buildTimelineSentences({
      ...base(),
      segments: quiet,
      sentenceGroups: [[0], [1]],
    });
    expect(timeline.placements.map(({ start }) => start)).toEqual([0.5]);
  });

  it("refuses an index out of range", async () => {
    const wrong = { ...base(), sentenceGroups: [[0, 9]] };
    await expect(buildTimelineSentences(wrong)).rejects.toMatchObject({
      code: "invalid_options",
      message: expect.stringContaining("9"),
    });
  });

  it.each([
    ["a time that is no number", { segments: [{ start: Number.NaN, end: 1, text: "a" }] }],
    ["an end before its start", { segments: [{ start: 2, end: 1, text: "a" }] }],
    ["a text that is none", { segments: [{ start: 0, end: 1, text: 5 }] }],
    ["no sample rate", { sampleRate: 0 }],
    ["a tolerance below nothing", { toleranceMs: -1 }],
  ])("refuses %s before anything is spoken", async (_, wrong) => {
    let asked = 0;
    const synthFunc = async (): Promise<string[]> => {
      asked += 1;
      return [];
    };
    const options = { segments, tmpDir: "unused", voiceTag: "v", synthFunc, ...wrong };
    await expect(buildTimelineWav(options as never)).rejects.toMatchObject({
      code: "invalid_options",
    });
    const grouped = { ...options, sentenceGroups: [[0]] };
    if (!("toleranceMs" in wrong)) {
      await expect(buildTimelineSentences(grouped as never)).rejects.toMatchObject({
        code: "invalid_options",
      });
    }
    expect(asked).toBe(0);
  });
});
