import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingFile, needs, sharedMedia } from "../../test/support/needs.ts";
import { fitClip, inspectClip } from "./fit-clip.ts";
import { readMono, writeMono } from "./mono-clip.ts";
import { findSpeech } from "./speech-bounds.ts";
import { openWav } from "./wav-reader.ts";

const recording = sharedMedia("speech/jfk.wav");
const sampleRate = 24_000;
let folder: string;
let path: string;
let outPath: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-"));
  path = join(folder, "clip.wav");
  outPath = join(folder, "fitted.wav");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Silence, a buzzing vowel, a soft hiss as of an «s» 30 dB lower, silence. Seconds. */
function word(options: { lead: number; vowel: number; hiss: number; tail: number }): Float32Array {
  const { lead, vowel, hiss, tail } = options;
  const samples = new Float32Array(Math.round((lead + vowel + hiss + tail) * sampleRate));
  const vowelStart = Math.round(lead * sampleRate);
  const hissStart = Math.round((lead + vowel) * sampleRate);
  const end = Math.round((lead + vowel + hiss) * sampleRate);
  for (let at = vowelStart; at < hissStart; at++) {
    samples[at] = 0.5 * Math.sin((2 * Math.PI * 130 * at) / sampleRate);
  }
  for (let at = hissStart; at < end; at++) samples[at] = 0.016 * Math.sin(at * at);
  return samples;
}

describe("findSpeech", () => {
  it("keeps a soft consonant at the end, with 10 ms before and 30 ms after the speech", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 4, max: 60 }), (a, b) => {
        const samples = word({ lead: a / 100, vowel: 0.4, hiss: 0.12, tail: b / 100 });
        const { start, end, rmsDb } = findSpeech(samples, sampleRate);
        expect(start / sampleRate).toBeCloseTo(a / 100 - 0.01, 2);
        expect(end / sampleRate).toBeCloseTo(Math.min(a + 52 + 3, a + 52 + b) / 100, 2);
        // Of the 52 frames, 40 have the vowel at −9 dBFS.
        expect(rmsDb).toBeCloseTo(-9.03 + 10 * Math.log10(40 / 52), 0);
      }),
      { numRuns: 40 },
    );
  });

  it("finds the same bounds whatever the level", () => {
    const samples = word({ lead: 0.2, vowel: 0.4, hiss: 0.1, tail: 0.3 });
    const quiet = samples.map((value) => value / 50);
    const loud = findSpeech(samples, sampleRate);
    expect(findSpeech(quiet, sampleRate)).toMatchObject({ start: loud.start, end: loud.end });
  });

  it("says 0, 0, −Infinity for silence, and for nothing", () => {
    const silent = { start: 0, end: 0, rmsDb: Number.NEGATIVE_INFINITY };
    expect(findSpeech(new Float32Array(5000), sampleRate)).toEqual(silent);
    expect(findSpeech(new Float32Array(0), sampleRate)).toEqual(silent);
  });

  it("keeps a clip that is speech from end to end whole", () => {
    const samples = word({ lead: 0, vowel: 0.5, hiss: 0, tail: 0 });
    expect(findSpeech(samples, sampleRate)).toMatchObject({ start: 0, end: samples.length });
  });

  it("finds phrases in a real, noisy recording", needs(missingFile(recording)), async () => {
    const { samples, sampleRate: rate } = await readMono(recording);
    // Each phrase with the pauses around it.
    for (const [from, start, end, to] of [
      [0, 0.3, 2.28, 2.9],
      [2.9, 3.28, 4.42, 5.0],
      [5.0, 5.39, 7.69, 7.95],
      [7.95, 8.18, 10.57, 11],
    ] as const) {
      const found = findSpeech(samples.subarray(from * rate, to * rate), rate);
      const bounds = `${from + found.start / rate} to ${from + found.end / rate}`;
      expect(from + found.start / rate, bounds).toBeLessThanOrEqual(start + 0.05);
      expect(from + found.end / rate, bounds).toBeGreaterThanOrEqual(end - 0.05);
    }
  });
});

describe("fitClip", () => {
  it("makes exactly the frames asked for at the rate asked for, from silent end to silent end", async () => {
    const samples = word({ lead: 0.1, vowel: 0.5, hiss: 0.1, tail: 0.2 });
    await writeMono(path, samples, sampleRate);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 12_000, max: 70_000 }),
        fc.constantFrom(24_000, 44_100, 48_000),
        async (frames, outRate) => {
          await fitClip({ path, outPath, start: 0.11, end: 0.7, frames, sampleRate: outRate });
          await using wav = await openWav(outPath);
          expect(wav).toMatchObject({ frames, sampleRate: outRate, channels: 1, format: "s16" });
          const fitted = await wav.read(0, frames);
          expect(Math.abs(fitted[0] as number)).toBeLessThan(0.001);
          expect(Math.abs(fitted[frames - 1] as number)).toBeLessThan(0.001);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("at tempo 1 only changes the rate: the sound keeps its times and its level", async () => {
    const samples = word({ lead: 0.1, vowel: 0.5, hiss: 0, tail: 0.2 });
    await writeMono(path, samples, sampleRate);
    // A length that is one frame off by rounding is no reason to stretch.
    await fitClip({ path, outPath, start: 0, end: 0.8, frames: 38_401, sampleRate: 48_000 });
    const before = await inspectClip(path);
    const after = await inspectClip(outPath);
    expect(after.speechStart).toBeCloseTo(before.speechStart, 2);
    expect(after.speechEnd).toBeCloseTo(before.speechEnd, 2);
    expect(after.rmsDb).toBeCloseTo(before.rmsDb, 1);
  });

  it("applies the gain, and fades over 3 ms only", async () => {
    const tone = Float32Array.from({ length: 24_000 }, () => 0.25);
    await writeMono(path, tone, sampleRate);
    await fitClip({ path, outPath, start: 0, end: 1, frames: 24_000, sampleRate, gainDb: 6.0206 });
    const { samples } = await readMono(outPath);
    expect(samples[72]).toBeCloseTo(0.5, 3);
    expect(samples[24_000 - 73]).toBeCloseTo(0.5, 3);
    expect(samples[36]).toBeCloseTo(0.25, 2);
  });

  it("gives the same bytes again", async () => {
    await writeMono(path, word({ lead: 0, vowel: 0.7, hiss: 0.2, tail: 0 }), sampleRate);
    const job = { path, outPath, start: 0, end: 0.9, frames: 33_333, sampleRate: 48_000 };
    await fitClip(job);
    const first = await readFile(outPath);
    await fitClip({ ...job, frames: 20_000 });
    await fitClip(job);
    expect(await readFile(outPath)).toEqual(first);
  });

  it("refuses a span without sound", async () => {
    await writeMono(path, new Float32Array(100), sampleRate);
    const job = { path, outPath, frames: 100, sampleRate: 48_000 };
    await expect(fitClip({ ...job, start: 2, end: 3 })).rejects.toMatchObject({
      code: "invalid_options",
    });
  });
});
