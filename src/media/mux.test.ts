import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foundTools } from "../../test/support/found-tools.ts";
import { longOrShort } from "../../test/support/long-or-short.ts";
import { burnSubtitles } from "./burn.ts";
import { runChild } from "./child.ts";
import { extractSound } from "./extract.ts";
import { localFile, runFfmpeg } from "./ffmpeg.ts";
import { type MuxRequest, mux } from "./mux.ts";
import { formatOfExtension, outputFormat } from "./output-format.ts";
import { type MediaInfo, probe } from "./probe.ts";
import { encodeSound } from "./sound-encoder.ts";
import { forgedWav } from "./testing/attack-files.ts";
import type { Tools } from "./tools.ts";
import { findWavData } from "./wav-data.ts";

let tools: Tools;
let directory: string;
const at = (name: string): string => join(directory, name);
let counter = 0;
const made = new Map<string, MediaInfo>();
const pictures = new Map<string, Promise<readonly string[]>>();
const dubs = new Map<string, Promise<MediaInfo>>();
/** Sample of the click in the dub. */
const click = 30_000;

async function make(name: string, ...args: readonly string[]): Promise<MediaInfo> {
  await runFfmpeg(tools, [...args, localFile(at(name))]);
  const info = await probe(tools, at(name));
  made.set(name, info);
  return info;
}

/** One of the files that are there before the tests. */
function madeBefore(name: string): MediaInfo {
  return made.get(name) ?? expect.fail(`${name} was not made.`);
}
const words = (text: string): string[] => text.split(" ");
const picture = (rate = 25): string[] => words(`-f lavfi -i testsrc=s=160x90:r=${rate}:d=2`);
const tone = words("-f lavfi -i sine=f=300:r=48000:d=3.5");
const h264 = words("-c:v libx264 -preset ultrafast -bf 2 -pix_fmt yuv420p");
const vp8 = words("-c:v libvpx -deadline realtime -b:v 100k");
const srt = "1\n00:00:00,500 --> 00:00:01,500\nHola, «mundo»\n\n";

/** Large white letters on a black box, from 0.5 to 1.5 s. */
const boxedText = `[Script Info]
ScriptType: v4.00+
PlayResX: 160
PlayResY: 90

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BackColour, BorderStyle, Outline, Shadow, Alignment
Style: Default,DejaVu Sans,40,&H00FFFFFF,&H00000000,&H00000000,3,4,0,2

[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.50,0:00:01.50,Default,Hola mundo
`;

