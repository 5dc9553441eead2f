import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foundTools } from "../../test/support/found-tools.ts";
import { longOrShort } from "../../test/support/long-or-short.ts";
import { extractSound, extractSubtitles } from "./extract.ts";
import { localFile, runFfmpeg } from "./ffmpeg.ts";
import { measureLoudness } from "./loudness.ts";
import { type MediaInfo, probe } from "./probe.ts";
import type { Tools } from "./tools.ts";
import { findWavData } from "./wav-data.ts";

let tools: Tools;
let directory: string;
const at = (name: string): string => join(directory, name);
async function make(name: string, ...args: readonly string[]): Promise<MediaInfo> {
  await runFfmpeg(tools, [...args, localFile(at(name))]);
  return await probe(tools, at(name));
}
const picture = ["-f", "lavfi", "-i", "testsrc=s=160x90:r=25:d=2"];
const h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];
const tone = (seconds: number, frequency = 440): string[] => [
  ...["-f", "lavfi", "-i", `sine=f=${frequency}:r=48000:d=${seconds}`],
];

beforeAll(async () => {
  tools = await foundTools();
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Left channel's samples. */
async function samples(path: string): Promise<Int16Array> {
  const { offset, frames, channels } = await findWavData(path);
  const bytes = await readFile(path);
  return Int16Array.from({ length: frames }, (_, frame) =>
    bytes.readInt16LE(offset + frame * channels * 2),
  );
}
const firstLoud = (sound: Int16Array): number => sound.findIndex((one) => Math.abs(one) > 400);

async function extract(info: MediaInfo, stream?: number): Promise<Int16Array> {
  const outPath = at("out.wav");
  const { path, duration } = info;
  const chosen = stream === undefined ? {} : { stream };
  await extractSound(tools, { path, info, outPath, duration, ...chosen });
  const sound = await samples(outPath);
  expect(sound).toHaveLength(Math.round(duration * 48_000));
  return sound;
}

describe("extractSound", () => {
  it.each(longOrShort(["mp4", "mkv", "ts", "mov"], ["mp4", "ts"]))(
    "puts silence before sound that starts 0.5 s late in .%s",
    async (kind) => {
      const late = [...picture, "-itsoffset", "0.5", ...tone(1)];
      const info = await make(`late.${kind}`, ...late, ...h264, "-c:a", "aac", "-ar", "48000");
      const sound = await extract(info);
      expect(firstLoud(sound) / 48_000).toBeGreaterThan(0.47);
      expect(firstLoud(sound) / 48_000).toBeLessThan(0.53);
      expect(sound.subarray(1.6 * 48_000).every((one) => Math.abs(one) < 50)).toBe(true);
    },
  );

  it("keeps sound in place when the picture starts later", async () => {
    const args = ["-itsoffset", "0.5", ...picture, ...tone(2), ...h264, "-c:a", "aac"];
    const sound = await extract(await make("late-picture.mkv", ...args));
    expect(firstLoud(sound) / 48_000).toBeLessThan(0.05);
  });

  it("is exact to the sample where the source is", async () => {
    const click = "aevalsrc='if(eq(n,30000),0.9,0)':s=48000:d=2";
    const args = ["-f", "lavfi", "-i", click, "-c:a", "pcm_s16le"];
    const sound = await extract(await make("click.mov", ...picture, ...args, ...h264));
    expect(firstLoud(sound)).toBe(30_000);
  });

  it("pads sound that is too short and cuts sound that is too long", async () => {
    for (const seconds of [0.7, 5]) {
      const name = `length-${seconds}.mkv`;
      const sound = await extract(await make(name, ...picture, ...tone(seconds), ...h264));
      const isLoudAtEnd = sound.subarray(-4800).some((one) => Math.abs(one) > 400);
      expect(isLoudAtEnd).toBe(seconds > 2);
    }
  });

  it("fills a gap inside the sound, so that what follows stays in place", async () => {
    const gap = ["-af", "aselect='not(between(t,0.5,1))'"];
    const args = [...picture, ...tone(2), ...gap, ...h264, "-c:a", "pcm_s16le"];
    const sound = await extract(await make("gap.mkv", ...args));
    const isLoud = (from: number, to: number): boolean =>
      sound.subarray(from * 48_000, to * 48_000).some((one) => Math.abs(one) > 400);
    expect([isLoud(0.2, 0.4), isLoud(0.6, 0.9), isLoud(1.1, 1.9)]).toEqual([true, false, true]);
  });

  it("takes the default stream, or the one it is told", async () => {
    const info = await make(
      "two.mkv",
      ...[...picture, ...tone(2, 200), ...tone(2, 2000)],
      ...["-map", "0", "-map", "1", "-map", "2", ...h264, "-c:a", "flac"],
      ...["-disposition:a:0", "0", "-disposition:a:1", "default"],
    );
    const crossings = (sound: Int16Array): number =>
      sound.filter((one, index) => index > 0 && one >= 0 !== (sound[index - 1] as number) >= 0)
        .length;
    expect(crossings(await extract(info))).toBeGreaterThan(7000);
    expect(crossings(await extract(info, 1))).toBeLessThan(900);
    await expect(extract(info, 0)).rejects.toMatchObject({ code: "invalid_media" });
  });

  it("keeps the level when it makes one channel of two", async () => {
    const info = await make("stereo.wav", ...tone(1), "-ac", "2");
    const { path, duration } = info;
    const target = { outPath: at("mono.wav"), sampleRate: 16_000, channels: 1 } as const;
    await extractSound(tools, { path, info, duration, ...target });
    expect(await findWavData(at("mono.wav"))).toMatchObject({ sampleRate: 16_000, channels: 1 });
    expect(Math.max(...(await samples(at("mono.wav"))))).toBeGreaterThan(2800);
  });
});

describe("extractSubtitles", () => {
  const srt = "1\n00:00:00,500 --> 00:00:01,500\nПривет, «мир»\n\n";

  const sources: MediaInfo[] = [];
  beforeAll(async () => {
    await writeFile(at("in.srt"), srt);
    const args = ["-i", localFile(at("in.srt")), "-map", "0", "-map", "1", ...h264, "-c:s"];
    sources.push(await make("s.mp4", ...picture, ...args, "mov_text"));
    sources.push(await make("s.mkv", ...picture, ...args, "srt"));
  });

  it.each(["srt", "vtt", "ass"])("writes a text stream as .%s", async (extension) => {
    for (const info of sources) {
      const outPath = at(`it's out.${extension}`);
      const stream = info.subtitles[0]?.index as number;
      await extractSubtitles(tools, { path: info.path, info, stream, outPath });
      const text = await readFile(outPath, "utf8");
      expect(text).toContain("Привет, «мир»");
      expect(text).toMatch(/0:00[.,]50?0?/);
      expect(text).toMatch(/0:01[.,]50?0?|00:01[.,]500/);
    }
  });
});

describe("measureLoudness", () => {
  it("measures a tone by EBU R128, with its true peak when asked", async () => {
    // A 1 kHz sine at −20 dBFS in both channels is −20 LUFS (EBU Tech 3341).
    const sine = "aevalsrc='0.1*sin(2*PI*1000*t)|0.1*sin(2*PI*1000*t)':s=48000:d=3";
    const { path } = await make("tone.wav", "-f", "lavfi", "-i", sine);
    const { integrated, truePeak } = await measureLoudness(tools, path, { truePeak: true });
    expect(integrated).toBeCloseTo(-20, 0);
    expect(truePeak).toBeCloseTo(-20, 0);
    expect(await measureLoudness(tools, path)).toEqual({ integrated });
  });

  it("hears sound with digital silence in it as the meter alone does", async () => {
    const bursts = "aevalsrc='if(lt(mod(t,1),0.4),0.3*sin(2*PI*220*t),0)':s=48000:d=3";
    const { path } = await make("bursts.wav", "-f", "lavfi", "-i", bursts);
    const meter = ["-af", "ebur128=framelog=verbose", "-f", "null", "-"];
    const { stderr } = await runFfmpeg(tools, ["-i", localFile(path), ...meter], {
      logLevel: "info",
    });
    const [, alone] = /Summary:[\s\S]*?I:\s+(\S+) LUFS/.exec(stderr) ?? [];
    expect(await measureLoudness(tools, path)).toEqual({ integrated: Number(alone) });
    expect(Number(alone)).toBeGreaterThan(-30);
  });

  it("calls silence −Infinity", async () => {
    const { path } = await make("silence.wav", "-f", "lavfi", "-i", "anullsrc=d=2");
    const silent = await measureLoudness(tools, path, { truePeak: true });
    expect(silent).toEqual({ integrated: -Infinity, truePeak: -Infinity });
  });

  it("measures a clip shorter than the meter's window as silent instead of failing", async () => {
    const { path } = await make("short.wav", ...tone(0.2));
    expect(await measureLoudness(tools, path)).toEqual({ integrated: -Infinity });
  });

  it("fails on a file without sound", async () => {
    const { path } = await make("mute.mp4", ...picture, ...h264);
    await expect(measureLoudness(tools, path)).rejects.toMatchObject({ code: "tool_failed" });
  });
});
