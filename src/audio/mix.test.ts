import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AudioWorkers, openAudioWorkers } from "./audio-workers.ts";
import type { MixJob } from "./mix.ts";
import { mixDub } from "./mix.ts";
import { mixPart } from "./mix-part.ts";
import { openWav } from "./wav-reader.ts";
import { createWav } from "./wav-writer.ts";

const sampleRate = 48_000;
let folder: string;
let workers: AudioWorkers;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-"));
  workers = openAudioWorkers({ count: 2 });
});
afterAll(async () => {
  await workers.close();
  await rm(folder, { recursive: true, force: true });
});

async function sound(name: string, channels: number, samples: Int16Array): Promise<string> {
  const path = join(folder, `${name}.wav`);
  await using wav = await createWav(path, { sampleRate, channels });
  await wav.write(samples);
  return path;
}

function fill(frames: number, channels: number, value: (frame: number) => number): Int16Array {
  return Int16Array.from({ length: frames * channels }, (_, at) =>
    value(Math.floor(at / channels)),
  );
}

function sine(frames: number, channels: number, frequency: number, peak: number): Int16Array {
  const step = (2 * Math.PI * frequency) / sampleRate;
  return fill(frames, channels, (frame) => peak * Math.sin(step * frame));
}

/** Noise from a seed, the same on every machine. */
function noise(frames: number, channels: number, peak: number, seed: number): Int16Array {
  let state = seed;
  return Int16Array.from({ length: frames * channels }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state / 2 ** 31) * peak;
  });
}

type Draft = Omit<MixJob, "outPath" | "sampleRate" | "gainDb"> & { gainDb?: number };

async function mix(draft: Draft): Promise<Int16Array> {
  const job = { outPath: join(folder, "mix.wav"), sampleRate, gainDb: 0, ...draft };
  await workers.mix(job);
  await using wav = await openWav(job.outPath);
  expect(wav).toMatchObject({ frames: job.frames, sampleRate, channels: job.channels });
  const samples = new Int16Array(job.frames * job.channels);
  await wav.readInt16(0, samples);
  return samples;
}

