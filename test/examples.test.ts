/** Every file in examples/, run as a person would run it, against fake services on loopback. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openWav } from "../src/audio/wav-reader.ts";
import { formatSrt } from "../src/index.ts";
import { asked, makeHeardTalk, phrases } from "./support/heard-talk.ts";
import { listen, rmsDb } from "./support/listen.ts";
import { ffprobe, makeVideo } from "./support/media.ts";
import { startFakeElevenlabs } from "./support/services/fake-elevenlabs.ts";
import { startFakeOpenai } from "./support/services/fake-openai.ts";
import type { FakeService, FakeServiceOptions } from "./support/services/fake-service.ts";
import { pseudoTranslation } from "./support/services/pseudo-translation.ts";

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

const examples = join(import.meta.dirname, "../examples");
let folder: string;
const at = (...names: string[]): string => join(folder, ...names);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-examples-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { PATH = "", FFMPEG_PATH } = process.env;
  const own = {
    PATH,
    HOME: folder,
    XDG_CACHE_HOME: at("cache"),
    ...(FFMPEG_PATH && { FFMPEG_PATH }),
  };
  return new Promise((ended) => {
    execFile(
      process.execPath,
      [...args],
      { cwd: folder, env: { ...own, ...env } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code ?? -1);
        ended({ code, stdout, stderr });
      },
    );
  });
}

/** Runs `node examples/<name>.ts …` with a fake OpenAI. */
async function withOpenai(
  options: FakeServiceOptions,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended & { readonly service: FakeService; readonly lines: readonly string[] }> {
  await using service = await startFakeOpenai(options);
  const [name, ...rest] = args;
  const ended = await run([join(examples, `${name}.ts`), ...rest], {
    ...{ OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: `${service.url}/v1` },
    ...env,
  });
  return { ...ended, service, lines: ended.stdout.trim().split("\n") };
}

/** Length of a file that has sound in it, seconds. */
async function secondsOf(path: string): Promise<number> {
  await using wav = await openWav(path);
  const samples = new Int16Array(wav.frames);
  await wav.readInt16(0, samples);
  expect(samples.some((sample) => Math.abs(sample) > 1000)).toBe(true);
  return wav.frames / wav.sampleRate;
}

/** How long the fake service takes to say a text. */
const spoken = (text: string): number => text.length / 15;

const srt = (...cues: readonly (readonly [number, number, string])[]): string =>
  cues
    .map(([start, end, text], index) => {
      const time = (seconds: number): string =>
        `00:00:0${Math.floor(seconds)},${String(Math.round((seconds % 1) * 1000)).padStart(3, "0")}`;
      return `${index + 1}\n${time(start)} --> ${time(end)}\n${text}\n`;
    })
    .join("\n");

const checks: Readonly<Record<string, () => Promise<void>>> = {
  async "speak-one"() {
    const { code, stderr, lines, service } = await withOpenai({}, [
      "speak-one",
      "Hello!",
      "one.wav",
    ]);
    expect({ code, stderr, lines }).toEqual({ code: 0, stderr: "", lines: ["one.wav"] });
    expect(await secondsOf(at("one.wav"))).toBeCloseTo(spoken("Hello!"), 2);
    expect(service.requests.map(({ body }) => body)).toMatchObject([
      { input: "Hello!", voice: "onyx", instructions: "Warm and unhurried." },
    ]);
  },

  async batch() {
    const texts = ["Hello", "World, how are you today?", "Many texts at once"];
    // The first text is the last to be ready.
    const latencyMs = ({ text }: { text: string }): number => (text === texts[0] ? 150 : 10);
    const { code, stderr, lines, service } = await withOpenai({ latencyMs }, ["batch", "out"]);
    const paths = ["hello.wav", "world.wav", "many.wav"].map((name) => join("out", name));
    expect({ code, stderr, lines }).toEqual({ code: 0, stderr: "", lines: paths });
    const seconds = await Promise.all(paths.map((path) => secondsOf(at(path))));
    for (const [index, text] of texts.entries())
      expect(seconds[index]).toBeCloseTo(spoken(text), 2);
    expect(service.requests).toHaveLength(3);
    expect(service.mostInFlight).toBeLessThanOrEqual(3);
  },

  async "retry-loop"() {
    const { code, stderr, lines, service } = await withOpenai(
      {
        fault: ({ text, attempt }) =>
          text.startsWith("The second") && attempt <= 2
            ? { kind: "status", status: 500 }
            : undefined,
      },
      ["retry-loop", "out", "1"],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(lines).toEqual([
      "Attempt 1: 1 of 3 are asked for again.",
      "Attempt 2: 1 of 3 are asked for again.",
      "Done.",
    ]);
    const asked = service.requests.map(({ text }) => text.split(" ")[1]).toSorted();
    expect(asked).toEqual(["first", "second", "second", "second", "the"]);
    expect((await readdir(at("out"))).toSorted()).toEqual(["1.wav", "2.wav", "3.wav"]);
  },

  async "batches-of-50"() {
    const texts = Array.from({ length: 101 }, (_, index) => `Line ${index + 1}.`);
    await writeFile(at("lines.txt"), `${texts.join("\n")}\n\n`);
    const { code, stderr, lines, service } = await withOpenai({}, [
      ...["batches-of-50", "lines.txt", "out"],
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(lines).toEqual(["1–50 of 101", "51–100 of 101", "101–101 of 101"]);
    const batchOf = ({ text }: { text: string }): number => Math.floor(texts.indexOf(text) / 50);
    const batches = service.requests.map(batchOf);
    expect(batches).toEqual(batches.toSorted());
    expect(service.mostInFlight).toBeLessThanOrEqual(5);
    const names = (await readdir(at("out"))).toSorted();
    expect([names.length, names[0], names.at(-1)]).toEqual([101, "0001.wav", "0101.wav"]);
    expect(await secondsOf(at("out", "0101.wav"))).toBeCloseTo(spoken("Line 101."), 2);
  },

  async "batch-progress"() {
    const { code, stderr, lines } = await withOpenai(
      {
        fault: ({ text }) =>
          text === "Three." ? { kind: "status", status: 400, message: "Not that." } : undefined,
      },
      ["batch-progress", "out"],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(lines.map((line) => line.split("  ")[0])).toEqual(["1/4", "2/4", "3/4", "4/4"]);
    const ended = lines.map((line) => line.split("  ")[1] ?? "").toSorted();
    expect(ended[0]).toMatch(/^"Three\." failed: .*Not that\./);
    expect(ended.slice(1)).toEqual(["1.wav", "2.wav", "4.wav"].map((name) => join("out", name)));
  },

  async "many-videos"() {
    const names = ["a", "b", "c", "d"];
    for (const name of names.filter((one) => one !== "b")) {
      await makeVideo(at(`${name}.mp4`));
      const texts = [1, 2, 3, 4, 5, 6].map(
        (n) => [n / 2, n / 2 + 0.4, `Frase ${name} ${n}.`] as const,
      );
      await writeFile(at(`${name}.es.srt`), srt(...texts));
    }
    const { code, stderr, lines, service } = await withOpenai(
      { latencyMs: () => 40, secondsPerCharacter: 0.03 },
      ["many-videos", "es", ...names.map((name) => at(`${name}.mp4`))],
      { TTS_PROVIDER: "openai" },
    );
    expect(stderr).toMatch(/^.*b\.mp4: .*\n$/);
    const outputs = ["a", "c", "d"].map((name) => at(`${name}.es.mp4`));
    expect({ code, lines: lines.toSorted() }).toEqual({
      code: 1,
      lines: outputs.map((path) => `${path}: done`),
    });
    for (const path of outputs) {
      const { streams } = await ffprobe(path);
      expect(streams.map(({ codec_type }) => codec_type)).toEqual(["video", "audio", "subtitle"]);
    }
    // Both videos' lines together, not each video's.
    expect(service.mostInFlight).toBeLessThanOrEqual(5);
    expect(service.mostInFlight).toBeGreaterThan(1);
  },

  async "benchmark-limits"() {
    const { code, stderr, lines, service } = await withOpenai(
      { latencyMs: () => 20, cannedSeconds: 1 },
      ["benchmark-limits"],
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(lines.map((line) => line.replace(/[\d.]+ s, [\d.]+ ×$/, "…"))).toEqual(
      [1, 3, 5, 10].map((limit) => `${limit} in flight: …`),
    );
    expect(service.requests).toHaveLength(80);
    expect(service.mostInFlight).toBeLessThanOrEqual(10);
    expect(service.mostInFlight).toBeGreaterThan(5);
  },

  async "custom-pipeline"() {
    const subs = srt(
      [0.5, 1.5, "Uno dos tres cuatro."],
      [1.5, 2.5, "Cinco seis siete."],
      [5, 6, "Y ocho."],
    );
    await writeFile(at("talk.srt"), subs);
    const args = ["custom-pipeline", "talk.srt", "talk.wav", "clips"];
    const { code, stderr, lines, service } = await withOpenai({}, args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(lines.map((line) => line.replace(/^.* s {2}/, ""))).toEqual([
      "Uno dos tres cuatro. Cinco seis siete.",
      "Y ocho.",
      "talk.wav: 6.00 s",
    ]);
    expect(service.requests).toHaveLength(2);
    const heard = await listen(at("talk.wav"));
    expect(heard.length / 48_000).toBeCloseTo(6, 2);
    expect(rmsDb(heard, 0, 0.4)).toBeLessThan(-80);
    expect(rmsDb(heard, 0.6, 2.4)).toBeGreaterThan(-40);
    expect(rmsDb(heard, 3.5, 4.8)).toBeLessThan(-80);
    expect(rmsDb(heard, 5.05, 5.3)).toBeGreaterThan(-40);
    const again = await withOpenai({}, args);
    expect(again.lines).toEqual(lines);
    expect(again.service.requests).toEqual([]);
  },

  async "elevenlabs-batch"() {
    await using service = await startFakeElevenlabs({ capacity: 2, latencyMs: () => 20 });
    const voices = await fetch(`${service.url}/v1/voices`, {
      headers: { "xi-api-key": "test-key" },
    });
    const { voices: known } = (await voices.json()) as { voices: { voice_id: string }[] };
    const voice = known[0]?.voice_id as string;
    const { code, stdout, stderr } = await run([join(examples, "elevenlabs-batch.ts"), "out"], {
      ...{ ELEVENLABS_API_KEY: "test-key", ELEVENLABS_BASE_URL: service.url },
      ELEVENLABS_VOICE_ID: voice,
    });
    const paths = ["1.wav", "2.wav", "3.wav"].map((name) => join("out", name));
    expect({ code, stderr, lines: stdout.trim().split("\n") }).toEqual({
      ...{ code: 0, stderr: "", lines: paths },
    });
    for (const path of paths) await secondsOf(at(path));
    expect(new Set(service.requests.map((request) => request.voice))).toEqual(new Set([voice]));
  },

  async "own-engine"() {
    const { code, stdout, stderr } = await run([join(examples, "own-engine.ts"), "out"]);
    const paths = ["sos.wav", "hello.wav"].map((name) => join("out", name));
    expect({ code, stderr, lines: stdout.trim().split("\n") }).toEqual({
      ...{ code: 0, stderr: "", lines: paths },
    });
    // s: three dots, o: three dashes, each with a pause of one, and two more after each letter.
    expect(await secondsOf(at("out", "sos.wav"))).toBeCloseTo(0.06 * (8 + 14 + 8), 3);
    expect(await secondsOf(at("out", "hello.wav"))).toBeGreaterThan(5);
  },

  async "unit-test"() {
    const { code, stdout } = await run(["--test", join(examples, "unit-test.ts")], {
      NO_COLOR: "1",
    });
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/pass 2\n/) });
  },

  async dub() {
    await makeVideo(at("talk.mp4"));
    await writeFile(at("talk.es.srt"), srt([0.5, 2, "Hola, esto es una prueba."]));
    const args = [join(examples, "dub.ts"), at("talk.mp4"), at("talk.es.srt"), "es"];
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${at("talk.es.mp4")}: 1 lines, done\n` });
    expect(stderr).toContain("synth 1/1 lines");
    const { streams, format } = await ffprobe(at("talk.es.mp4"));
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(["video", "audio", "subtitle"]);
    expect(Number(format.duration)).toBeCloseTo(4, 1);
  },

  async "hear-and-translate"() {
    await using talk = await makeHeardTalk();
    const service = await talk.serve();
    const args = [join(examples, "hear-and-translate.ts"), talk.video, "es"];
    const { OPENAI_API_KEY = "", OPENAI_BASE_URL = "" } = talk.env(service);
    const env = { OPENAI_API_KEY, OPENAI_BASE_URL };
    const { code, stdout, stderr } = await run(args, env);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/heard \d+ of 13 s/),
    });
    const lines = stdout.trim().split("\n");
    const said = lines.slice(0, -1).map((line) => line.replace(/^\d+\.\d–\d+\.\d s {2}/, ""));
    expect(said).toEqual(
      phrases.map(({ text }) => `${text} → ${pseudoTranslation(text, "es").normal}`),
    );
    expect(lines.at(-1)).toMatch(/subs\.srt: 4 lines, done, \$0\.00(?!00)\d\d$/);
    expect(asked(service, "transcriptions")).toBe(1);
    const before = service.requests.length;
    const again = await run(args, env);
    expect(again.stdout).toContain("4 lines, done, $0.0000");
    expect(service.requests).toHaveLength(before);
  },

  async "review-and-redub"() {
    await makeVideo(at("talk.mp4"));
    await writeFile(at("talk.es.srt"), srt([0.5, 1.5, "Uno dos tres."], [2, 3.5, "Cuatro cinco."]));
    const args = [at("talk.mp4"), at("talk.es.srt"), "es", "Cuatro", "Siete"];
    const { code, stdout, stderr } = await run([join(examples, "review-and-redub.ts"), ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trim().split("\n")).toEqual([
      expect.stringMatching(/^2\.0 s {2}Siete cinco\. {2}\(fit 0\.\d\d\)$/),
      "1 of 2 lines edited",
      `${at("talk.es.mp4")}: 1 spoken anew`,
    ]);
  },

  async "youtube-texts"() {
    const starts = [0.5, 3, 6, 14, 17, 26, 29, 38];
    await makeVideo(at("talk.mp4"), { seconds: 45 });
    const cues = starts.map((start, index) => ({
      ...{ start, end: start + 2, text: `El jardín tiene ${index + 2} árboles.` },
    }));
    await writeFile(at("talk.es.srt"), formatSrt(cues));
    const args = [at("talk.mp4"), at("talk.es.srt"), "es", "El jardín"];
    const { code, stdout, stderr } = await run([join(examples, "youtube-texts.ts"), ...args]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [title, ...rest] = stdout.trim().split("\n");
    expect(title).toBe("El jardín");
    expect(rest.filter((line) => /^\d:\d\d /.test(line))).toEqual([
      expect.stringMatching(/^0:00 El jardín tiene 2 árboles/),
      expect.stringMatching(/^0:14 /),
      expect.stringMatching(/^0:26 /),
    ]);
    expect(rest.at(-1)).toContain("jardín");
  },
};

it("has a check for every file of the folder", async () => {
  const files = (await readdir(examples)).filter((name) => name.endsWith(".ts"));
  expect(Object.keys(checks).toSorted()).toEqual(
    files.map((name) => name.replace(/\.ts$/, "")).toSorted(),
  );
});

it.each(Object.keys(checks))("runs as its header says: %s", async (name) => {
  const text = await readFile(join(examples, `${name}.ts`), "utf8");
  expect(text).toContain(`examples/${name}.ts`);
  await checks[name]?.();
});
