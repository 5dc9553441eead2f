/** The Makefile as its users type it. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ffprobe, makeVideo } from "./support/media.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "..");
const make = (...args: string[]) => run("make", ["--no-print-directory", "-C", root, ...args]);
let folder: string;
let video: string;
/** Everything a shell or make could take for its own. */
const name = "it's 100% “$HOME” (1) #2";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-make-"));
  video = join(folder, `${name}.mp4`);
  await makeVideo(video);
  await writeFile(join(folder, "talk.es.srt"), "1\n00:00:00,500 --> 00:00:02,500\nHola a todos.\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("explains every target that is meant for people", async () => {
  const { stdout } = await make("help");
  for (const target of [
    "demo",
    "test",
    "prep",
    "synth",
    "burn",
    "full",
    "clean",
    "check-env",
    "soak",
  ]) {
    expect(stdout).toMatch(new RegExp(`^${target}\\s+\\w`, "m"));
  }
});

it("dubs a video whose name a shell or make could take for its own, then cleans up", async () => {
  const work = join(folder, "work");
  const output = join(folder, "out.mp4");
  const env = {
    ...process.env,
    VIDEO: video,
    SUBS: join(folder, "talk.es.srt"),
    WORKDIR: work,
    OUTPUT: output,
  };
  const inEnvironment = (target: string) =>
    run("make", ["--no-print-directory", "-C", root, target, "TARGET_LANGUAGE=es"], { env });
  const { stdout } = await inEnvironment("full");
  expect(stdout.trim().split("\n").at(-1)).toContain("out.mp4");
  expect((await ffprobe(output)).streams.map(({ codec_type }) => codec_type)).toEqual([
    "video",
    "audio",
    "subtitle",
  ]);
  await inEnvironment("clean");
  await expect(stat(work)).rejects.toMatchObject({ code: "ENOENT" });
});

it("goes step by step", async () => {
  const variables = [
    `SUBS=${join(folder, "talk.es.srt")}`,
    "TARGET_LANGUAGE=es",
    `WORKDIR=${join(folder, "steps")}`,
  ];
  const plain = join(folder, "talk.mp4");
  await makeVideo(plain, { seconds: 3 });
  for (const target of ["prep", "synth", "burn", "check-files"])
    await make(target, `VIDEO=${plain}`, ...variables);
  expect((await ffprobe(join(folder, "talk.es.mp4"))).streams).toHaveLength(3);
});

it("fails when its command fails, and says which video it needs", async () => {
  await expect(make("full", "VIDEO=/nowhere/talk.mp4", "TARGET_LANGUAGE=es")).rejects.toMatchObject(
    {
      code: 2,
      stderr: expect.stringContaining("There is no file"),
    },
  );
  await expect(make("prep")).rejects.toMatchObject({
    stderr: expect.stringContaining("VIDEO=talk.mp4"),
  });
});
