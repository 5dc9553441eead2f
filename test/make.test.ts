/** The Makefile as its users type it. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { make as makeInside } from "./support/command.ts";
import { asked, type HeardTalk, makeHeardTalk, phrases } from "./support/heard-talk.ts";
import { ffprobe, makeVideo } from "./support/media.ts";
import { pseudoTranslation } from "./support/services/pseudo-translation.ts";
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
    "youtube",
    "review",
    "models",
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
  for (const target of ["prep", "synth", "burn", "youtube", "check-files"]) {
    expect(await makeInside([target, `VIDEO=${plain}`, ...variables])).toMatchObject({ code: 0 });
  }
  expect((await ffprobe(join(folder, "talk.es.mp4"))).streams).toHaveLength(3);
  expect(await readdir(join(folder, "steps/es/youtube"))).toContain("tags.txt");
  const { stdout } = await makeInside(["review", `VIDEO=${plain}`, ...variables]);
  expect(stdout).toContain("Hola a todos.");
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

it("lists the models", async () => {
  const { stdout } = await makeInside(["models"], {
    env: { DUBBER_MODELS: join(folder, "models") },
  });
  expect(stdout).toContain("whisper-base");
});

describe("make full-async", () => {
  const youtube = ["chapters.txt", "description.md", "tags.txt", "title.txt"];
  let talk: HeardTalk;
  beforeEach(async () => {
    talk = await makeHeardTalk();
  });
  afterEach(() => talk[Symbol.asyncDispose]());
  /** In an environment of its own, and with the make variables that are given. */
  async function full(env: Readonly<Record<string, string>>, ...variables: readonly string[]) {
    const where = [`VIDEO=${talk.video}`, `WORKDIR=${talk.at("work")}`, "TARGET_LANGUAGE=es"];
    return await makeInside(["full-async", ...where, ...variables], { env });
  }

  it("hears, translates, speaks, burns in and describes a bare video", async () => {
    const service = await talk.serve();
    const env = { ...talk.env(service), STT_PROVIDER: "openai" };
    const { code, stderr } = await full(env, "TRANSLATE=1", `OUTPUT=${talk.at("out.mp4")}`);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    const kinds = (await ffprobe(talk.at("out.mp4"))).streams.map(({ codec_type }) => codec_type);
    expect(kinds).toEqual(["video", "audio", "subtitle"]);
    expect(await readdir(talk.at("work/es/youtube"))).toEqual(youtube);
    const subs = await readFile(talk.at("work/es/subs.srt"), "utf8");
    expect(subs).toContain(pseudoTranslation(phrases[0]?.text ?? "", "es").normal);
    expect(asked(service, "transcriptions")).toBeGreaterThan(0);
  });

  it("takes recogniser and translator from make variables", async () => {
    const service = await talk.serve();
    const names = ["STT=openai", "TRANSLATION_MODEL=gpt-4o", "GPT_MODEL=gpt-4o-mini"];
    const { code } = await full(talk.env(service), ...names, "ARGS=--audio-only");
    const models = service.requests.filter(({ path }) => path.includes("chat"));
    expect(code).toBe(0);
    expect(new Set(models.map(({ model }) => model))).toEqual(new Set(["gpt-4o", "gpt-4o-mini"]));
  });

  it("needs no key, no recogniser and no translator for a video with subtitles", async () => {
    const service = await talk.serve();
    const subs = `SUBS=${talk.at("talk.es.srt")}`;
    await writeFile(talk.at("talk.es.srt"), "1\n00:00:00,600 --> 00:00:02,400\nHola a todos.\n");
    const env = { ...talk.env(service), OPENAI_API_KEY: "", DUBBER_MODELS: talk.at("models") };
    const { code, stderr } = await full(env, subs);
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
    expect((await ffprobe(talk.at("talk.es.mp4"))).streams).toHaveLength(3);
    expect(await readdir(talk.at("work/es/youtube"))).toEqual(youtube);
    expect(service.requests).toHaveLength(0);
  });

  it("says what is missing for a bare video where nobody listens", async () => {
    const env = { PATH: process.env.PATH ?? "", DUBBER_MODELS: talk.at("models") };
    const { code, stderr } = await full(env);
    expect(code).toBe(2);
    expect(stderr).toContain("There is no text in Spanish to speak for talk.mp4.");
    expect(stderr).toContain("dubber models pull");
  });
});

describe("the targets of the asynchronous guide", () => {
  let bench: SpeechBench;
  beforeAll(async () => {
    bench = await openSpeechBench();
  });
  beforeEach(async () => {
    bench.behaviour = { latencyMs: () => 200 };
    await rm(bench.at("work/es/speech"), { recursive: true, force: true });
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  const guide = (target: string, ...variables: string[]): Promise<Watched> =>
    bench.make(
      ...[target, `VIDEO=${bench.at("talk.mp4")}`, `WORKDIR=${bench.at("work")}`],
      ...[
        "TARGET_LANGUAGE=es",
        `ARGS=--align-mode segment --loudness off${target.includes("synth") ? " --background off" : ""}`,
        ...variables,
      ],
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
