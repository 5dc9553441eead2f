/** The Makefile as its users type it. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ffprobe, makeVideo } from "./support/media.ts";
import { openSpeechBench, type SpeechBench, type Watched } from "./support/speech-bench.ts";

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
    "synth-async",
    "debug-synth-async",
    "burn",
    "full",
    "full-async",
    "show-logs",
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

describe("the targets of the asynchronous guide", () => {
  let bench: SpeechBench;
  beforeAll(async () => {
    bench = await openSpeechBench();
  });
  beforeEach(async () => {
    bench.behaviour = { latencyMs: () => 400 };
    await rm(bench.at("work/es/speech"), { recursive: true, force: true });
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  const guide = (target: string, ...variables: string[]): Promise<Watched> =>
    bench.make(
      ...[target, `VIDEO=${bench.at("talk.mp4")}`, `WORKDIR=${bench.at("work")}`],
      ...["TARGET_LANGUAGE=es", "ARGS=--align-mode segment --loudness off", ...variables],
    );
  const openai = "TTS_PROVIDER=openai";

  it("make synth-async speaks many lines at once and leaves synth_async.log", async () => {
    const { code, asked, mostInFlight } = await guide("synth-async", openai, "VOICE=onyx");
    expect({ code, asked: asked.length }).toEqual({ code: 0, asked: 4 });
    expect(asked.every(({ voice }) => voice === "onyx")).toBe(true);
    expect(mostInFlight).toBeGreaterThan(2);
    const log = await readFile(bench.at("work/synth_async.log"), "utf8");
    expect(log.trim().split("\n")).toHaveLength(4);
  });

  it("make synth-async MAX_CONCURRENT=2 keeps to two, SYNC=1 makes synth keep to one", async () => {
    expect((await guide("synth-async", openai, "MAX_CONCURRENT=2")).mostInFlight).toBe(2);
    await rm(bench.at("work/es/speech"), { recursive: true });
    expect((await guide("synth", openai, "SYNC=1")).mostInFlight).toBe(1);
  });

  it("make synth-async needs no key unless somebody names a service", async () => {
    const { code, asked } = await guide("synth-async");
    expect({ code, asked }).toEqual({ code: 0, asked: [] });
  });

  it("make full-async makes the whole dub", async () => {
    const { code, asked } = await guide(
      ...(["full-async", openai, "TTS_MODEL=tts-1", "MAX_CONCURRENT=5"] as const),
      ...[`SUBS=${bench.at("talk.es.vtt")}`, `OUTPUT=${bench.at("full.mp4")}`],
    );
    expect({ code, models: new Set(asked.map(({ model }) => model)) }).toEqual({
      ...{ code: 0, models: new Set(["tts-1"]) },
    });
    expect((await ffprobe(bench.at("full.mp4"))).streams).toHaveLength(3);
  });

  it("make debug-synth-async shows every call, make show-logs what is in the work directory", async () => {
    const { code, stderr } = await guide("debug-synth-async", openai, "MAX_CONCURRENT=3");
    expect({ code, calls: stderr.match(/^ {2}.*\b200\b.*$/gm)?.length }).toEqual({
      code: 0,
      calls: 4,
    });
    const logs = await bench.make("show-logs", `WORKDIR=${bench.at("work")}`);
    expect(logs.code).toBe(0);
    expect(logs.stdout).toContain("dub.json");
    expect(logs.stdout).toMatch(/^== .*work\/synth_async\.log$/m);
    expect(logs.stdout.match(/\b200\b/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it("make show-logs says what to give it, and when there is nothing to show", async () => {
    const nothing = await bench.make("show-logs");
    expect(nothing.stderr).toContain("make show-logs WORKDIR=.work/talk");
    expect(nothing.code).toBe(2);
    const nowhere = await bench.make("show-logs", "VIDEO=/nowhere/it's.mp4");
    expect(nowhere.stderr).toContain("There is no folder .work/it's.");
    expect(nowhere.code).toBe(2);
  });

  it("fails when its command fails", async () => {
    expect((await guide("synth-async", "TTS_PROVIDER=loud")).code).toBe(2);
    const unasked = await guide("synth-async", openai, "MAX_CONCURRENT=0");
    expect({ code: unasked.code, asked: unasked.asked }).toEqual({ code: 2, asked: [] });
  });
});
