/** Every file in examples/server/, run as a person would run it, against a real server with the embedded voice. */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { readSecrets, signWebhook } from "../src/api/webhook-signature.ts";
import { ffmpeg, ffprobe, level } from "./support/media.ts";
import { findPython, noPython } from "./support/python.ts";
import { type ServerProcess, startServer } from "./support/server.ts";
import { startFakeCosyvoice } from "./support/services/fake-cosyvoice.ts";

const examples = join(import.meta.dirname, "../examples");
const demo = join(examples, "demo");
const apiKey = "a-key-for-examples";
const stack = new AsyncDisposableStack();
let [folder, sample] = ["", ""];
let python: string | undefined;
let server: ServerProcess;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  const data = await mkdtemp(join(tmpdir(), "dubber-examples-data-"));
  stack.defer(() => rm(data, { recursive: true, force: true }));
  sample = join(data, "my_voice_sample.wav");
  const speech = ["-i", join(demo, "speech.mp4"), "-vn", "-t", "6", "-ac", "1", "-ar", "24000"];
  await ffmpeg(...speech, sample);
  const cosyvoice = stack.use(await startFakeCosyvoice());
  const env = { COSYVOICE_URL: cosyvoice.url, API_KEYS: apiKey };
  server = stack.use(await startServer(join(data, "server"), { env }));
  python = await findPython();
});
afterAll(() => stack.disposeAsync());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-server-examples-"));
  const used = folder;
  return () => rm(used, { recursive: true, force: true });
});

type Ended = { readonly code: number; readonly lines: readonly string[]; readonly stderr: string };

function run(name: string, args: readonly string[] = []): Promise<Ended> {
  const programs: Readonly<Record<string, string>> = {
    ...{ ".ts": process.execPath, ".py": python ?? "python3", ".sh": "bash" },
  };
  const env = {
    ...{ PATH: process.env.PATH, HOME: folder, PYTHONIOENCODING: "utf-8" },
    ...{ DUBBER_URL: server.url, DUBBER_API_KEY: apiKey },
  };
  return new Promise((resolve) => {
    const program = programs[extname(name)] as string;
    const all = [join(examples, "server", name), ...args];
    execFile(program, all, { cwd: folder, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? -1);
      resolve({ code, lines: stdout.trimEnd().split("\n"), stderr });
    });
  });
}