describe("a mix", () => {
  it("has every clip at its absolute sample, in both channels", async () => {
    const path = await sound("click", 1, Int16Array.of(1000, 2000, 3000));
    const places = [0, 65_533, 65_536, 100_001, 1_310_719, 1_399_997];
    const clips = places.map((startFrame) => ({ path, startFrame, frames: 3 }));
    const samples = await mix({ frames: 1_400_000, channels: 2, clips });
    const heard = new Map<number, number>();
    samples.forEach((value, at) => {
      if (value !== 0) heard.set(at, value);
    });
    const expected = new Map<number, number>();
    for (const place of places) {
      for (const at of [0, 1, 2]) {
        for (const channel of [0, 1]) expected.set(2 * (place + at) + channel, 1000 * (at + 1));
      }
    }
    expect(new Map([...heard].sort(([a], [b]) => a - b))).toEqual(
      new Map([...expected].sort(([a], [b]) => a - b)),
    );
  });

  it("adds clips that overlap, each with its gain", async () => {
    const path = await sound(
      "flat",
      1,
      fill(100, 1, () => 1000),
    );
    const samples = await mix({
      frames: 200,
      channels: 1,
      clips: [
        { path, startFrame: 50, frames: 100, gainDb: 6.0206 },
        { path, startFrame: 0, frames: 100 },
      ],
    });
    expect([samples[0], samples[49], samples[50], samples[99], samples[100], samples[150]]).toEqual(
      [1000, 1000, 3000, 3000, 2000, 0],
    );
  });

  it("leaves out what lies before its start and after its end", async () => {
    const path = await sound(
      "ramp",
      1,
      fill(100, 1, (frame) => 100 * frame),
    );
    const samples = await mix({
      frames: 120,
      channels: 1,
      clips: [
        { path, startFrame: -10, frames: 100 },
        { path, startFrame: 110, frames: 100 },
      ],
    });
    expect([samples[0], samples[89], samples[90], samples[111]]).toEqual([1000, 9900, 0, 100]);
  });

  it("is silent after a background shorter than the job", async () => {
    const path = await sound(
      "short",
      2,
      fill(1000, 2, () => 500),
    );
    const background = { path, gainDb: 0 };
    const samples = await mix({ frames: 200_000, channels: 2, clips: [], background });
    expect(samples[1999]).toBe(500);
    expect(samples.subarray(2000).every((value) => value === 0)).toBe(true);
  });

  it("has a background lower by the duck's depth under speech, untouched far from it", async () => {
    const frames = 6 * sampleRate;
    const path = await sound(
      "steady",
      2,
      fill(frames, 2, () => 10_000),
    );
    const intervals = [
      { start: 2.5, end: 3 },
      { start: 2, end: 2.2 },
    ];
    const background = { path, gainDb: 0, duck: { db: 12, intervals } };
    const samples = await mix({ frames, channels: 2, clips: [], background });
    const at = (seconds: number): number => samples[2 * Math.round(seconds * sampleRate)] as number;
    expect([at(0.5), at(1.84), at(3.36), at(5)]).toEqual([10_000, 10_000, 10_000, 10_000]);
    // Lowered from the first word to the last, and between the two, which are close.
    for (const seconds of [2, 2.1, 2.35, 2.5, 2.999]) expect(at(seconds)).toBe(2512);
    // Half way down a raised cosine in dB is half the dB.
    expect(at(1.925)).toBeCloseTo(10_000 * 10 ** (-6 / 20), -2);
    expect(at(3.175)).toBeCloseTo(10_000 * 10 ** (-6 / 20), -2);
    let largestStep = 0;
    for (let i = 2; i < samples.length; i++) {
      largestStep = Math.max(
        largestStep,
        Math.abs((samples[i] as number) - (samples[i - 2] as number)),
      );
    }
    expect(largestStep).toBeLessThan(5);
  });

  it("comes back up in a pause longer than both fades", async () => {
    const frames = 4 * sampleRate;
    const path = await sound(
      "steady",
      1,
      fill(frames, 1, () => 10_000),
    );
    const intervals = [
      { start: 1, end: 1.5 },
      { start: 2.2, end: 3 },
    ];
    const background = { path, gainDb: 0, duck: { db: 12, intervals } };
    const samples = await mix({ frames, channels: 1, clips: [], background });
    expect(samples[2 * sampleRate]).toBe(10_000);
  });

  it("is the sum of its stems, one step each at most, while the limiter is idle", async () => {
    const frames = 150_000;
    const bed = await sound("bed", 2, noise(frames, 2, 6000, 5));
    const voice = await sound("voice", 1, noise(40_000, 1, 8000, 6));
    const clips = [
      { path: voice, startFrame: 20_000, frames: 40_000, gainDb: -1.3 },
      { path: voice, startFrame: 45_000, frames: 40_000 },
    ];
    const duck = { db: 9, intervals: [{ start: 0.4, end: 1.8 }] };
    const background = { path: bed, gainDb: -2.2, duck };
    const job = { frames, channels: 2, gainDb: 1.1 } as const;
    const both = await mix({ ...job, clips, background });
    const speech = await mix({ ...job, clips });
    const rest = await mix({ ...job, clips: [], background });
    let farthest = 0;
    both.forEach((value, at) => {
      const sum = (speech[at] as number) + (rest[at] as number);
      farthest = Math.max(farthest, Math.abs(value - sum));
    });
    expect(farthest).toBeLessThanOrEqual(1);
    expect(speech.some((value) => Math.abs(value) > 5000)).toBe(true);
  });
});

describe("the limiter", () => {
  it("lets no sample over the ceiling, whatever comes in", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.double({ min: 0, max: 30, noNaN: true }),
        fc.double({ min: -12, max: 0, noNaN: true }),
        fc.constantFrom(1 as const, 2 as const),
        fc.integer({ min: 1, max: 90_000 }),
        async (seed, gainDb, ceilingDb, channels, frames) => {
          const path = await sound("hot", channels, noise(frames, channels, 32_767, seed));
          const clip = await sound("hot-clip", 1, noise(frames, 1, 32_767, seed + 1));
          const samples = await mix({
            frames,
            channels,
            gainDb,
            ceilingDb,
            background: { path, gainDb: 0 },
            clips: [{ path: clip, startFrame: Math.floor(frames / 3), frames }],
          });
          const ceiling = 32_768 * 10 ** (ceilingDb / 20);
          expect(samples.reduce((a, b) => Math.max(a, Math.abs(b)), 0)).toBeLessThanOrEqual(
            ceiling,
          );
        },
      ),
      { numRuns: 25 },
    );
  });

  it("changes nothing that stays under the ceiling", async () => {
    const samples = noise(100_000, 2, 26_000, 3);
    const path = await sound("calm", 2, samples);
    const background = { path, gainDb: 0 };
    expect(await mix({ frames: 100_000, channels: 2, clips: [], background })).toEqual(samples);
  });

  it("touches only 20 ms around a peak, without a step", async () => {
    const input = sine(100_000, 1, 997, 10_000);
    const peak = 65_500;
    input[peak] = 32_767;
    const path = await sound("peak", 1, input);
    const background = { path, gainDb: 0 };
    const samples = await mix({
      frames: 100_000,
      channels: 1,
      clips: [],
      background,
      ceilingDb: -6,
    });
    expect(Math.abs(samples[peak] as number)).toBeLessThanOrEqual(16_422);
    expect(samples[peak]).toBeGreaterThan(16_300);
    expect(samples.subarray(0, peak - 960)).toEqual(input.subarray(0, peak - 960));
    expect(samples.subarray(peak + 961)).toEqual(input.subarray(peak + 961));
    let fastest = 0;
    let last = 1;
    for (let at = peak - 1000; at < peak + 1000; at++) {
      if (at === peak || Math.abs(input[at] as number) < 5000) continue;
      const gain = (samples[at] as number) / (input[at] as number);
      fastest = Math.max(fastest, Math.abs(gain - last));
      last = gain;
    }
    expect(fastest).toBeLessThan(0.03);
  });

  it("does not distort a steady loud tone, only lowers it", async () => {
    const path = await sound("loud", 1, sine(100_000, 1, 100, 30_000));
    const background = { path, gainDb: 0 };
    const samples = await mix({
      frames: 100_000,
      channels: 1,
      clips: [],
      background,
      ceilingDb: -6,
    });
    const gain = 16_422 / 30_000;
    const pure = sine(100_000, 1, 100, 30_000);
    for (let at = 5000; at < 95_000; at += 7) {
      expect(Math.abs((samples[at] as number) - (pure[at] as number) * gain)).toBeLessThan(20);
    }
  });
});

