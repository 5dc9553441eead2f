/**
 * How long a dub's sound takes to assemble, beside the floor: raw reading and writing of the same bytes, measured in
 * the same run. Prints a Markdown table.
 *
 *   node bench/assembly.ts                 2 h with 2,000 clips, three times; 10 min and 3 h; more clips
 *   node bench/assembly.ts --minutes 10    a short form
 *   node bench/assembly.ts --code dist     the built package, without what type stripping costs every thread in memory
 */
import { spawnSync } from "node:child_process";
import { closeSync, ftruncateSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { MixJob } from "../src/audio/mix.ts";
import { createWav } from "../src/audio/wav-writer.ts";
import { hashFile } from "../src/core/hash.ts";
import { seededRandom } from "../test/support/seeded-random.ts";
import { median, printMachine, printTable } from "./table.ts";

const sampleRate = 48_000;
const clipSeconds = [1.2, 2.1, 2.9, 3.4, 4.1];

type Case = { minutes: number; clips: number; workers: number };
type Measure = { seconds: number; peakMb: number };
type Run = { what: "mix" | "floor"; folder: string; case: Case };

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "120" },
    code: { type: "string", default: "src" },
    run: { type: "string" },
  },
});
if (values.run === undefined) await measureAll(Number(values.minutes));
else console.log(JSON.stringify(await measure(JSON.parse(values.run) as Run)));

