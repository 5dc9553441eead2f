/** Every kind of file in, the same kind out: picture untouched, dub first, nothing that was in it lost. */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dubSmall } from "./support/dub.ts";
import { listen, onset, type Packet, packetsOf } from "./support/listen.ts";
import { longOrShort } from "./support/long-or-short.ts";
import { ffmpeg, ffprobe, type Probed, packetHashes } from "./support/media.ts";

let folder: string;
const at = (name: string): string => join(folder, name);
const words = (text: string): string[] => text.split(" ");
const seconds = 4;
const frame = 1 / 25;

/** Silence but for two short tones, so that they and the voice can be told apart. */
const bursts = "between(t,0.3,0.36)+between(t,3.4,3.46)";
const sound = [
  ...["-f", "lavfi", "-i"],
  `aevalsrc='0.4*sin(2*PI*1000*t)*(${bursts})':s=48000:c=stereo:d=${seconds}`,
];
const picture = words(`-f lavfi -i testsrc=s=160x90:r=25:d=${seconds}`);
const h264 = words("-c:v libx264 -preset ultrafast -bf 2 -pix_fmt yuv420p");
const english = words("-metadata:s:a:0 language=eng");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-formats-"));
  await writeFile(
    at("talk.es.srt"),
    "1\n00:00:01,000 --> 00:00:02,800\nHola, esto es una prueba.\n",
  );
  await writeFile(at("en.srt"), "1\n00:00:01,000 --> 00:00:02,800\nHello, this is a test.\n");
  await writeFile(at("chapters.txt"), chapters);
  await ffmpeg(...words("-f lavfi -i color=red:s=64x64 -frames:v 1"), at("cover.png"));
  const both = [...picture, ...sound];
  const cover = ["-i", at("cover.png")];
  const text = ["-i", at("en.srt")];
  const more = ["-i", at("chapters.txt"), "-map_metadata", "4", "-map_chapters", "4"];
  const full = [...both, ...cover, ...text, ...more];
  const all = words("-map 0:v -map 1:a -map 2:v -map 3:s");
  const eng = words("-metadata:s:s:0 language=eng");
  await Promise.all([
    ffmpeg(
      ...[...full, ...all, ...h264, ...words("-c:v:1 copy -disposition:v:1 attached_pic")],
      ...[...words("-c:a aac -c:s mov_text"), ...english, ...eng, at("talk.mp4")],
    ),
    ffmpeg(
      ...[...both, ...text, ...words("-map 0 -map 1 -map 2 -c:a pcm_s16le -c:s mov_text")],
      ...[...h264, ...english, ...eng, at("talk.mov")],
    ),
    ffmpeg(
      ...[...both, ...text, ...words("-map 0 -map 1 -map 2 -map 2 -c:a aac -c:s:0 srt -c:s:1 ass")],
      ...[...h264, ...english, ...eng, "-metadata:s:s:1", "language=deu"],
      ...["-attach", at("cover.png"), "-metadata:s:t", "mimetype=image/png", at("talk.mkv")],
    ),
    ffmpeg(
      ...[...both, ...text, ...words("-map 0 -map 1 -map 2 -c:v libvpx -deadline realtime")],
      ...[...words("-b:v 100k -c:a libopus -c:s webvtt"), ...english, ...eng, at("vp8.webm")],
    ),
    ffmpeg(
      ...[...both, ...words("-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 100k")],
      ...[...words("-c:a libopus"), ...english, at("vp9.webm")],
    ),
    ffmpeg(...both, ...words("-c:v mpeg4 -q:v 5 -c:a libmp3lame -b:a 128k"), at("talk.avi")),
    ffmpeg(...picture, ...h264, at("silent.mp4")),
    ...["wav", "flac", "opus"].map((kind) =>
      ffmpeg(...sound, ...words("-metadata title=Talk -metadata artist=Me"), at(`talk.${kind}`)),
    ),
    ...["mp3", "m4a"].map((kind) =>
      ffmpeg(
        ...[
          ...sound,
          ...cover,
          ...words("-map 0:a -map 1:v -c:v copy -metadata title=Talk -metadata artist=Me"),
        ],
        ...["-disposition:v:0", "attached_pic", at(`talk.${kind}`)],
      ),
    ),
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const chapters = `;FFMETADATA1
title=A talk
artist=Somebody
[CHAPTER]
TIMEBASE=1/1000
START=0
END=1500
title=One
[CHAPTER]
TIMEBASE=1/1000
START=1500
END=4000
title=Two
`;

type Streams = Probed["streams"];
const isCover = ({ disposition }: Streams[number]): boolean => disposition.attached_pic === 1;
const kind = (streams: Streams, type: string): Streams =>
  streams.filter((one) => one.codec_type === type && !isCover(one));

/** What holds of every dub of every kind of file. */
async function expectDub(
  name: string,
  { output, plan }: Awaited<ReturnType<typeof dubSmall>>,
): Promise<Probed> {
  const source = await ffprobe(at(name));
  const made = await ffprobe(output);
  expect(extname(output)).toBe(extname(name));
  expect(made.format.format_name).toBe(source.format.format_name);

  // The picture is copied bit for bit, cover art included, and so is its end.
  const hasVideo = kind(source.streams, "video").length > 0;
  if (source.streams.some(({ codec_type }) => codec_type === "video")) {
    expect(await packetHashes(output, "0:v")).toBe(await packetHashes(at(name), "0:v"));
  }
  const [dub] = kind(made.streams, "audio");
  expect(made.streams.findIndex(({ codec_type }) => codec_type === "audio")).toBe(hasVideo ? 1 : 0);
  const codecs = { ".avi": "mp3", ".webm": "opus", ".mp3": "mp3", ".wav": "pcm_s16le" };
  const others = { ".flac": "flac", ".opus": "opus" };
  const codec = ({ ...codecs, ...others } as Record<string, string>)[extname(name)] ?? "aac";
  expect(dub?.codec_name).toBe(codec);
  const zero = await beginning(output);
  const length =
    endOf(await packetsOf(at(name), hasVideo ? "v:0" : "a:0")) - (await beginning(at(name)));
  const tracks = hasVideo ? ["v:0", "a:0"] : ["a:0"];
  for (const track of tracks) {
    expect(Math.abs(endOf(await packetsOf(output, track)) - zero - length)).toBeLessThan(frame);
  }

  // What is spoken begins where the plan says.
  const samples = await listen(output);
  const [line] = plan.lines;
  const spokenAt = onset(samples, { from: zero + 0.8, to: zero + 2.8, share: 0.05 }) - zero;
  expect(Math.abs(spokenAt - (line?.start ?? Number.NaN))).toBeLessThan(0.03);
  return made;
}

/** The two tones of the original are where they were, to 5 ms, against the first frame or the beginning. */
async function expectInSync(name: string, output: string): Promise<void> {
  const [before, after] = await Promise.all([at(name), output].map(toneTimes));
  expect(before?.[0]).toBeCloseTo(0.3, 1);
  for (const [index, time] of (after ?? []).entries()) {
    expect(Math.abs(time - (before?.[index] ?? Number.NaN))).toBeLessThan(0.005);
  }
}

/** The timestamp of the first frame, or of the first sample where there is no picture. */
async function beginning(path: string): Promise<number> {
  const { streams, format } = await ffprobe(path);
  if (kind(streams, "video").length === 0) return Number(format.start_time ?? 0);
  return (await packetsOf(path, "v:0"))[0]?.time ?? Number.NaN;
}

function endOf(packets: readonly Packet[]): number {
  return packets.reduce((latest, { end }) => Math.max(latest, end), Number.NEGATIVE_INFINITY);
}

async function toneTimes(path: string): Promise<readonly number[]> {
  const zero = await beginning(path);
  const samples = await listen(path);
  const windows = [
    [0.1, 0.8],
    [3.1, 3.9],
  ] as const;
  return windows.map(([from, to]) => onset(samples, { from: zero + from, to: zero + to }) - zero);
}

const keep = ["--background", "keep", "--loudness", "off"];

const videos = ["talk.mp4", "talk.mkv", "vp8.webm", "talk.mov", "vp9.webm"];

describe.each(longOrShort(videos, videos.slice(0, 3)))("%s", (name) => {
  it("gets the dub first, keeps the original second, and carries subtitles in both languages", async () => {
    const run = await dubSmall(folder, name, [...keep, "--keep-original"]);
    const made = await expectDub(name, run);
    await expectInSync(name, run.output);
    const [dub, original, ...rest] = kind(made.streams, "audio");
    expect(rest).toEqual([]);
    expect(dub).toMatchObject({ tags: { language: "spa" }, disposition: { default: 1 } });
    expect(original).toMatchObject({ tags: { language: "eng" }, disposition: { default: 0 } });
    const source = await ffprobe(at(name));
    const before = kind(source.streams, "subtitle");
    const [said, ...kept] = kind(made.streams, "subtitle");
    expect(said).toMatchObject({ tags: { language: "spa" }, disposition: { default: 1 } });
    expect(
      kept.map(({ codec_name, tags, disposition }) => [
        codec_name,
        tags?.language,
        disposition.default,
      ]),
    ).toEqual(before.map(({ codec_name, tags }) => [codec_name, tags?.language, 0]));
    expect(await subtitleText(run.output, 0)).toContain("Hola, esto es una prueba.");
    if (before.length > 0)
      expect(await subtitleText(run.output, 1)).toContain("Hello, this is a test.");
    expect(run.warnings).toEqual([]);
  });
});

async function subtitleText(path: string, index: number): Promise<string> {
  const out = at(`text-${Math.random().toString(36).slice(2)}.srt`);
  await ffmpeg("-i", path, "-map", `0:s:${index}`, out);
  return await readFile(out, "utf8");
}

it("keeps chapters, tags and cover art of an MP4", async () => {
  const made = await ffprobe(at("talk.es.mp4"));
  const source = await ffprobe(at("talk.mp4"));
  expect(made.chapters).toHaveLength(2);
  const times = (probed: Probed): unknown =>
    (probed.chapters as { start_time: string; end_time: string; tags: unknown }[]).map(
      ({ start_time, end_time, tags }) => [start_time, end_time, tags],
    );
  expect(times(made)).toEqual(times(source));
  expect(made.format.tags).toMatchObject({ title: "A talk", artist: "Somebody" });
  expect(made.streams.filter(isCover)).toHaveLength(1);
});

it("keeps the attachments of a Matroska file", async () => {
  const made = await ffprobe(at("talk.es.mkv"));
  expect(made.streams.filter(isCover)).toHaveLength(1);
});

it("writes an AVI, puts the subtitles beside it, says so, and keeps the text it was given", async () => {
  const given = await readFile(at("talk.es.srt"), "utf8");
  const run = await dubSmall(folder, "talk.avi", keep);
  const made = await expectDub("talk.avi", run);
  await expectInSync("talk.avi", run.output);
  expect(kind(made.streams, "subtitle")).toEqual([]);
  // The usual name beside talk.es.avi is that of the person's own file.
  expect(run.warnings).toEqual([expect.stringContaining("talk.es.spoken.srt")]);
  expect(await readFile(at("talk.es.srt"), "utf8")).toBe(given);
  expect(await readFile(at("talk.es.spoken.srt"), "utf8")).toContain("Hola, esto es una prueba.");
});

const sounds = ["talk.mp3", "talk.wav", "talk.opus", "talk.flac", "talk.m4a"];

describe.each(longOrShort(sounds, sounds.slice(0, 3)))("%s", (name) => {
  it("stays what it is, with its tags and its cover, and loses no time", async () => {
    const out = at(`dub-of-${name}`);
    const run = await dubSmall(folder, name, [...keep, "-o", out]);
    const made = await expectDub(name, run);
    await expectInSync(name, out);
    const source = await ffprobe(at(name));
    const covers = (probed: Probed): number => probed.streams.filter(isCover).length;
    expect(covers(made)).toBe(covers(source));
    const title = (probed: Probed): string | undefined =>
      probed.format.tags?.title ??
      probed.format.tags?.TITLE ??
      probed.streams[0]?.tags?.title ??
      probed.streams[0]?.tags?.TITLE;
    expect(title(made)).toBe("Talk");
  });
});

it("dubs a video without sound and says that the dub stands alone", async () => {
  const run = await dubSmall(folder, "silent.mp4");
  await expectDub("silent.mp4", run);
  expect(run.warnings).toEqual([expect.stringContaining("no sound")]);
  expect((await stat(run.output)).size).toBeGreaterThan(1000);
});