/** Runs it to a good end. @returns what it printed, line by line. */
async function linesOf(name: string, args: readonly string[] = []): Promise<readonly string[]> {
  const { code, lines, stderr } = await run(name, args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return lines;
}

/** That a file has speech in it of so many seconds or more. */
async function expectSpeech(name: string, seconds: number): Promise<void> {
  const { streams, format } = await ffprobe(at(name));
  expect(streams.some(({ codec_type }) => codec_type === "audio")).toBe(true);
  const fromPackets = streams[0]?.duration ?? format.duration;
  expect(Number(fromPackets)).toBeGreaterThan(seconds);
  expect(await level(at(name), 0, seconds)).toBeGreaterThan(-40);
}

const taskId = expect.stringMatching(/task_[0-9a-f]{36}/);

async function basic(name: string): Promise<void> {
  const lines = await linesOf(name, ["hello.wav"]);
  expect(lines[0]).toMatch(/^Task submitted: task_[0-9a-f]{36}$/);
  const statuses = lines.slice(1, -1);
  for (const line of statuses) {
    expect(line).toMatch(/^Status: (pending|processing|completed) - Progress: \d+\.\d%$/);
  }
  expect(statuses.at(-1)).toBe("Status: completed - Progress: 100.0%");
  expect(lines.at(-1)).toBe("Audio saved to hello.wav");
  await expectSpeech("hello.wav", 1);
}

async function zeroShot(name: string): Promise<void> {
  const lines = await linesOf(name, [sample, "This is what I say.", "me.wav"]);
  expect(lines).toEqual([
    expect.stringMatching(/^Zero-shot task submitted: task_[0-9a-f]{36}$/),
    "Audio saved to me.wav",
  ]);
  await expectSpeech("me.wav", 1);
}

async function concurrent(name: string): Promise<void> {
  const lines = await linesOf(name, ["out"]);
  expect(lines.slice(0, 3).toSorted()).toEqual([
    `${join("out", "1.wav")}: Hello, this is the first synthesis task.`,
    `${join("out", "2.wav")}: This is the second synthesis running in parallel.`,
    `${join("out", "3.wav")}: And here's the third one, all processing together!`,
  ]);
  expect(lines.slice(3)).toEqual(["Completed 3 tasks successfully"]);
  for (const file of ["1.wav", "2.wav", "3.wav"]) await expectSpeech(join("out", file), 1);
}

async function taskManagement(name: string): Promise<void> {
  const lines = await linesOf(name);
  const listed = lines.filter((line) => line.startsWith("  "));
  const found = lines.find((line) => line.startsWith("Found "));
  expect(Number(found?.split(" ")[1])).toBe(listed.length);
  expect(listed.length).toBeGreaterThan(0);
  for (const line of listed) {
    expect(line).toMatch(
      /^ {2}task_[0-9a-f]{36}: (pending|processing|completed|failed) \(\d+\.\d%\)$/,
    );
  }
  expect(lines.at(-1)).toMatch(/^Task task_[0-9a-f]{36} cancelled successfully$/);
}

async function bestPractices(name: string): Promise<void> {
  const lines = await linesOf(name);
  expect(lines).toEqual([
    expect.stringMatching(/^"…!" failed: validation_error: /),
    expect.stringMatching(/^1: \d+(\.\d+)? s$/),
    expect.stringMatching(/^2: \d+(\.\d+)? s$/),
    "3: failed",
    expect.stringMatching(/^4: \d+(\.\d+)? s$/),
  ]);
}

const checks: Readonly<Record<string, (name: string) => Promise<void>>> = {
  "basic.ts": basic,
  "basic.py": basic,
  "zero-shot.ts": zeroShot,
  "zero_shot.py": zeroShot,
  "concurrent.ts": concurrent,
  "concurrent_tasks.py": concurrent,
  "task-management.ts": taskManagement,
  "task_management.py": taskManagement,
  "best-practices.ts": bestPractices,
  "best_practices.py": bestPractices,

  async "stream.ts"(name) {
    const { code, stderr } = await run(name, ["long.wav"]);
    const [, first, bytes, all] =
      /^First sound after (\d+) ms\nAll of it, (\d+) bytes, after (\d+) ms\n$/.exec(stderr) ?? [];
    expect({ code, isEarly: Number(first) < Number(all) }).toEqual({ code: 0, isEarly: true });
    expect((await readFile(at("long.wav"))).length).toBe(Number(bytes));
    await expectSpeech("long.wav", 20);
  },

  async "dub-a-video.ts"(name) {
    const [video, text] = [join(demo, "speech.mp4"), join(demo, "speech.es.srt")];
    const lines = await linesOf(name, [video, text, "es", "speech.es.mp4"]);
    expect(lines.at(-1)).toBe("Video saved to speech.es.mp4");
    expect(lines).toContain("completed 100%");
    const { streams, format } = await ffprobe(at("speech.es.mp4"));
    expect(streams.map(({ codec_type }) => codec_type).slice(0, 3)).toEqual([
      ...["video", "audio", "subtitle"],
    ]);
    expect(Math.abs(Number(format.duration) - 14)).toBeLessThan(0.04);
    expect(await level(at("speech.es.mp4"), 0, 14)).toBeGreaterThan(-40);
  },

  async "openai-client.ts"(name) {
    expect(await linesOf(name, ["hello.mp3"])).toEqual(["Audio saved to hello.mp3"]);
    expect((await ffprobe(at("hello.mp3"))).streams[0]?.codec_name).toBe("mp3");
    await expectSpeech("hello.mp3", 1);
  },

  async "webhook-receiver.ts"(name) {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const env = { PATH: process.env.PATH, WEBHOOK_SECRET: secret, PORT: "0" };
    const child = spawn(process.execPath, [join(examples, "server", name)], { env });
    const printed = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    try {
      const { value: first } = await printed.next();
      const url = String(first).replace("Listening on ", "");
      const body = JSON.stringify({ type: "task.completed", data: { task_id: "task_1" } });
      const timestamp = Math.floor(Date.now() / 1000);
      const headers = signWebhook({ id: "msg_1", timestamp, body }, readSecrets(secret));
      const send = async (text: string) => {
        const { status } = await fetch(url, {
          method: "POST",
          headers: { ...headers },
          body: text,
        });
        return status;
      };
      expect([await send(`${body} `), await send(body), await send(body)]).toEqual([401, 204, 204]);
      child.kill();
      const rest = await Array.fromAsync({ [Symbol.asyncIterator]: () => printed });
      expect(rest).toEqual(["task.completed: task_1"]);
    } finally {
      child.kill();
    }
  },

  async "curl.sh"(name) {
    const lines = await linesOf(name, [sample]);
    const json = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
    expect(json).toMatchObject([
      { status: "healthy" },
      { voice_id: "my-voice", name: "My voice", consent: true, engine: "cosyvoice" },
      { voices: [{ voice_id: "my-voice" }], total: 1 },
      { message: "Voice my-voice deleted successfully" },
      { message: expect.stringMatching(/^Task task_[0-9a-f]{36} cancelled successfully$/) },
      { tasks: expect.arrayContaining([expect.objectContaining({ task_id: taskId })]) },
    ]);
    expect(lines).toContain("completed");
    expect(lines).toContain("event: status");
    for (const file of ["speech.wav", "streamed.mp3", "openai.wav"]) await expectSpeech(file, 1);
  },
};

it("has a check for every file of the folder", async () => {
  expect((await readdir(join(examples, "server"))).toSorted()).toEqual(
    Object.keys(checks).toSorted(),
  );
});

it.for(Object.keys(checks))("runs as its header says: %s", async (name, { skip }) => {
  const text = await readFile(join(examples, "server", name), "utf8");
  expect(text).toContain(`examples/server/${name}`);
  if (name.endsWith(".py") && python === undefined) skip(noPython);
  await checks[name]?.(name);
});

it("says what is missing where the server cannot speak like a recording", async ({ skip }) => {
  await using mute = await startServer(at("data"));
  const real = server;
  server = mute;
  try {
    const { code, stderr } = await run("zero-shot.ts", [sample]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("COSYVOICE_URL") });
    if (python === undefined) skip(noPython);
    expect(await run("zero_shot.py", [sample])).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining("COSYVOICE_URL") },
    });
  } finally {
    server = real;
  }
});