describe("the bytes of a mix", () => {
  async function hotJob(): Promise<MixJob> {
    const frames = 1_500_000;
    const path = await sound("film", 2, noise(frames - 77, 2, 27_000, 9));
    const voice = await sound("line", 1, noise(90_000, 1, 20_000, 10));
    const places = Array.from({ length: 14 }, (_, index) => 100_001 * index - 5);
    return {
      outPath: join(folder, "hot.wav"),
      frames,
      sampleRate,
      channels: 2,
      gainDb: 0.7,
      background: {
        path,
        gainDb: 0,
        duck: {
          db: 14,
          intervals: places.map((place) => ({
            start: place / sampleRate,
            end: (place + 90_000) / sampleRate,
          })),
        },
      },
      clips: places.map((startFrame) => ({ path: voice, startFrame, frames: 90_000 })),
    };
  }

  it("are the same with 1, 2 and 3 workers and with any size of block", async () => {
    const job = await hotJob();
    const results: Buffer[] = [];
    for (const count of [1, 2, 3]) {
      await using pool = openAudioWorkers({ count });
      await pool.mix(job);
      results.push(await readFile(job.outPath));
    }
    for (const blockFrames of [10_007, 262_144]) {
      await mixDub(job, { count: 1, mixPart: (part) => mixPart(part, blockFrames) });
      results.push(await readFile(job.outPath));
    }
    const first = results[0] as Buffer;
    expect(results.map((bytes) => bytes.equals(first))).toEqual(results.map(() => true));
  });

  it("do not depend on the order in which clips are named", async () => {
    const job = await hotJob();
    await workers.mix(job);
    const first = await readFile(job.outPath);
    await workers.mix({ ...job, clips: job.clips.toReversed() });
    expect((await readFile(job.outPath)).equals(first)).toBe(true);
  });
});

describe("mixing", () => {
  it("tells its progress up to the last frame", async () => {
    const seen: number[] = [];
    const job = {
      outPath: join(folder, "p.wav"),
      sampleRate,
      channels: 1,
      gainDb: 0,
      clips: [],
    } as const;
    await workers.mix({ ...job, frames: 3_000_000 }, { onProgress: (done) => seen.push(done) });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(3_000_000);
    expect(seen.length).toBeGreaterThan(1);
  });

  it("stops when it is aborted, with the signal's own reason", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const job = {
      outPath: join(folder, "a.wav"),
      sampleRate,
      channels: 1,
      gainDb: 0,
      clips: [],
    } as const;
    const call = { signal: controller.signal, onProgress: () => controller.abort(reason) };
    await expect(workers.mix({ ...job, frames: 20_000_000 }, call)).rejects.toBe(reason);
  });

  it("refuses inputs that do not fit the job, by name", async () => {
    const path = await sound("mono", 1, new Int16Array(100));
    const job = { frames: 1000, channels: 2 } as const;
    const invalid = { code: "invalid_media", message: expect.stringContaining("mono.wav") };
    const background = { path, gainDb: 0 };
    await expect(mix({ ...job, clips: [], background })).rejects.toMatchObject(invalid);
    const clips = [{ path, startFrame: 0, frames: 101 }];
    await expect(mix({ ...job, clips })).rejects.toMatchObject(invalid);
    const missing = [{ path: join(folder, "none.wav"), startFrame: 0, frames: 1 }];
    await expect(mix({ ...job, clips: missing })).rejects.toMatchObject({ code: "not_found" });
  });
});
