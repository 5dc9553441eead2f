/** The first thing a new user sees: `dubber demo`, checked the way a careful listener would. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dubber, type Ended } from "./support/command.ts";
import { ffprobe, level, loudness, packetHashes } from "./support/media.ts";

const source = join(import.meta.dirname, "../examples/demo/speech.mp4");
let folder: string;
let run: Ended;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-demo-"));
  run = await dubber(["demo", "--out", join(folder, "out")], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("ends well and prints where the results are", () => {
  expect(run.stderr).not.toContain("Error");
  expect(run.code).toBe(0);
  expect(run.stdout.trim().split("\n")).toEqual([
    join("out", "speech.es.mp4"),
    join("out", "speech.ru.mp4"),
  ]);
});

it("makes both languages from one work directory, with the sound taken once", async () => {
  const names = await readdir(join(folder, "out", "work"));
  expect(names.toSorted()).toEqual(["dub.json", "es", "original.wav", "ru", "synth_async.log"]);
});

describe.each([
  ["es", "spa", "Así pues"],
  ["ru", "rus", "Итак"],
])("the dub in %s", (language, tag, firstWords) => {
  const output = (): string => join(folder, "out", `speech.${language}.mp4`);
  type Plan = {
    lines: {
      start: number;
      duration: number;
      tempo: number;
      slot: { start: number; end: number };
    }[];
  };
  const plan = async (): Promise<Plan> =>
    JSON.parse(await readFile(join(folder, "out", "work", language, "plan.json"), "utf8"));

  it("has the picture bit for bit, the dub first and default, the original second, both subtitles", async () => {
    const { streams, format } = await ffprobe(output());
    expect(
      streams.map(({ codec_type, codec_name, tags, disposition }) => [
        codec_type,
        codec_name,
        codec_type === "video" ? undefined : tags?.language,
        disposition.default,
      ]),
    ).toEqual([
      ["video", "h264", undefined, 1],
      ["audio", "aac", tag, 1],
      ["audio", "aac", "eng", 0],
      ["subtitle", "mov_text", tag, 1],
      ["subtitle", "mov_text", "eng", 0],
    ]);
    expect(await packetHashes(output(), "0:v")).toBe(await packetHashes(source, "0:v"));
    expect(format.tags?.title).toBe("Ask not what your country can do for you");
  });

  it("is as long as the video, to a frame", async () => {
    const { format, streams } = await ffprobe(output());
    expect(Math.abs(Number(format.duration) - 14)).toBeLessThan(1 / 25);
    expect(Math.abs(Number(streams[1]?.duration) - 14)).toBeLessThan(1 / 25);
  });

  it("stands at −14 LUFS with a true peak of at most −1 dBTP", async () => {
    const { integrated, truePeak } = await loudness(output());
    expect(Math.abs(integrated - -14)).toBeLessThan(1);
    expect(truePeak).toBeLessThanOrEqual(-1);
  });

  it("is loud where lines are, and has its music where nobody speaks", async () => {
    const { lines } = await plan();
    expect(lines).toHaveLength(4);
    const music = await level(output(), 0.2, 1);
    expect(music).toBeGreaterThan(-45);
    for (const { start, duration } of lines) {
      expect(await level(output(), start + 0.1, duration - 0.2)).toBeGreaterThan(music + 4);
    }
    expect(await level(output(), 13, 0.8)).toBeGreaterThan(-60);
  });

  it("follows the speaker: the same speech intervals, no line rushed", async () => {
    const { lines } = await plan();
    const isIn = (at: number, spans: readonly { start: number; end: number }[]): boolean =>
      spans.some(({ start, end }) => at >= start && at < end);
    const slots = lines.map(({ slot }) => slot);
    const spoken = lines.map(({ start, duration }) => ({ start, end: start + duration }));
    let both = 0;
    let either = 0;
    for (let at = 0; at < 14; at += 0.01) {
      const [a, b] = [isIn(at, slots), isIn(at, spoken)];
      both += a && b ? 1 : 0;
      either += a || b ? 1 : 0;
    }
    expect(both / either).toBeGreaterThan(0.7);
    for (const { tempo } of lines) expect(tempo).toBeLessThanOrEqual(1.3);
  });

  it("carries what is said as subtitles", async () => {
    const text = await readFile(join(folder, "out", "work", language, "spoken.srt"), "utf8");
    expect(text).toContain(firstWords);
    expect(text.match(/-->/g)).toHaveLength(4);
  });
});

it("does nothing the second time but say where the results are", async () => {
  const again = await dubber(["demo", "--out", join(folder, "out"), "--json"], { cwd: folder });
  const events = again.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const stages = events.filter(({ type }) => type === "stage");
  expect(stages.length).toBeGreaterThan(6);
  expect(stages.every(({ status }) => status === "skipped")).toBe(true);
  expect(events.filter(({ type }) => type === "result")).toHaveLength(1);
  expect(events.at(-1)).toMatchObject({ type: "result", status: "done" });
});
