/** However odd the times of a file are, nothing moves against the picture; and the same run gives the same bytes. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dubSmall, runJson } from "./support/dub.ts";
import { listen, onset, packetsOf, pictureHash, rmsDb } from "./support/listen.ts";
import { longOrShort } from "./support/long-or-short.ts";
import { ffmpeg, ffprobe } from "./support/media.ts";

let folder: string;
const at = (name: string): string => join(folder, name);
const words = (text: string): string[] => text.split(" ");
const keep = ["--background", "keep", "--loudness", "off"];

const picture = (seconds = 4): string[] => words(`-f lavfi -i testsrc=s=160x90:r=25:d=${seconds}`);
const h264 = words("-c:v libx264 -preset ultrafast -pix_fmt yuv420p");
/** Silence with a tone at 0.3 s and at 3.2 s of its own time. */
const sound = (hz = 1000, seconds = 3.6): string[] => [
  ...["-f", "lavfi", "-i"],
  `aevalsrc='0.4*sin(2*PI*${hz}*t)*(between(t,0.3,0.36)+between(t,3.2,3.26))':s=48000:c=stereo:d=${seconds}`,
];
const later = ["-itsoffset", "0.5"];
const late10 = ["-output_ts_offset", "10"];
const aac = words("-c:a aac -b:a 128k");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-sync-"));
  await writeFile(
    at("talk.es.srt"),
    "1\n00:00:01,000 --> 00:00:02,800\nHola, esto es una prueba.\n",
  );
  const plain = [...picture(), ...sound(1000, 4)];
  await ffmpeg(...plain, ...h264, ...aac, at("plain.mp4"));
  await Promise.all([
    ...["mp4", "mkv"].flatMap((kind) => [
      ffmpeg(...picture(), ...later, ...sound(), ...h264, ...aac, at(`sound-late.${kind}`)),
      ffmpeg(
        ...[...later, "-i", at("plain.mp4"), "-i", at("plain.mp4")],
        ...[...words("-map 0:v -map 1:a -c copy"), at(`picture-late.${kind}`)],
      ),
    ]),
    ffmpeg("-i", at("plain.mp4"), "-c", "copy", at("stream.ts")),
    ffmpeg(
      ...["-i", at("plain.mp4"), "-i", at("talk.es.srt"), "-map", "0", "-map", "1", "-c", "copy"],
      ...["-metadata:s:s:0", "language=spa", ...late10, at("at-ten.mkv")],
    ),
    ffmpeg(
      ...[
        ...plain,
        "-vf",
        "select='not(eq(mod(n,5),2))+gt(n,60)*0',setpts='N/25/TB+floor(N/7)*0.013/TB'",
      ],
      ...[
        ...words("-fps_mode passthrough -enc_time_base 1:90000"),
        ...h264,
        ...aac,
        at("variable.mp4"),
      ],
    ),
    ffmpeg(
      ...[...picture(), ...sound(1000, 4), ...sound(3000, 4), ...words("-map 0 -map 1 -map 2")],
      ...[...h264, ...aac, ...words("-metadata:s:a:0 language=eng -metadata:s:a:1 language=fra")],
      ...[...words("-disposition:a:0 0 -disposition:a:1 default"), at("two.mkv")],
    ),
    ffmpeg(...plain, ...words("-c:v libvpx -deadline realtime -c:a libopus"), at("plain.webm")),
  ]);
  await ffmpeg(
    ...["-i", at("plain.mp4"), "-c", "copy", "-metadata:s:v:0", "rotate=90", at("rotated.mp4")],
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Times of the two tones, of the first frame and of the end of the last one, as the file has them. */
async function timesOf(path: string, tones: readonly [number, number]) {
  const frames = await packetsOf(path, "v:0");
  const samples = await listen(path);
  const zero = frames[0]?.time ?? Number.NaN;
  const heard = tones.map((time) =>
    onset(samples, { from: zero + time - 0.2, to: zero + time + 0.2 }),
  );
  return { zero, samples, heard: heard.map((time) => time - zero), frames };
}

const packetHash = async (path: string): Promise<string> =>
  (await packetsOf(path, "v:0")).map(({ hash }) => hash).join("\n");

/** Tones against the first frame, sources as they are made above. */
const table: readonly [name: string, tones: readonly [number, number]][] = [
  ["variable.mp4", [0.3, 3.2]],
  ["sound-late.mp4", [0.8, 3.7]],
  ["sound-late.mkv", [0.8, 3.7]],
  ["picture-late.mp4", [-0.2, 2.7]],
  ["picture-late.mkv", [-0.2, 2.7]],
  ["at-ten.mkv", [0.3, 3.2]],
  ["stream.ts", [0.3, 3.2]],
  ["rotated.mp4", [0.3, 3.2]],
];

const some = table.filter(([name]) => !["sound-late.mkv", "picture-late.mp4"].includes(name));

describe.each(longOrShort(table, some))("%s", (name, tones) => {
  it("keeps every frame and every sound where it was, and the dub where the plan says", async () => {
    const { output, plan } = await dubSmall(folder, name, keep);
    const [before, after] = await Promise.all([timesOf(at(name), tones), timesOf(output, tones)]);
    // In MPEG-TS the same frames are cut into other packets: what they show has to be the same.
    const seen = name.endsWith(".ts") ? pictureHash : packetHash;
    expect(await seen(output)).toBe(await seen(at(name)));
    for (const [index, { time }] of after.frames.entries()) {
      const was = before.frames[index]?.time ?? Number.NaN;
      expect(Math.abs(time - after.zero - (was - before.zero))).toBeLessThan(0.0015);
    }
    for (const [index, time] of after.heard.entries()) {
      // Where the tone is is known by construction, but for the delay a bare stream's encoder leaves in.
      expect(
        Math.abs((before.heard[index] ?? Number.NaN) - (tones[index] ?? Number.NaN)),
      ).toBeLessThan(0.03);
      expect(Math.abs(time - (before.heard[index] ?? Number.NaN))).toBeLessThan(0.005);
    }
    // The plan's zero is the beginning of the file, which may be earlier than its first frame.
    const lead = before.zero - Number((await ffprobe(at(name))).format.start_time);
    const begin = after.zero - lead;
    const spoken = onset(after.samples, { from: begin + 0.9, to: begin + 2.5, share: 0.05 });
    const planned = plan.lines[0]?.start ?? Number.NaN;
    expect(Math.abs(spoken - begin - planned)).toBeLessThan(0.03);
    const last = (frames: typeof after.frames): number => Math.max(...frames.map(({ end }) => end));
    expect(
      Math.abs(last(after.frames) - after.zero - (last(before.frames) - before.zero)),
    ).toBeLessThan(0.04);
    const sounds = await packetsOf(output, "a:0");
    expect(Math.abs(last(sounds) - last(after.frames))).toBeLessThan(0.04);
  });
});

it("keeps the rotation a player applies", async () => {
  const rotation = async (path: string): Promise<unknown> => {
    const { streams } = await ffprobe(path);
    return (streams[0] as unknown as { side_data_list?: unknown }).side_data_list;
  };
  expect(JSON.stringify(await rotation(at("rotated.mp4")))).toContain('"rotation":');
  expect(await rotation(at("rotated.es.mp4"))).toEqual(await rotation(at("rotated.mp4")));
});

it("reads the text inside a file on the file's own clock", async () => {
  const args = ["dub", at("at-ten.mkv"), "--to", "es", "--workdir", at("work-inside"), ...keep];
  const { result, code } = await runJson([...args, "-o", at("inside.mkv")]);
  expect(code).toBe(0);
  const subs = await readFile(join(result.languageDirectory, "subs.srt"), "utf8");
  // 21 ms are the encoder's: the file begins with a packet of sound that is thrown away, and its first frame is there.
  expect(subs).toContain("00:00:01,021 --> 00:00:02,821");
});

describe("of several sounds", () => {
  const tonesOf = async (path: string, stream = "0:a:0"): Promise<readonly number[]> => {
    const samples = await listen(path, stream);
    const part = samples.subarray(3.2 * 48_000, 3.26 * 48_000);
    return [1000, 3000].map((hz) => powerAt(part, hz));
  };
  it("takes the default one, and keeps that one", async () => {
    const { output } = await dubSmall(folder, "two.mkv", [...keep, "--keep-original"]);
    for (const stream of ["0:a:0", "0:a:1"]) {
      const [low = 0, high = 0] = await tonesOf(output, stream);
      expect(high).toBeGreaterThan(100 * low);
    }
    const { streams } = await ffprobe(output);
    expect(streams[2]).toMatchObject({ tags: { language: "fra" }, disposition: { default: 0 } });
  });

  it("takes the one that is asked for, and keeps that one", async () => {
    const picked = [...keep, "--keep-original", "--audio-stream", "0"];
    const { output } = await dubSmall(folder, "two.mkv", picked);
    for (const stream of ["0:a:0", "0:a:1"]) {
      const [low = 0, high = 0] = await tonesOf(output, stream);
      expect(low).toBeGreaterThan(100 * high);
    }
    const { streams } = await ffprobe(output);
    expect(streams[2]).toMatchObject({ tags: { language: "eng" }, disposition: { default: 0 } });
  });

  it.each([[keep], [["--background", "off"]]])(
    "refuses one that is not there (%j)",
    async (how) => {
      const args = ["dub", at("two.mkv"), "--subs", at("talk.es.srt"), "--to", "es"];
      const picked = [...how, "--workdir", at("work-two.mkv"), "--audio-stream", "2"];
      const { code, result } = await runJson([...args, ...picked]);
      expect({ code, error: result.error }).toMatchObject({
        code: 2,
        error: { code: "invalid_options", message: expect.stringContaining("has 2") },
      });
    },
  );
});

/** Power of one frequency (Goertzel). */
function powerAt(samples: Float32Array, hz: number): number {
  const step = (2 * Math.PI * hz) / 48_000;
  let [real, imaginary] = [0, 0];
  for (const [index, one] of samples.entries()) {
    real += one * Math.cos(step * index);
    imaginary += one * Math.sin(step * index);
  }
  return (real ** 2 + imaginary ** 2) / samples.length ** 2;
}

it.each(longOrShort(["plain.mp4", "at-ten.mkv", "plain.webm"], ["plain.mp4"]))(
  "gives the same bytes twice: %s",
  async (name) => {
    const outputs = [];
    for (const [index, workers] of ["1", "2"].entries()) {
      const out = at(`again-${index}-${name}`);
      await dubSmall(folder, name, [
        ...(name === "plain.mp4" ? [] : keep),
        "-o",
        out,
        "--workdir",
        at(`again-${index}-${name}.work`),
        "--workers",
        workers,
      ]);
      outputs.push(await readFile(out));
    }
    expect(outputs[0]?.equals(outputs[1] as Buffer)).toBe(true);
    const samples = await listen(at(`again-0-${name}`));
    expect(rmsDb(samples, 0, samples.length / 48_000)).toBeGreaterThan(-40);
  },
);
