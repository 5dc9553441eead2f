/**
 * The long forms: thirty kills of a longer dub, and three hours of sound with a thousand lines. `make soak` runs them;
 * SOAK_ROUNDS and SOAK_MINUTES make them shorter.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWav } from "../../src/audio/wav-reader.ts";
import type { PlanFile } from "../../src/pipeline/plan-file.ts";
import { dubber } from "../support/command.ts";
import { killLoop } from "../support/kill-loop.ts";
import { ffmpeg, ffprobe, makeVideo } from "../support/media.ts";
import { needs, soak } from "../support/needs.ts";
import { makeSubtitles } from "../support/runs.ts";

const rounds = Number(process.env.SOAK_ROUNDS ?? 30);
const minutes = Number(process.env.SOAK_MINUTES ?? 180);
/** As dense as a thousand lines in three hours. */
const lineCount = Math.round((minutes / 180) * 1000);
const rate = 48_000;
const hours = 3_600_000;

describe("soak", needs(soak), () => {
  let folder: string;
  const at = (...names: string[]): string => join(folder, ...names);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dubber-soak-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it(
    `gives the same bytes after each of ${rounds} kills of a dub whose sound is encoded in parts`,
    async () => {
      await makeVideo(at("talk.mp4"), { seconds: 92 });
      await writeFile(at("talk.es.srt"), makeSubtitles(60));
      const args = [
        ...["dub", at("talk.mp4"), "--subs", at("talk.es.srt"), "--to", "es"],
        ...["--align-mode", "segment"],
      ];
      const { expected, killed } = await killLoop({ folder, args, rounds, seed: 20_260_721 });
      expect(Object.keys(expected)).toHaveLength(3 + 6);
      expect(killed).toHaveLength(rounds);
      for (const { afterMs, code, stderr, fingerprint } of killed) {
        expect({ afterMs, code, stderr }).toEqual({ afterMs, code: 0, stderr: "" });
        expect(fingerprint).toEqual(expected);
      }
      expect(killed.some(({ wasKilled }) => wasKilled)).toBe(true);
      expect((await readdir(folder)).filter((name) => name.startsWith(".tmp-"))).toEqual([]);
    },
    hours,
  );

  it(
    `dubs ${minutes} minutes in bounded memory, and the last line is at its sample`,
    async () => {
      const seconds = minutes * 60;
      await ffmpeg(
        ...["-f", "lavfi", "-i", `sine=f=220:r=8000:d=${seconds},volume=0.05`],
        ...["-c:a", "aac", "-b:a", "24k", at("long.m4a")],
      );
      await writeFile(at("long.es.srt"), sparseSubtitles(seconds, lineCount));
      await writeFile(at("peak.mjs"), notePeak(at("peak-mb")));
      const args = [
        ...["dub", at("long.m4a"), "--subs", at("long.es.srt"), "--to", "es"],
        ...["--align-mode", "segment", "--workdir", at("long"), "-o", at("out.m4a"), "--quiet"],
      ];
      const env = { NODE_OPTIONS: `--import=${at("peak.mjs")}` };
      expect(await dubber(args, { env })).toMatchObject({ code: 0, stderr: expect.any(String) });

      const plan = JSON.parse(await readFile(at("long/es/plan.json"), "utf8")) as PlanFile;
      expect(plan.lines).toHaveLength(lineCount);
      expect(plan.failures).toEqual([]);
      expect(
        plan.lines.every(({ overrun, slot, start }) => overrun === 0 && start === slot.start),
      ).toBe(true);
      // Three hours of 48 kHz stereo are 2 GB: whoever holds a track in memory does not come near this.
      expect(Number(await readFile(at("peak-mb"), "utf8"))).toBeLessThan(450);

      const frames = Math.round(plan.duration * rate);
      await using mix = await openWav(at("long/es/new_audio.wav"));
      expect({ rate: mix.sampleRate, frames: mix.frames }).toEqual({ rate, frames });
      const { format } = await ffprobe(at("out.m4a"));
      expect(Math.abs(Number(format.duration) - plan.duration)).toBeLessThan(0.05);

      for (const line of [plan.lines[0], plan.lines.at(-1)] as PlanFile["lines"][number][]) {
        const first = Math.round(line.start * rate);
        const length = Math.round((line.start + line.duration) * rate) - first;
        const around = 200;
        const stereo = await mix.read(first - around, length + 2 * around);
        const heard = stereo.filter((_, index) => index % 2 === 0);
        const finished = await decode(at("out.m4a"), first - around, length + 2 * around);
        const clips = await clipsOfLength(at("long/es/fitted"), length);
        expect(clips.length).toBeGreaterThan(0);
        expect(bestLag(heard, clips, around)).toBe(0);
        expect(bestLag(finished, clips, around)).toBe(0);
      }
    },
    2 * hours,
  );
});

/** Lines spread evenly to the very end, each in a silence long enough for it. */
function sparseSubtitles(seconds: number, count: number): string {
  const stamp = (time: number): string =>
    new Date(Math.round(time * 1000)).toISOString().slice(11, 23).replace(".", ",");
  const step = seconds / count;
  return Array.from({ length: count }, (_, index) => {
    const start = index * step + step - 4;
    return `${index + 1}\n${stamp(start)} --> ${stamp(start + 3.5)}\nEsta es la línea ${index + 1}.\n`;
  }).join("\n");
}

/** A module that writes the command's peak memory, its threads included, in MB when it ends; its child processes do not count. */
function notePeak(path: string): string {
  return `
    import { writeFileSync } from "node:fs";
    import { isMainThread } from "node:worker_threads";
    if (isMainThread && process.argv[1]?.endsWith("dubber.js"))
      process.on("exit", () => writeFileSync(${JSON.stringify(path)}, String(process.resourceUsage().maxRSS / 1024)));`;
}

/** Every fitted clip of this many frames; the line's own is among them. */
async function clipsOfLength(directory: string, length: number): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for (const name of await readdir(directory)) {
    await using wav = await openWav(join(directory, name));
    if (wav.frames === length) found.push(await wav.read(0, length));
  }
  return found;
}

/** A stretch of a file's left channel, by sample number at 48 kHz. */
async function decode(path: string, first: number, frames: number): Promise<Float32Array> {
  const { stdout } = await promisify(execFile)(
    "ffmpeg",
    [
      ...["-v", "error", "-ss", (first / rate - 5).toFixed(6), "-copyts", "-i", path],
      ...["-af", `atrim=start=${(first / rate).toFixed(6)},pan=mono|c0=c0`],
      ...["-frames:a", "400", "-f", "f32le", "-"],
    ],
    { encoding: "buffer", maxBuffer: 64e6 },
  );
  return new Float32Array(new Uint8Array(stdout).buffer).subarray(0, frames);
}

/** By how many samples the best-fitting clip sits away from where it belongs. */
function bestLag(heard: Float32Array, clips: readonly Float32Array[], around: number): number {
  let best = { score: 0, lag: Number.NaN };
  for (const clip of clips) {
    const energy = Math.sqrt(clip.reduce((sum, one) => sum + one * one, 0));
    for (let lag = -around; lag <= around; lag++) {
      const score =
        clip.reduce((sum, one, index) => sum + one * (heard[around + lag + index] ?? 0), 0) /
        energy;
      if (score > best.score) best = { score, lag };
    }
  }
  return best.lag;
}
