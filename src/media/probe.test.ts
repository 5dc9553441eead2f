import { execFileSync } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foundTools } from "../../test/support/found-tools.ts";
import { needs, notRoot } from "../../test/support/needs.ts";
import { localFile, runFfmpeg } from "./ffmpeg.ts";
import { type MediaInfo, mainSound, probe } from "./probe.ts";
import type { Tools } from "./tools.ts";

let tools: Tools;
let directory: string;
const at = (name: string): string => join(directory, name);
async function make(name: string, ...args: readonly string[]): Promise<MediaInfo> {
  await runFfmpeg(tools, [...args, localFile(at(name))]);
  return await probe(tools, at(name));
}
const picture = (seconds: number, rate = 25): string[] => [
  ...["-f", "lavfi", "-i", `testsrc=s=160x90:r=${rate}:d=${seconds}`],
];
const tone = (seconds: number): string[] => ["-f", "lavfi", "-i", `sine=r=48000:d=${seconds}`];
const h264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

beforeAll(async () => {
  tools = await foundTools();
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
  await make("base.mp4", ...picture(2), ...tone(2), ...h264, "-c:a", "aac");
  await make("cover.png", ...picture(1), "-frames:v", "1").catch(() => {});
  await writeFile(at("one.srt"), "1\n00:00:00,500 --> 00:00:01,500\nHola\n");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

// Side by side, because most of the time is spent starting processes.
describe.concurrent("probe", () => {
  it.each([
    ["mp4", "mp4", ["-c", "copy"]],
    ["mov", "mov", ["-c", "copy"]],
    ["mkv", "mkv", ["-c", "copy"]],
    ["avi", "avi", ["-c", "copy"]],
    ["ts", "other", ["-c", "copy"]],
    [
      "webm",
      "webm",
      ["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "100k", "-c:a", "libopus"],
    ],
    ["mp3", "mp3", ["-vn"]],
    ["wav", "wav", ["-vn"]],
    ["flac", "flac", ["-vn"]],
    ["m4a", "m4a", ["-vn"]],
    ["opus", "opus", ["-vn", "-c:a", "libopus"]],
    ["ogg", "ogg", ["-vn", "-c:a", "libvorbis"]],
  ])("knows a .%s and its length", async (extension, container, args) => {
    const info = await make(`kind.${extension}`, "-i", localFile(at("base.mp4")), ...args);
    expect(info.container).toBe(container);
    expect(info.audio).toHaveLength(1);
    expect(info.audio[0]).toMatchObject({ sampleRate: 48_000 });
    expect(info.video === undefined).toBe(args.includes("-vn"));
    expect(Math.abs(info.duration - 2)).toBeLessThan(info.video ? 0.041 : 0.06);
  });

  it("takes the picture's length where the sound is longer", async () => {
    for (const name of ["long.mp4", "long.mkv"]) {
      const info = await make(name, ...picture(1), ...tone(3), ...h264, "-c:a", "aac");
      expect(info.duration).toBeCloseTo(1, 1);
    }
  });

  it("takes the picture's length where the sound is shorter, or missing", async () => {
    const short = await make("short.mkv", ...picture(2), ...tone(0.5), ...h264);
    expect(short.duration).toBeCloseTo(2, 1);
    const mute = await make("mute.mp4", ...picture(2), ...h264);
    expect(mute).toMatchObject({ audio: [], duration: 2 });
    expect(mainSound(mute)).toBeUndefined();
  });

  it.each(["mp4", "mkv", "ts"])(
    "counts from the beginning of the first stream in .%s",
    async (kind) => {
      const late = await make(
        `late-sound.${kind}`,
        ...[...picture(2), "-itsoffset", "0.5", ...tone(1)],
        ...[...h264, "-c:a", "aac"],
      );
      expect(late.audio[0]?.startTime).toBeCloseTo(0.5, 1);
      expect(late.video?.startTime).toBeLessThan(0.1);
      expect(late.duration).toBeCloseTo(2, 1);
      const video = await make(
        `late-picture.${kind}`,
        ...["-itsoffset", "0.5", ...picture(1), ...tone(2), "-fps_mode", "passthrough"],
        ...[...h264, "-c:a", "aac"],
      );
      expect(video.video?.startTime).toBeCloseTo(0.5, 1);
      expect(video.duration).toBeCloseTo(1.5, 1);
    },
  );

  it("finds the end of a variable frame rate", async () => {
    const select = "select='lt(n,25)+eq(mod(n,10),0)',setpts=PTS";
    const vfr = ["-vf", select, "-fps_mode", "vfr", "-enc_time_base", "1:90000"];
    for (const name of ["vfr.mp4", "vfr.mkv"]) {
      const info = await make(name, ...picture(3), ...vfr, ...h264);
      // The last frame kept is number 70, at 2.8 s.
      expect(info.duration).toBeGreaterThan(2.8);
      expect(info.duration).toBeLessThan(3.3);
    }
  });

  it("finds the length of a WebM that was recorded live and says none", async () => {
    const args = ["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "100k", "-live", "1"];
    const info = await make("live.webm", ...picture(2), ...args);
    expect(info.duration).toBeCloseTo(2, 1);
  });

  it("does not take cover art for a video", async () => {
    const info = await make(
      "cover.m4a",
      ...["-i", localFile(at("base.mp4")), ...picture(0.04)],
      ...["-map", "0:a", "-map", "1:v", "-c:a", "copy", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"],
      ...["-disposition:v", "attached_pic"],
    );
    expect(info.video).toBeUndefined();
    expect(info.pictures).toHaveLength(1);
    expect(info.container).toBe("m4a");
  });

  it("lists streams with language, title and default mark", async () => {
    const info = await make(
      "streams.mkv",
      ...["-i", localFile(at("base.mp4")), ...tone(2), "-i", localFile(at("one.srt"))],
      ..."-map 0:v -map 0:a -map 1:a -map 2:s -c:v copy -c:a aac -c:s srt".split(" "),
      ...["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fre"],
      ...["-disposition:a:0", "0", "-disposition:a:1", "default"],
      ...["-metadata:s:s:0", "language=spa", "-metadata:s:s:0", "title=Full"],
    );
    expect(info.audio.map(({ language, isDefault }) => [language, isDefault])).toEqual([
      ["eng", false],
      ["fre", true],
    ]);
    expect(mainSound(info)?.language).toBe("fre");
    expect(info.subtitles).toMatchObject([
      { codec: "subrip", language: "spa", title: "Full", isText: true },
    ]);
  });

  it.each([
    "with space.mp4",
    'quote".mp4',
    "it's.mp4",
    "[x] (y).mp4",
    "Привет.mp4",
    "%d-%05d.mp4",
    "-dash.mp4",
    "a:b.mp4",
    "http:x.mp4",
    "a,b;c&d$e`f.mp4",
    "back\\slash.mp4",
    "new\nline.mp4",
  ])("reads a file called %j", async (name) => {
    await copyFile(at("base.mp4"), at(name));
    expect((await probe(tools, at(name))).duration).toBeCloseTo(2, 1);
  });

  it("says what is wrong with a file that cannot be used", async () => {
    await writeFile(at("empty.mp4"), "");
    await writeFile(at("text.mp4"), "just some words\n".repeat(500));
    await writeFile(at("cut.mp4"), (await readFile(at("base.mp4"))).subarray(0, 3000));
    await writeFile(at("noise.mkv"), Buffer.alloc(20_000, 0x5a));
    await mkdir(at("folder.mp4"));
    execFileSync("mkfifo", [at("pipe.mp4")]);
    await expect(probe(tools, at("missing.mp4"))).rejects.toMatchObject({ code: "not_found" });
    await expect(probe(tools, at("folder.mp4"))).rejects.toMatchObject({ code: "unreadable" });
    await expect(probe(tools, at("pipe.mp4"))).rejects.toMatchObject({ code: "unreadable" });
    for (const name of ["empty.mp4", "text.mp4", "cut.mp4", "noise.mkv", "one.srt"]) {
      await expect(probe(tools, at(name)), name).rejects.toMatchObject({
        code: "invalid_media",
        hint: expect.any(String),
        message: expect.stringContaining(name),
      });
    }
  });

  it("says when a file may not be read", needs(notRoot), async () => {
    await copyFile(at("base.mp4"), at("secret.mp4"));
    await chmod(at("secret.mp4"), 0);
    await expect(probe(tools, at("secret.mp4"))).rejects.toMatchObject({ code: "unreadable" });
  });

  it("never opens a file that a playlist or a script names", async () => {
    await writeFile(at("list.mp4"), `ffconcat version 1.0\nfile base.mp4\n`);
    await writeFile(at("play.mp4"), "#EXTM3U\n#EXTINF:2,\nbase.mp4\n#EXT-X-ENDLIST\n");
    for (const name of ["list.mp4", "play.mp4"]) {
      await expect(probe(tools, at(name))).rejects.toMatchObject({ code: "invalid_media" });
    }
  });

  it("throws the signal's reason when cancelled", async () => {
    const reason = new Error("stop");
    const call = { signal: AbortSignal.abort(reason) };
    await expect(probe(tools, at("base.mp4"), call)).rejects.toBe(reason);
  });
});
