/** The `dubber` command as a person and as a script meet it. */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dubber, dubberProcess } from "./support/command.ts";
import { quickMix } from "./support/dub.ts";
import { makeVideo } from "./support/media.ts";

let folder: string;
const at = (name: string): string => join(folder, name);
const subs = "1\n00:00:00,500 --> 00:00:02,500\nHola, esto es una prueba.\n";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-cli-"));
  await makeVideo(at("talk.mp4"));
  await writeFile(at("talk.es.srt"), subs);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("help", () => {
  it("shows every command and examples on stdout and ends well", async () => {
    const { code, stdout, stderr } = await dubber(["--help"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const name of [
      "dub",
      "demo",
      "prep",
      "synth",
      "burn",
      "voices",
      "bench",
      "doctor",
      "clean",
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    }
    expect(stdout).toContain("Examples:");
  });

  it("names every flag of the dub with its default", async () => {
    const { stdout } = await dubber(["dub", "--help"]);
    expect(stdout).toContain("--loudness <LUFS|off>");
    expect(stdout).toContain("(-14)");
    expect(stdout.split("\n").every((line) => line.length <= 120)).toBe(true);
  });

  it("loads no engine and no schema, so that it comes at once", async () => {
    const hooks = `import { registerHooks } from "node:module";
      registerHooks({ load: (url, context, next) => (process.stderr.write(url + "\\n"), next(url, context)) });`;
    const trace = `data:text/javascript,${encodeURIComponent(hooks)}`;
    const env = { NODE_OPTIONS: `--import ${trace}` };
    const { code, stderr } = await dubberProcess(["--help"], { env });
    const loaded = stderr.split("\n").filter((url) => url.startsWith("file:"));
    expect({ code, isTraced: loaded.some((url) => url.includes("/commander/")) }).toEqual({
      ...{ code: 0, isTraced: true },
    });
    expect(loaded.filter((url) => /\/(zod|openai|pipeline|synthesis|media)\//.test(url))).toEqual(
      [],
    );
  });

  it("prints the version", async () => {
    const { version } = JSON.parse(
      await readFile(new URL("../package.json", import.meta.url), "utf8"),
    );
    expect(await dubber(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });
});

describe("usage errors end with 2 and say what to do", () => {
  it.each([
    [["dub"], "missing required argument 'video'"],
    [["dubb", "x.mp4"], "Did you mean dub?"],
    [["dub", "talk.mp4", "--bakground", "keep"], "Did you mean --background?"],
    [["dub", "talk.mp4", "--duck-db", "loud"], "It takes a number."],
    [["dub", "talk.mp4", "--duck-db", "-5", "--to", "es"], "duckDb"],
    [["dub", "talk.mp4", "--align-mode", "word"], "segment, sentence, block"],
    [["dub", "talk.mp4", "--to", "klingonish"], "is not a language Dubber knows"],
    [["dub", "talk.mp4", "--voice-map", "Ann"], "SPEAKER=VOICE"],
    [["dub", "talk.mp4", "--min-atempo", "2", "--to", "es"], "above the fastest"],
    [["dub", "talk.mp4", "--to", "es", "--subs", "talk.es.srt", "--voice", "xx+f9"], "xx+f9"],
    [["dub", "talk.mp4", "--to", "es", "--subs", "talk.es.srt", "--engine", "loud"], "embedded"],
    [["dub", "talk.mp4", "--tts-provider", "loud"], "(--tts-provider)"],
    [["dub", "talk.mp4", "--fallback-provider", "loud"], "(--fallback-provider)"],
    [["synth", "talk.mp4", "--async-tts", "--sync"], "exclude each other"],
    [["dub", "--input_video", "talk.mp4"], "unknown option '--input-video'"],
    [["--stage", "synth"], "--input-video needs a value"],
    [["clean"], "Say which"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr, stdout } = await dubber(args, { cwd: folder });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

it("takes both spellings of a flag", async () => {
  const run = await dubber(["dub", "talk.mp4", "--align_mode=word"], { cwd: folder });
  expect(run.stderr).toContain("'--align-mode <mode>'");
});

describe("--json", () => {
  it("prints one object per line, ending in exactly one result", async () => {
    const args = [
      "dub",
      "talk.mp4",
      "--subs",
      "talk.es.srt",
      "--to",
      "es",
      ...["--workdir", "json", ...quickMix],
      "--json",
    ];
    const { code, stdout, stderr } = await dubber(args, { cwd: folder });
    const objects = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(objects.filter(({ type }) => type === "result")).toHaveLength(1);
    expect(objects.at(-1)).toMatchObject({
      type: "result",
      status: "done",
      language: "es",
      lines: 1,
      output: at("talk.es.mp4"),
    });
  });

  it("prints an error as the result, with code, message, hint and retryable", async () => {
    const { code, stdout } = await dubber(["dub", "nowhere.mp4", "--json"], { cwd: folder });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      type: "result",
      status: "failed",
      error: {
        code: "not_found",
        message: expect.stringContaining("nowhere.mp4"),
        hint: expect.any(String),
        retryable: false,
      },
    });
  });
});

it("prints the path of the result on stdout and plain lines on stderr where there is no terminal", async () => {
  const args = ["dub", "talk.mp4", "--subs", "talk.es.srt", "--to", "es", "--workdir", "plain"];
  const { stdout, stderr } = await dubber([...args, ...quickMix], { cwd: folder });
  expect(stdout).toBe("talk.es.mp4\n");
  expect(stderr).not.toContain("\r");
  expect(stderr).toMatch(/Speaking: done in \d/);
  expect(stderr).toMatch(/^The voice is embedded, the best one on this machine; --tts-provider /m);
  expect(stderr).toMatch(/talk\.mp4 in Spanish · 1 lines? spoken · fastest 1\.\d\d×/);
});

it("says only the result with --quiet", async () => {
  const args = [
    "dub",
    "talk.mp4",
    "--subs",
    "talk.es.srt",
    "--to",
    "es",
    ...["--workdir", "plain", ...quickMix],
    "--quiet",
  ];
  expect(await dubber(args, { cwd: folder })).toMatchObject({
    code: 0,
    stdout: "talk.es.mp4\n",
    stderr: "",
  });
});

it("shows the trace of an error only with --verbose", async () => {
  const quiet = await dubber(["dub", "nowhere.mp4"], { cwd: folder });
  const verbose = await dubber(["dub", "nowhere.mp4", "--verbose"], { cwd: folder });
  expect(quiet.stderr).not.toMatch(/\n\s+at /);
  expect(verbose.stderr).toMatch(/\n\s+at /);
});

it("works step by step: prep, an edit, synth, burn", async () => {
  const common = ["talk.mp4", "--to", "es", "--workdir", "steps", "--quiet"];
  expect(await dubber(["synth", ...common], { cwd: folder })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("dubber prep"),
  });
  await dubber(["prep", ...common, "--subs", "talk.es.srt"], { cwd: folder });
  const reviewed = at("steps/es/subs.srt");
  const edited = (await readFile(reviewed, "utf8")).replace("una prueba", "otra cosa");
  await writeFile(reviewed, edited);
  expect(await dubber(["burn", ...common], { cwd: folder })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("dubber synth"),
  });
  expect(await dubber(["synth", ...common, ...quickMix], { cwd: folder })).toMatchObject({
    code: 0,
  });
  expect(await dubber(["burn", ...common, "-o", "steps.mp4"], { cwd: folder })).toMatchObject({
    code: 0,
    stdout: "steps.mp4\n",
  });
  expect(await readFile(reviewed, "utf8")).toBe(edited);
  expect(await readFile(at("steps/es/spoken.srt"), "utf8")).toContain("otra cosa");
});

it("says what to give when there is no text", async () => {
  const { code, stderr } = await dubber(["prep", "talk.mp4", "--to", "ru"], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toContain("no text in Russian");
  expect(stderr).toContain("--subs FILE");
});

describe("voices", () => {
  it("lists those that speak a language, female and male", async () => {
    const { code, stdout } = await dubber(["voices", "--language", "Spanish", "--json"]);
    const { voices } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(code).toBe(0);
    expect(voices.length).toBeGreaterThan(5);
    expect(new Set(voices.map(({ gender }: { gender: string }) => gender))).toContain("female");
    expect(
      voices.every(({ languages }: { languages: string[] }) =>
        languages.some((tag) => tag.startsWith("es")),
      ),
    ).toBe(true);
  });

  it("says what cosyvoice needs before it has any, and so does a dub", async () => {
    const env = { COSYVOICE_URL: "http://127.0.0.1:9" };
    const engine = ["--tts-provider", "cosyvoice"];
    const subs = ["--subs", "talk.es.srt", "--to", "es", "--workdir", "no-voice"];
    for (const command of [
      ["voices"],
      ["dub", "talk.mp4", ...subs],
      ["dub", "talk.mp4", ...subs, "--voice", "prompt"],
    ]) {
      const { code, stderr } = await dubber([...command, ...engine], { cwd: folder, env });
      expect(stderr).toContain("COSYVOICE_PROMPT_WAV is not set");
      expect(stderr).toContain("COSYVOICE_PROMPT_TEXT to what is said in it");
      expect(code).toBe(4);
    }
  });

  it("lists those of the engine that is named, by flag or variable", async () => {
    const env = { OPENAI_API_KEY: "test-key" };
    const byFlag = await dubber(["voices", "--tts-provider", "openai"], { env });
    expect(byFlag.stdout).toMatch(/^alloy\s+neutral/m);
    const old = await dubber(["voices", "--engine", "openai", "--tts-model", "tts-1"], { env });
    expect(old.stdout).not.toContain("ballad");
    const byVariable = await dubber(["voices"], { env: { ...env, TTS_PROVIDER: "openai" } });
    expect(byVariable.stdout).toBe(byFlag.stdout);
  });

  it("prints one voice per line for people", async () => {
    const { stdout } = await dubber(["voices", "--language", "ru"]);
    expect(stdout).toMatch(/^ru\s+male\s+Russian/m);
  });
});

describe("doctor", () => {
  it("finds everything in order here", async () => {
    const { code, stdout } = await dubber(["doctor", "--json"]);
    const { checks } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(checks.map(({ name }: { name: string }) => name.trim())).toEqual(
      expect.arrayContaining([
        "Node.js",
        "ffmpeg",
        "ebur128",
        "subtitles",
        "embedded voice",
        "disk",
      ]),
    );
  });

  it("names what is missing and the command that mends it, and ends with 4", async () => {
    const { code, stderr } = await dubber(["doctor"], {
      env: { FFMPEG_PATH: "", PATH: "/nowhere" },
    });
    expect(code).toBe(4);
    expect(stderr).toMatch(/✗ ffmpeg/);
    expect(stderr).toMatch(/→ Install it/);
  });
});

describe("odd readers", () => {
  it("a reader that goes costs the work nothing", async () => {
    const entry = join(import.meta.dirname, "../bin/dubber.js");
    const dub = `"${process.execPath}" "${entry}" dub talk.mp4 --subs talk.es.srt --to es --workdir gone -o gone.mp4 --json`;
    const { stdout, stderr } = await promisify(execFile)(
      "bash",
      ["-c", `${dub} | head -1; echo "ended with \${PIPESTATUS[0]}"`],
      { cwd: folder },
    );
    expect(stdout.trim().split("\n")).toEqual([expect.stringMatching(/^\{/), "ended with 0"]);
    expect(stderr).toBe("");
    expect(await readdir(folder)).toContain("gone.mp4");
  });

  it.each([
    [["dub", "talk.mp4", "--json", "--max-concurrent", "0"]],
    [["dub", "--json"]],
    [["dub", "talk.mp4", "--json", "--no-such-flag"]],
  ])("programs get one result for %j as well", async (args) => {
    const { code, stdout } = await dubber(args, { cwd: folder });
    expect([code, stdout.trim().split("\n").length]).toEqual([2, 1]);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{
        type: "result",
        status: "failed",
        error: { code: "usage", message: expect.any(String) },
      },
    });
  });
});

describe("clean", () => {
  it("removes a work directory and nothing else", async () => {
    await mkdir(at("mine"));
    await writeFile(at("mine/letter.txt"), "keep");
    expect(await dubber(["clean", "--workdir", "mine"], { cwd: folder })).toMatchObject({
      code: 0,
    });
    expect(await readFile(at("mine/letter.txt"), "utf8")).toBe("keep");
    await mkdir(at("here"));
    await copyFile(at("talk.mp4"), at("here/talk.mp4"));
    const here = [
      "dub",
      "here/talk.mp4",
      "--subs",
      "talk.es.srt",
      "--to",
      "es",
      ...quickMix,
      "--stems",
    ];
    await dubber([...here, "--workdir", "here"], { cwd: folder });
    expect(await dubber(["clean", "--workdir", "here"], { cwd: folder })).toMatchObject({
      code: 0,
    });
    expect((await readdir(at("here"))).toSorted()).toEqual([
      "talk.es.background.wav",
      "talk.es.mp4",
      "talk.es.speech.wav",
      "talk.mp4",
    ]);
    await dubber(["prep", "talk.mp4", "--subs", "talk.es.srt", "--to", "es"], { cwd: folder });
    expect(await readdir(at(".work"))).toEqual(["talk"]);
    expect(await dubber(["clean", "talk.mp4"], { cwd: folder })).toMatchObject({ code: 0 });
    expect(await readdir(at(".work"))).toEqual([]);
  });
});
