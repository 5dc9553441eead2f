/** Subtitles in the picture: drawn while somebody speaks, nowhere else, in a font that has the letters. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dubSmall, quickMix, runJson } from "./support/dub.ts";
import { frameAt, packetsOf } from "./support/listen.ts";
import { ffmpeg, ffprobe } from "./support/media.ts";

let folder: string;
const at = (name: string): string => join(folder, name);
const [width, height] = [320, 180];
/** A moment with the first cue, and one between the cues. */
const [on, off] = [1.2, 3.6];
const texts = {
  es: "¿Qué pasó mañana?\n\n2\n00:00:04,200 --> 00:00:05,000\nNada.\n",
  ru: "Ещё один объект, ёлка и щука.\n\n2\n00:00:04,200 --> 00:00:05,000\nКонец.\n",
  am: "ሰላም ለዓለም።\n",
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-burn-in-"));
  await ffmpeg(
    ...["-f", "lavfi", "-i", `color=c=0x305070:s=${width}x${height}:r=25:d=5`],
    ...["-f", "lavfi", "-i", "anoisesrc=c=pink:a=0.1:r=48000:d=5:seed=1"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", at("talk.mp4")],
  );
  await ffmpeg(
    "-i",
    at("talk.mp4"),
    "-c",
    "copy",
    "-metadata:s:v:0",
    "rotate=90",
    at("turned.mp4"),
  );
  for (const [language, text] of Object.entries(texts)) {
    await writeFile(at(`talk.${language}.srt`), `1\n00:00:00,500 --> 00:00:02,500\n${text}`);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Pixels that differ clearly between two files at a time: in the lower third, and above it. */
async function changed(a: string, b: string, time: number, wide = width) {
  const [first, second] = await Promise.all([frameAt(a, time), frameAt(b, time)]);
  expect(first.length).toBe(width * height * 3);
  expect(second.length).toBe(first.length);
  let [low, high] = [0, 0];
  for (let pixel = 0; pixel < width * height; pixel++) {
    const differs = [0, 1, 2].some(
      (one) => Math.abs((first[pixel * 3 + one] ?? 0) - (second[pixel * 3 + one] ?? 0)) > 40,
    );
    if (!differs) continue;
    if (pixel / wide > ((width * height) / wide) * (2 / 3)) low++;
    else high++;
  }
  return { low, high };
}

/** Burns the dub of `talk.mp4` again with other arguments. */
async function burn(language: string, name: string, args: readonly string[]): Promise<string> {
  const given = ["burn", at("talk.mp4"), "--to", language, "--workdir", at(`work-${language}`)];
  const { code, result } = await runJson([...given, "-o", at(name), ...args]);
  expect({ code, error: result.error }).toEqual({ code: 0 });
  return at(name);
}

describe.each(["es", "ru"] as const)("%s", (language) => {
  it("is drawn in the lower third while it is spoken, and every frame keeps its time", async () => {
    const subs = at(`talk.${language}.srt`);
    const run = await dubSmall(folder, "talk.mp4", [
      ...["--subs", subs, "--to", language, "--workdir", at(`work-${language}`)],
      ...["--burn-mode", "hard", "--burn-preset", "ultrafast", ...quickMix],
    ]);
    const spoken = await changed(at("talk.mp4"), run.output, on);
    expect(spoken.low).toBeGreaterThan(200);
    expect(spoken.high).toBe(0);
    expect(await changed(at("talk.mp4"), run.output, off)).toEqual({ low: 0, high: 0 });
    const [before, after] = await Promise.all(
      [at("talk.mp4"), run.output].map((path) => packetsOf(path, "v:0")),
    );
    const times = (packets = before): readonly string[] =>
      (packets ?? []).map(({ time }) => time.toFixed(3));
    expect(times(after)).toEqual(times(before));
    const [source, made] = await Promise.all([ffprobe(at("talk.mp4")), ffprobe(run.output)]);
    expect(Number(made.streams[0]?.duration)).toBeCloseTo(Number(source.streams[0]?.duration), 3);
    expect(made.streams.map(({ codec_type }) => codec_type)).toEqual(["video", "audio"]);
  });
});

it("leaves subs.srt alone, soft, hard and off", async () => {
  const path = join(at("work-es"), "es", "subs.srt");
  const edited = `${await readFile(path, "utf8")}\n`;
  await writeFile(path, edited);
  for (const mode of ["soft", "hard", "off"]) {
    const out = await burn("es", `mode-${mode}.mp4`, ["--burn-mode", mode]);
    expect(await readFile(path, "utf8")).toBe(edited);
    const { streams } = await ffprobe(out);
    const tracks = streams.filter(({ codec_type }) => codec_type === "subtitle").length;
    expect({ mode, tracks }).toEqual({ mode, tracks: mode === "soft" ? 1 : 0 });
    const { low } = await changed(at("talk.mp4"), out, on);
    expect({ mode, isDrawn: low > 0 }).toEqual({ mode, isDrawn: mode === "hard" });
  }
});

it("takes font, size and box from --burn-style", async () => {
  const fast = ["--burn-mode", "hard", "--burn-preset", "ultrafast"];
  const plain = await burn("es", "plain.mp4", fast);
  const serif = await burn("es", "serif.mp4", [...fast, "--burn-style", "font=DejaVu Serif"]);
  const large = await burn("es", "large.mp4", [...fast, "--burn-style", "size=72"]);
  const boxed = await burn("es", "boxed.mp4", [...fast, "--burn-style", "size=36,box=yes"]);
  const ink = async (path: string): Promise<number> =>
    (await changed(at("talk.mp4"), path, on)).low;
  expect((await changed(plain, serif, on)).low).toBeGreaterThan(50);
  expect(await ink(large)).toBeGreaterThan(2 * (await ink(plain)));
  const black = async (path: string): Promise<number> => {
    const frame = await frameAt(path, on);
    return Array.from({ length: width * height }, (_, pixel) => pixel).filter((pixel) =>
      [0, 1, 2].every((one) => (frame[pixel * 3 + one] ?? 255) < 24),
    ).length;
  };
  expect(await black(boxed)).toBeGreaterThan(2 * (await black(plain)));
});

it("draws upright where the picture is turned by its player", async () => {
  const { output } = await dubSmall(folder, "turned.mp4", [
    "--burn-mode",
    "hard",
    "--background",
    "off",
  ]);
  const { streams } = await ffprobe(output);
  expect(streams[0]).toMatchObject({ width: height, height: width });
  const { low, high } = await changed(at("turned.mp4"), output, on, height);
  expect(low).toBeGreaterThan(100);
  expect(high).toBe(0);
});

it("says which letters no font has before anything is encoded", async () => {
  const args = [
    "dub",
    at("talk.mp4"),
    "--subs",
    at("talk.am.srt"),
    "--to",
    "am",
    "--workdir",
    at("work-am"),
  ];
  const before = (await readdir(folder)).sort();
  const { code, result } = await runJson([...args, "--burn-mode", "hard"]);
  expect({ code, error: result.error }).toMatchObject({
    code: 4,
    error: {
      code: "missing_font",
      message: expect.stringMatching(/[ሰላምለዓ]/),
      hint: expect.any(String),
    },
  });
  expect((await readdir(folder)).sort()).toEqual([...before, "work-am"].sort());
});