beforeAll(async () => {
  tools = await foundTools();
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
  await writeFile(at("new.srt"), srt);
  await writeFile(at("it's: [100%] drawn,.ass"), boxedText);
  await writeFile(at("chapters.txt"), chapters);
  const mpeg4 = words("-c:v mpeg4 -c:a libmp3lame");
  await Promise.all([
    make(
      "in.mp4",
      ...picture(),
      ...tone,
      ...h264,
      ...words("-c:a aac -metadata:s:a:0 language=eng"),
    ),
    make(
      "in.mkv",
      ...picture(30),
      ...tone,
      ...h264,
      ...words("-c:a aac -metadata:s:a:0 language=eng"),
    ),
    make("in.webm", ...picture(), ...tone, ...vp8, ...words("-c:a libopus -b:a 48k")),
    make("in.avi", ...picture(), ...tone, ...mpeg4),
    make("in.mov", ...picture(), ...tone, ...h264, ...words("-c:a pcm_s16le")),
    make("in.ts", ...picture(), ...tone, ...h264, ...words("-c:a aac")),
  ]);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const chapters = `;FFMETADATA1
title=A talk
[CHAPTER]
TIMEBASE=1/1000
START=0
END=900
title=One
[CHAPTER]
TIMEBASE=1/1000
START=900
END=2000
title=Two
`;

/** A dub of the right length with one click, encoded for the file. */
function dub(info: MediaInfo, extension: string): Promise<MediaInfo> {
  const length = Math.round(info.duration * 48_000);
  const key = `${length}${extension}`;
  const made = dubs.get(key) ?? makeDub(length, key);
  dubs.set(key, made);
  return made;
}

async function makeDub(length: number, key: string): Promise<MediaInfo> {
  const { soundCodec, soundExtension } = formatOfExtension(key);
  const [wav, outPath] = [at(`${key}.source.wav`), at(`${key}.dub${soundExtension}`)];
  const samples = new Int16Array(length * 2).fill(29_490, click * 2, click * 2 + 2);
  await writeFile(wav, forgedWav({ samples, channels: 2, sampleRate: 48_000 }));
  return await encodeSound(tools, { path: wav, outPath, codec: soundCodec });
}

async function muxed(
  info: MediaInfo,
  extension: string,
  extra: Partial<MuxRequest> = {},
  name = `out-${counter++}${extension}`,
): Promise<MediaInfo> {
  const { container } = formatOfExtension(`x${extension}`);
  const sound = { info: await dub(info, extension), language: "spa", title: "Spanish (dub)" };
  return await mux(tools, { info, outPath: at(name), container, sound, ...extra });
}

/** Size and hash of each packet of the picture, and its time against the first. */
async function packets(path: string): Promise<readonly string[]> {
  const lines: string[] = [];
  const shown = words("-show_entries packet=size,data_hash -show_data_hash md5 -of csv=p=0");
  await runChild(tools.ffprobe, [...words("-v error -select_streams v:0"), ...shown, path], {
    onLine: (line) => {
      // MPEG-TS adds a line of side data to each packet.
      if (line.includes("MD5:")) lines.push(line);
    },
  });
  expect(lines.length).toBeGreaterThan(20);
  return lines;
}

/** Where a stream of the result has its loudest sample. */
async function loudest(info: MediaInfo, stream = info.audio[0]?.index as number): Promise<number> {
  const [path, outPath] = [info.path, at(`loudest-${counter++}.wav`)];
  await extractSound(tools, { path, info, stream, outPath, duration: info.duration });
  const { offset, frames } = await findWavData(outPath);
  const bytes = await readFile(outPath);
  let best = 0;
  const value = (frame: number): number => Math.abs(bytes.readInt16LE(offset + frame * 4));
  for (let frame = 0; frame < frames; frame++) if (value(frame) > value(best)) best = frame;
  return best;
}

// Side by side, because most of the time is spent starting processes.
describe.concurrent("mux", () => {
  const copies: readonly [source: string, extension: string, off: number][] = [
    ["in.mp4", ".mp4", 2],
    ["in.webm", ".webm", 50],
    ["in.avi", ".avi", 100],
    ["in.mkv", ".mp4", 2],
    ["in.ts", ".mkv", 50],
    ["in.mov", ".mov", 2],
    ["in.mkv", ".mkv", 50],
    ["in.mp4", ".mkv", 50],
  ];

  it.each(longOrShort(copies, copies.slice(0, 5)))(
    "copies the picture of %s into %s bit for bit and keeps the dub in place",
    async (source, extension, off) => {
      const info = madeBefore(source);
      const out = await muxed(info, extension);
      expect(out.container).toBe(extension.slice(1));
      const before = pictures.get(source) ?? packets(at(source));
      pictures.set(source, before);
      const after = await packets(out.path);
      // MPEG-TS carries the same picture in another packing.
      if (source !== "in.ts") expect(after).toEqual(await before);
      expect(after).toHaveLength((await before).length);
      const frame = 1 / (info.video?.frameRate as number);
      expect(Math.abs(out.duration - info.duration)).toBeLessThan(frame);
      expect(out.video?.startTime).toBeCloseTo(info.video?.startTime as number, 2);
      expect(out.audio).toHaveLength(1);
      expect(out.audio[0]?.isDefault || extension === ".avi").toBe(true);
      expect(Math.abs((await loudest(out)) - click)).toBeLessThanOrEqual(off);
    },
  );

  it.each(["in.mp4", "in.mkv", "in.webm", "in.avi", "in.mov"])(
    "keeps the original of %s as the second track, in place, not default, not beyond the picture",
    async (source) => {
      const info = madeBefore(source);
      const extension = source.slice(2);
      const out = await muxed(info, extension, { keepOriginal: true }, `kept${extension}`);
      expect(out.audio).toHaveLength(2);
      if (extension !== ".avi") {
        expect(out.audio[0]).toMatchObject({ language: "spa", isDefault: true });
        expect(out.audio[1]).toMatchObject({ isDefault: false });
      }
      if (source === "in.mp4" || source === "in.mkv") expect(out.audio[1]?.language).toBe("eng");
      const lines: string[] = [];
      await runChild(
        tools.ffprobe,
        [...words("-v error -show_entries format=duration -of csv=p=0"), out.path],
        { onLine: (line) => lines.push(line) },
      );
      expect(Number(lines[0])).toBeLessThan(info.duration + 0.08);
    },
  );

  it("keeps a picture that starts late and a sound that starts late where they were", async () => {
    const late = words("-itsoffset 0.5");
    for (const kind of [".mp4", ".mkv"]) {
      const passed = words("-fps_mode passthrough -c:a aac");
      const lateSound = [...picture(), ...late, ...tone];
      const lateVideo = [...late, ...picture(), ...tone];
      const one = kind === ".mp4" ? lateSound : lateVideo;
      for (const inputs of longOrShort([lateSound, lateVideo], [one])) {
        const info = await make(`late-in${kind}`, ...inputs, ...h264, ...passed);
        const out = await muxed(info, kind, { keepOriginal: true }, `late${kind}`);
        expect(out.video?.startTime).toBeCloseTo(info.video?.startTime as number, 1);
        expect(out.audio[1]?.startTime).toBeCloseTo(info.audio[0]?.startTime as number, 1);
        expect(Math.abs((await loudest(out)) - click)).toBeLessThanOrEqual(50);
        expect(Math.abs(out.duration - info.duration)).toBeLessThan(0.04);
      }
    }
  });

  it.each([
    ["in.mp4", ".mp4", "mov_text"],
    ["in.mkv", ".mkv", "subrip"],
    ["in.webm", ".webm", "webvtt"],
    ["in.mov", ".mov", "mov_text"],
  ])("puts subtitles into %s with language and default mark", async (source, extension, codec) => {
    const info = madeBefore(source);
    const path = at("new.srt");
    const subtitles = [
      { path, language: "spa", title: "Spanish", isDefault: true },
      { path, language: "eng" },
    ];
    const out = await muxed(info, extension, { subtitles }, `subtitles${extension}`);
    expect(out.subtitles).toMatchObject([
      { codec, language: "spa", isDefault: true },
      { codec, language: "eng", isDefault: false },
    ]);
    expect(Math.abs(out.duration - info.duration)).toBeLessThan(0.04);
  });

  it("keeps the source's own subtitles, chapters and tags when asked", async () => {
    for (const extension of [".mp4", ".mkv"]) {
      const info = await make(
        `rich${extension}`,
        ...["-i", localFile(at("in.mp4")), "-i", localFile(at("new.srt"))],
        ...["-i", localFile(at("chapters.txt")), ...words("-map 0 -map 1 -map_metadata 2 -c copy")],
        ...["-c:s", extension === ".mp4" ? "mov_text" : "srt"],
        ...words("-metadata:s:s:0 language=eng -t 2"),
      );
      const other = extension === ".mp4" ? ".mkv" : ".mp4";
      for (const target of longOrShort([extension, other], [other])) {
        const subtitles = [{ path: at("new.srt"), language: "spa", isDefault: true }];
        const extra = { subtitles, keepSubtitles: true };
        const out = await muxed(info, target, extra, `rich-out${target}`);
        expect(out.subtitles.map(({ language }) => language)).toEqual(["spa", "eng"]);
        expect(out.subtitles.map(({ isDefault }) => isDefault)).toEqual([true, false]);
        expect(out.chapters).toBe(2);
        expect(out.tags.title ?? out.tags.TITLE).toBe("A talk");
      }
    }
  });

  it("keeps cover art, and does not take it for the video", async () => {
    const cover = words(
      "-map 0 -map 1 -c:v:1 mjpeg -pix_fmt:v:1 yuvj420p -disposition:v:1 attached_pic",
    );
    const info = await make(
      "cover.mp4",
      ...["-i", localFile(at("in.mp4")), ...words("-f lavfi -i testsrc=s=64x64:r=25:d=0.04")],
      ...[...words("-c copy"), ...cover],
    );
    expect(info).toMatchObject({ video: { codec: "h264" }, pictures: [{ codec: "mjpeg" }] });
    const out = await muxed(info, ".mp4", {}, "cover-out.mp4");
    expect(out).toMatchObject({ video: { codec: "h264" }, pictures: [{ codec: "mjpeg" }] });
    const matroska = await muxed(info, ".mkv", {}, "cover-out.mkv");
    expect(matroska).toMatchObject({ video: { codec: "h264" }, pictures: [{ codec: "mjpeg" }] });
    const again = await muxed(matroska, ".mkv", {}, "cover-again.mkv");
    expect(again).toMatchObject({ video: { codec: "h264" }, pictures: [{ codec: "mjpeg" }] });
    const song = await make(
      "cover.mp3",
      ...["-i", localFile(at("cover.mp4")), ...words("-map 0:a -map 0:v:1 -c:v copy -t 2")],
    );
    const sung = await muxed(song, ".mp3", {}, "cover-out.mp3");
    expect(sung).toMatchObject({ pictures: [{ codec: "mjpeg" }] });
    expect(sung.video).toBeUndefined();
  });

  it.each(longOrShort([".mp3", ".wav", ".flac", ".m4a", ".opus"], [".mp3", ".wav", ".opus"]))(
    "dubs a sound file into %s",
    async (extension) => {
      const codec = extension === ".opus" ? words("-c:a libopus") : [];
      const info = await make(
        `sound${extension}`,
        ...words("-f lavfi -i sine=r=48000:d=2"),
        ...codec,
      );
      expect(outputFormat(info).extension).toBe(extension);
      const out = await muxed(info, extension);
      expect(out.video).toBeUndefined();
      expect(out.duration).toBeCloseTo(info.duration, 1);
      expect(Math.abs((await loudest(out)) - click)).toBeLessThanOrEqual(60);
    },
  );

  it("leaves the picture out when only the sound is asked for", async () => {
    const info = madeBefore("in.mp4");
    const { extension } = outputFormat(info, { audioOnly: true });
    expect(extension).toBe(".m4a");
    const out = await muxed(info, extension, { audioOnly: true }, "only.m4a");
    expect(out.video).toBeUndefined();
    expect(out.duration).toBeCloseTo(2, 1);
  });

  it("gives the same bytes on two runs", async () => {
    const some = ["in.mp4", "in.mkv"];
    for (const source of longOrShort([...some, "in.webm", "in.avi"], some)) {
      const info = madeBefore(source);
      const extension = source.slice(2);
      const hashes: string[] = [];
      for (const name of [`one${extension}`, `two${extension}`]) {
        await muxed(info, extension, { keepOriginal: true }, name);
        hashes.push(
          createHash("sha256")
            .update(await readFile(at(name)))
            .digest("hex"),
        );
      }
      expect(hashes[0], source).toBe(hashes[1]);
    }
  });

  it("works with odd names on every side", async () => {
    const name = 'it\'s [a] "test": 100%d, Привет.mp4';
    await copyFile(at("in.mp4"), at(name));
    await copyFile(at("new.srt"), at("su'b:s, [1].srt"));
    const info = await probe(tools, at(name));
    const subtitles = [{ path: at("su'b:s, [1].srt"), language: "spa" }];
    const out = await muxed(info, ".mp4", { subtitles }, `out ${name}`);
    expect(out.subtitles).toHaveLength(1);
  });

  it("takes subtitles without a single cue", async () => {
    await writeFile(at("none.srt"), "");
    const info = madeBefore("in.mp4");
    const subtitles = [{ path: at("none.srt"), language: "spa" }];
    for (const extension of [".mp4", ".mkv"]) {
      expect((await muxed(info, extension, { subtitles })).subtitles).toHaveLength(1);
    }
  });

  it("refuses what a container cannot hold", async () => {
    const info = madeBefore("in.mp4");
    await expect(muxed(info, ".webm")).rejects.toMatchObject({ code: "invalid_options" });
    const subtitles = [{ path: at("new.srt"), language: "spa" }];
    await expect(muxed(info, ".avi", { subtitles })).rejects.toMatchObject({
      code: "invalid_options",
    });
    expect(() => formatOfExtension("x.webm", info)).toThrow("h264");
    expect(() => formatOfExtension("x.docx")).toThrow("docx");
    expect(outputFormat(madeBefore("in.ts")).container).toBe("mkv");
  });
});

describe.concurrent("burnSubtitles", () => {
  const drawn: readonly [source: string, extension: string, codec: string][] = [
    ["in.mp4", ".mp4", "h264"],
    ["in.webm", ".webm", "vp9"],
    ["in.avi", ".avi", "h264"],
    ["in.mkv", ".mkv", "h264"],
  ];

  it.each(longOrShort(drawn, drawn.slice(0, 2)))(
    "draws the text into the picture of %s",
    async (source, extension, codec) => {
      const info = madeBefore(source);
      const path = at("it's: [100%] drawn,.ass");
      const outPath = at(`burnt${extension}`);
      const request = { path: info.path, info, subtitlePath: path, outPath, preset: "ultrafast" };
      await burnSubtitles(tools, request);
      const burnt = await probe(tools, outPath);
      expect(burnt.video?.codec).toBe(codec);
      expect(burnt.audio).toEqual([]);
      // The picture differs while the text is shown, and only then.
      expect(await likeness(source, outPath, 1)).toBeLessThan(25);
      expect(await likeness(source, outPath, 0.1)).toBeGreaterThan(25);
      const out = await muxed(info, extension, { picture: outPath }, `drawn${extension}`);
      expect(Math.abs(out.duration - info.duration)).toBeLessThan(0.045);
      expect(out.video?.codec).toBe(codec);
    },
  );

  it("keeps a late start, a variable frame rate and an odd size playable", async () => {
    const vfr = ["-vf", "scale=161:91,select='lt(n,25)+eq(mod(n,5),0)'"];
    const late = words("-itsoffset 0.5 -f lavfi -i testsrc=s=160x90:r=25:d=2");
    const coding = words("-fps_mode passthrough -c:v ffv1 -c:a aac");
    const info = await make("odd.mkv", ...late, ...tone, ...vfr, ...coding);
    expect(info.video).toMatchObject({ width: 161, height: 91, startTime: expect.closeTo(0.5, 1) });
    const outPath = at("odd-burnt.mp4");
    const request = { path: info.path, info, subtitlePath: at("new.srt"), outPath };
    await burnSubtitles(tools, { ...request, preset: "ultrafast" });
    const out = await muxed(info, ".mp4", { picture: outPath }, "odd-out.mp4");
    expect(out.video).toMatchObject({ width: 160, height: 90, startTime: expect.closeTo(0.5, 1) });
    expect(Math.abs(out.duration - info.duration)).toBeLessThan(0.2);
  });

  it("refuses sound without a picture", async () => {
    const info = await make("sound.wav", ...tone);
    const request = { path: info.path, info, subtitlePath: at("new.srt"), outPath: at("x.mp4") };
    await expect(burnSubtitles(tools, request)).rejects.toMatchObject({ code: "invalid_media" });
  });

  /** PSNR of one moment of two files, dB. */
  async function likeness(source: string, other: string, time: number): Promise<number> {
    const inputs = [source, other].flatMap((path) => [
      "-ss",
      String(time),
      "-i",
      localFile(at(path.split("/").at(-1) as string)),
    ]);
    const graph = "[0:v]format=gray[a];[1:v]format=gray[b];[a][b]psnr";
    const args = [...inputs, "-frames:v", "1", "-lavfi", graph, "-f", "null", "-"];
    const { stderr } = await runFfmpeg(tools, args, { logLevel: "info" });
    return Number(/PSNR.*average:([\d.]+|inf)/.exec(stderr)?.[1]?.replace("inf", "Infinity"));
  }
});