async function measureAll(minutes: number): Promise<void> {
  const clips = Math.round((minutes * 2000) / 120);
  const folder = await mkdtemp(join(tmpdir(), "dubber-bench-"));
  try {
    await makeInputs(folder, 1.5 * minutes, 2 * clips);
    const cases: Case[] = [
      { minutes, clips, workers: 1 },
      { minutes, clips, workers: 2 },
      { minutes, clips, workers: 3 },
      { minutes, clips: 2 * clips, workers: 2 },
      { minutes: minutes / 12, clips: Math.round(clips / 12), workers: 2 },
      { minutes: 1.5 * minutes, clips: Math.round(1.5 * clips), workers: 2 },
    ];
    const rows: Record<string, string>[] = [];
    for (const each of cases) rows.push(await measureCase(folder, each));
    printTable(`Assembly, from ${values.code} (medians of 3, the highest peak)`, rows);
    printMachine();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureCase(folder: string, each: Case): Promise<Record<string, string>> {
  const floors: number[] = [];
  const mixes: number[] = [];
  const peaks: number[] = [];
  const hashes = new Set<string>();
  for (let round = 0; round < 3; round++) {
    floors.push(inChild({ what: "floor", folder, case: each }).seconds);
    const mix = inChild({ what: "mix", folder, case: each });
    mixes.push(mix.seconds);
    peaks.push(mix.peakMb);
    hashes.add((await hashFile(join(folder, "mix.wav"))).slice(0, 12));
    await rm(join(folder, "mix.wav"));
  }
  const [floor, mix] = [median(floors), median(mixes)];
  return {
    length: `${each.minutes.toFixed(0)} min`,
    clips: `${each.clips}`,
    workers: `${each.workers}`,
    floor: `${floor.toFixed(2)} s`,
    mix: `${mix.toFixed(2)} s`,
    ratio: `${(mix / floor).toFixed(2)} ×`,
    "peak memory": `${Math.max(...peaks).toFixed(0)} MB`,
    sha256: [...hashes].join(" ≠ "),
  };
}

/** A process of its own, so that its peak memory is its own. */
function inChild(run: Run): Measure {
  const child = spawnSync(
    process.execPath,
    [import.meta.filename, "--code", values.code, "--run", JSON.stringify(run)],
    {
      encoding: "utf8",
    },
  );
  if (child.status !== 0) throw new Error(`The ${run.what} failed: ${child.stderr}`);
  return JSON.parse(child.stdout) as Measure;
}

async function measure(run: Run): Promise<Measure> {
  const job = jobFor(run.folder, run.case);
  const start = performance.now();
  if (run.what === "mix") await mix(job, run.case.workers);
  else copyRaw(job, join(run.folder, "floor.wav"));
  const seconds = (performance.now() - start) / 1000;
  if (run.what === "floor") await rm(join(run.folder, "floor.wav"));
  return { seconds, peakMb: process.resourceUsage().maxRSS / 1024 };
}

async function mix(job: MixJob, count: number): Promise<void> {
  const file = values.code.endsWith("src") ? "audio-workers.ts" : "audio-workers.js";
  const module = await import(pathToFileURL(resolve(values.code, "audio", file)).href);
  const { openAudioWorkers } = module as typeof import("../src/audio/audio-workers.ts");
  await using workers = openAudioWorkers({ count });
  await workers.mix(job);
}

function jobFor(folder: string, { minutes, clips }: Case): MixJob {
  const frames = Math.round(minutes * 60 * sampleRate);
  const spacing = frames / clips;
  const placed = Array.from({ length: clips }, (_, index) => ({
    path: clipPath(folder, index),
    startFrame: Math.round(index * spacing),
    frames: clipFrames(index),
  }));
  return {
    outPath: join(folder, "mix.wav"),
    frames,
    sampleRate,
    channels: 2,
    background: {
      path: join(folder, "background.wav"),
      gainDb: 0,
      duck: {
        db: 12,
        intervals: placed.map(({ startFrame, frames: length }) => ({
          start: startFrame / sampleRate,
          end: (startFrame + length) / sampleRate,
        })),
      },
    },
    clips: placed,
    gainDb: 2,
  };
}

/** Reads every input byte of the job once and writes as many as the mix has, 1 MB at a time. */
function copyRaw(job: MixJob, path: string): void {
  const buffer = Buffer.alloc(2 ** 20);
  const output = openSync(path, "w");
  const length = job.frames * job.channels * 2;
  ftruncateSync(output, length);
  const background = openSync(job.background?.path ?? "", "r");
  for (let at = 0; at < length; ) {
    const count = readSync(background, buffer, 0, Math.min(buffer.length, length - at), at);
    writeSync(output, buffer, 0, count, at);
    at += count;
  }
  closeSync(background);
  for (const { path: clip } of job.clips) {
    const input = openSync(clip, "r");
    const size = statSync(clip).size;
    for (let at = 0; at < size; ) at += readSync(input, buffer, 0, buffer.length, at);
    closeSync(input);
  }
  closeSync(output);
}

/** Ten seconds of tones and noise over and over, each time at another level, some of it loud enough for the limiter. */
async function makeInputs(folder: string, minutes: number, clips: number): Promise<void> {
  const loop = new Int16Array(10 * sampleRate * 2);
  const noise = seededRandom(1);
  for (let frame = 0; frame < loop.length / 2; frame++) {
    const time = frame / sampleRate;
    const swell = time % 10 < 1 ? 0.9 : 0.35;
    for (const channel of [0, 1]) {
      const tones =
        Math.sin(2 * Math.PI * 110 * time) + Math.sin(2 * Math.PI * (331 + channel) * time);
      loop[2 * frame + channel] = 32_000 * swell * (0.45 * tones + 0.1 * (2 * noise() - 1));
    }
  }
  const frames = Math.round(minutes * 60 * sampleRate);
  await using background = await createWav(join(folder, "background.wav"), {
    sampleRate,
    channels: 2,
  });
  for (let at = 0, turn = 0; at < frames; at += loop.length / 2, turn++) {
    const level = 0.5 + (0.5 * ((turn * 7) % 11)) / 10;
    const samples = loop.map((value) => value * level);
    await background.write(samples.subarray(0, 2 * Math.min(frames - at, loop.length / 2)));
  }
  await mkdir(join(folder, "clips"));
  for (let index = 0; index < clips; index++) {
    const samples = new Int16Array(clipFrames(index));
    for (let at = 0; at < samples.length; at++) {
      const time = at / sampleRate;
      const syllable = Math.sin(Math.PI * 4 * time) ** 2;
      samples[at] = 18_000 * syllable * Math.sin(2 * Math.PI * (120 + (index % 40)) * time);
    }
    await using wav = await createWav(clipPath(folder, index), { sampleRate, channels: 1 });
    await wav.write(samples);
  }
}

function clipPath(folder: string, index: number): string {
  return join(folder, "clips", `${index}.wav`);
}

function clipFrames(index: number): number {
  return Math.round((clipSeconds[index % clipSeconds.length] as number) * sampleRate);
}
