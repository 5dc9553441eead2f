/** Dubs over HTTP, with everything real: the process that makes them, ffmpeg, the embedded voice; only CosyVoice is a fake one. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DubberError } from "../src/core/error.ts";
import { sweepWorkDirectories, workDirectoryOf } from "../src/server/dub/work-directories.ts";
import type { Task } from "../src/server/tasks/contract.ts";
import {
  dubProcesses,
  makeForm,
  type Process,
  processesOf,
  until,
  uploadVoice,
} from "./support/dub-order.ts";
import { ffmpeg, ffprobe, level, loudness, makeVideo, packetHashes } from "./support/media.ts";
import {
  type Answer,
  ask,
  openServer,
  type ServerProcess,
  startServer,
  type TestServer,
  untilEnded,
} from "./support/server.ts";
import { startFakeCosyvoice } from "./support/services/fake-cosyvoice.ts";
import type { FakeService } from "./support/services/fake-service.ts";
import type { FormFile } from "./support/services/request-fields.ts";

const route = "/api/v1/async/dub";
const demo = join(import.meta.dirname, "../examples/demo");
const key = { "xi-api-key": "key-a" };

let folder: string;
let server: TestServer;
let service: FakeService;
/** What the fake service never answers, and what it refuses. */
let holds: (text: string) => boolean = () => false;
/** Every JSON answer and event of the whole file: none may name a path. */
const said: string[] = [];
const at = (name: string): string => join(folder, name);

type Asking = Pick<TestServer, "ask">;
/** The server as the owner of `key-a` asks it. */
const mine: Asking = {
  async ask(method, path, body, headers) {
    return noted(await server.ask(method, path, body, { ...key, ...headers }));
  },
};

function noted(answer: Answer): Answer {
  if (answer.json !== undefined) said.push(answer.bytes.toString());
  return answer;
}

/** Options of a dub whose sound the test does not measure. */
const quick = { background: "off", loudness: "off" };

async function order(
  fields: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
  asking = mine,
): Promise<string> {
  const { status, json } = await asking.ask("POST", route, await makeForm(fields, files));
  expect({ status, json }).toMatchObject({ status: 200, json: { status: "submitted" } });
  return json.task_id;
}

type Result = {
  readonly video_url: string | null;
  readonly audio_url: string;
  readonly subtitles_url: string;
  // biome-ignore lint/suspicious/noExplicitAny: the report is looked into.
  readonly report: any;
  readonly warnings: readonly string[];
};

async function resultOf(taskId: string, asking = mine): Promise<Result> {
  expect(await untilEnded(asking, taskId)).toMatchObject({ status: "completed", progress: 1 });
  const { status, json } = await asking.ask("GET", `/api/v1/async/tasks/${taskId}/result`);
  expect(status).toBe(200);
  return json;
}

async function failureOf(taskId: string) {
  const ended = await untilEnded(mine, taskId);
  expect(ended.status).toBe("failed");
  return { code: ended.error_code, message: ended.error };
}

/** Fetches a result to a file of its name. */
async function download(url: string): Promise<string> {
  const { status, bytes } = await mine.ask("GET", url);
  expect(status).toBe(200);
  const path = at(url.slice(url.lastIndexOf("/") + 1));
  await writeFile(path, bytes);
  return path;
}

function srt(lines: readonly (readonly [start: number, end: number, text: string])[]): string {
  const clock = (seconds: number): string =>
    new Date(seconds * 1000).toISOString().slice(11, 23).replace(".", ",");
  return lines
    .map(
      ([start, end, text], index) => `${index + 1}\n${clock(start)} --> ${clock(end)}\n${text}\n`,
    )
    .join("\n");
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-dub-server-"));
  service = await startFakeCosyvoice({
    fault: ({ text }) =>
      /rechazada/.test(text)
        ? { kind: "status", status: 400 }
        : holds(text)
          ? { kind: "hang" }
          : undefined,
  });
  [server] = await Promise.all([
    openServer({
      variables: {
        ...{ TTS_ENGINE: "embedded", API_KEYS: "key-a,key-b", MAX_DUB_WORKERS: "2" },
        ...{ COSYVOICE_URL: service.url, MAX_TASKS_PER_USER: "50", WEBHOOK_SECRET: secret },
      },
      engines: {
        broken: async () => {
          throw new DubberError("not_found", `There is no file ${folder}/voice.wav.`);
        },
      },
    }),
    makeVideo(at("talk.mp4"), { seconds: 6 }),
    ffmpeg("-f", "lavfi", "-i", "sine=f=220:r=48000:d=6,volume=0.3", at("talk.mp3")),
    ffmpeg("-f", "lavfi", "-i", "sine=f=300:r=24000:d=4,volume=0.5", "-ac", "1", at("voice.wav")),
    writeFile(
      at("talk.es.srt"),
      srt([
        [0.5, 2, "Hola a todos."],
        [4, 5.5, "Hasta luego, hasta mañana."],
      ]),
    ),
    writeFile(at("notes.txt"), "This is no video, and no subtitles either.\n".repeat(20)),
  ]);
});
const secret = `whsec_${Buffer.from("a secret of twenty-four.").toString("base64")}`;
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await service.close();
  await rm(folder, { recursive: true, force: true });
});

const talk = () => ({ video: at("talk.mp4"), subtitles: at("talk.es.srt") });

describe("a video with subtitles in the dub's language", () => {
  let taskId: string;
  let result: Result;
  const shares: number[] = [];
  beforeAll(async () => {
    taskId = await order(
      { to: "es" },
      { video: join(demo, "speech.mp4"), subtitles: join(demo, "speech.es.srt") },
    );
    const events = await mine.ask("GET", `/api/v1/async/tasks/${taskId}/events`);
    const text = events.bytes.toString();
    said.push(text);
    for (const [, data = ""] of text.matchAll(/^data: (.*)$/gm)) {
      const { progress, status } = JSON.parse(data);
      expect({ status, isWhole: progress === 1 }).not.toEqual({
        status: "processing",
        isWhole: true,
      });
      shares.push(progress);
    }
    result = await resultOf(taskId);
  });

  it("tells how far it is, always further, and is whole only at its end", () => {
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(new Set(shares).size).toBeGreaterThanOrEqual(4);
  });

  it("comes back in its own container, as long as it was, its picture untouched, with subtitles", async () => {
    const video = await download(result.video_url as string);
    expect(video).toMatch(/\.mp4$/);
    const { format, streams } = await ffprobe(video);
    expect(Number(format.duration)).toBeCloseTo(14, 1);
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(
      expect.arrayContaining(["video", "audio", "subtitle"]),
    );
    expect(streams.filter(({ codec_type }) => codec_type === "audio")).toHaveLength(1);
    expect(await packetHashes(video, "0:v")).toBe(
      await packetHashes(join(demo, "speech.mp4"), "0:v"),
    );
  });

  it("has its sound and what is said as files of their own, and a report of every line", async () => {
    const { format, streams } = await ffprobe(await download(result.audio_url));
    expect(Number(format.duration)).toBeCloseTo(14, 1);
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(["aac"]);
    const subtitles = await mine.ask("GET", result.subtitles_url);
    expect(subtitles.headers.get("content-type")).toMatch(/subrip/);
    expect(subtitles.bytes.toString()).toContain("compatriotas");
    expect(result.report).toMatchObject({ language: "es", engine: "embedded", failures: [] });
    expect(result.report.lines.length).toBeGreaterThan(0);
    expect(result.report.summary.lines).toBe(result.report.lines.length);
  });

  it("leaves nothing behind but its files", async () => {
    await until(async () => (await workDirectories()).length === 0, "end of the work directory");
    expect(await dubProcesses(taskId)).toEqual([]);
  });

  it("is nobody else's", async () => {
    const other = { "xi-api-key": "key-b" };
    for (const path of [`tasks/${taskId}/status`, `tasks/${taskId}/result`]) {
      const { status } = await mine.ask("GET", `/api/v1/async/${path}`, undefined, other);
      expect(status).toBe(404);
    }
    expect((await mine.ask("GET", result.audio_url, undefined, other)).status).toBe(404);
    const { status } = await mine.ask("DELETE", `/api/v1/async/tasks/${taskId}`, undefined, other);
    expect(status).toBe(404);
  });

  it("does not give back what was uploaded", async () => {
    // Not noted: the answer repeats the path it was asked for.
    const { status } = await server.ask("GET", `/api/v1/audio/${taskId}_video.mp4`, undefined, key);
    expect(status).toBe(404);
  });
});

async function workDirectories(root = server.folder): Promise<readonly string[]> {
  return await readdir(join(root, "work")).catch(() => []);
}

describe("the options", () => {
  it("choose voice, fit, background, drawn subtitles and loudness", async () => {
    const taskId = await order(
      {
        ...{ to: "es", voice_id: "embedded:es+f2", fit: "stretch-both" },
        ...{ background: "off", burn: "hard", loudness: "-20" },
      },
      talk(),
    );
    const { report, video_url } = await resultOf(taskId);
    const video = await download(video_url as string);
    // Each line stands in its own window, which it fills.
    expect(report.lines).toHaveLength(2);
    for (const { voice, slot, start, duration } of report.lines) {
      expect(voice).toBe("es+f2");
      expect(start).toBeCloseTo(slot.start, 1);
      expect(duration).toBeCloseTo(slot.end - slot.start, 1);
    }
    const { streams } = await ffprobe(video);
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(["video", "audio"]);
    expect(await packetHashes(video, "0:v")).not.toBe(await packetHashes(at("talk.mp4"), "0:v"));
    expect(await level(video, 2.5, 1)).toBeLessThan(-80);
    expect((await loudness(video)).integrated).toBeCloseTo(-20, 0);
  });

  it("leave the original sound and the loudness as they are, and the video without subtitles", async () => {
    const fields = { to: "es", fit: "pad-or-speedup" };
    const rest = { background: "keep", burn: "off", loudness: "off" };
    const { report, video_url } = await resultOf(await order({ ...fields, ...rest }, talk()));
    const video = await download(video_url as string);
    const { streams } = await ffprobe(video);
    expect(streams.map(({ codec_type }) => codec_type)).toEqual(["video", "audio"]);
    expect(report).toMatchObject({ background: "keep", loudness: { target: "off", gainDb: 0 } });
    expect(await level(video, 2.5, 1)).toBeCloseTo(await level(at("talk.mp4"), 2.5, 1), 0);
    for (const { slot, start } of report.lines) expect(start).toBeCloseTo(slot.start, 1);
  });

  it("take sound without a picture, which stays what it is", async () => {
    const files = { video: at("talk.mp3"), subtitles: at("talk.es.srt") };
    const taskId = await order({ to: "es", ...quick }, files);
    const { video_url, audio_url, subtitles_url, warnings } = await resultOf(taskId);
    expect(warnings).toEqual([]);
    expect(video_url).toBeNull();
    expect(audio_url).toMatch(/\.mp3$/);
    const { format, streams } = await ffprobe(await download(audio_url));
    expect(Number(format.duration)).toBeCloseTo(6, 0);
    expect(streams.map(({ codec_name }) => codec_name)).toEqual(["mp3"]);
    expect((await mine.ask("GET", subtitles_url)).bytes.toString()).toContain("Hasta luego");
  });
});

describe("an uploaded voice", () => {
  beforeAll(async () => {
    const { status, json } = await uploadVoice(mine, "mine", at("voice.wav"));
    expect({ status, json }).toMatchObject({ status: 201 });
  });

  it("speaks every line: its recording goes with each", async () => {
    const before = service.requests.length;
    const { report } = await resultOf(
      await order({ to: "es", voice_id: "mine", ...quick }, talk()),
    );
    expect(report.engine).toBe("cosyvoice");
    expect(report.lines.map(({ voice }: { voice: string }) => voice)).toEqual(["mine", "mine"]);
    const asked = service.requests.slice(before).filter(({ text }) => /^H/.test(text));
    expect(asked.map(({ text }) => text).toSorted()).toEqual([
      "Hasta luego, hasta mañana.",
      "Hola a todos.",
    ]);
    const recording = await readFile(at("voice.wav"));
    for (const { path, body } of asked) {
      // Another language than the recording's: what is said in it would only mislead.
      expect(path).toBe("/inference_cross_lingual");
      const { bytes } = body.prompt_wav as FormFile;
      expect(bytes.includes(recording.subarray(48_000, 52_000))).toBe(true);
    }
  });

  it("is not passed over for an engine that cannot speak like it", async () => {
    const form = await makeForm({ to: "es", voice_id: "mine", provider: "embedded" }, talk());
    const { status, json } = await mine.ask("POST", route, form);
    expect({ status, error: json.error }).toEqual({ status: 422, error: "engine_unsupported" });
  });

  it("fails the dub when a line cannot be spoken, after another try", async () => {
    await writeFile(
      at("refused.es.srt"),
      srt([
        [0.5, 2, "Hola de nuevo."],
        [4, 5.5, "Esta es rechazada."],
      ]),
    );
    const files = { ...talk(), subtitles: at("refused.es.srt") };
    const taskId = await order({ to: "es", voice_id: "mine", ...quick }, files);
    const { code, message } = await failureOf(taskId);
    expect(code).toBe("synthesis_error");
    expect(message).toMatch(/^1 of 2 lines could not be spoken: ./);
    const times = (text: string) => service.requests.filter((one) => one.text === text).length;
    expect(times("Hola de nuevo.")).toBe(1);
    expect(times("Esta es rechazada.")).toBeGreaterThanOrEqual(2);
    await until(async () => (await workDirectories()).length === 0, "end of the work directory");
  });

  it("is spoken by a process that knows the engine's address and no secret of the server, and is started once more when it dies", async () => {
    holds = (text) => /^Hola a/.test(text);
    const form = { to: "es", voice_id: "mine", ...quick };
    const taskId = await order(form, talk());
    const leader = async (not?: number): Promise<Process> =>
      await until(
        async () =>
          (await dubProcesses(taskId)).find(
            ({ pid, command }) => pid !== not && command.includes("dub-process"),
          ),
        "process of the dub",
      );
    const first = await leader();
    const environment = await readFile(`/proc/${first.pid}/environ`, "utf8");
    expect(environment).toContain(service.url);
    expect(environment).not.toMatch(/key-a|API_KEYS|whsec|WEBHOOK/);
    process.kill(first.pid, "SIGKILL");
    const second = await leader(first.pid);
    process.kill(second.pid, "SIGKILL");
    expect(await failureOf(taskId)).toEqual({
      code: "synthesis_error",
      message: "The process that makes the dub has died twice.",
    });
    expect(await processesOf([first.group, second.group])).toEqual([]);
    holds = () => false;
  });
});

describe("a dub that is cancelled", () => {
  it.each([
    [
      "while it is spoken",
      { burn: "off" },
      async () => {
        const long = "Una frase que no termina nunca, ".repeat(500);
        await writeFile(at("long.es.srt"), srt([0, 1, 2].map((s) => [s, s + 0.9, `${s} ${long}`])));
        return { video: at("talk.mp4"), subtitles: at("long.es.srt") };
      },
      /engine-process/,
    ],
    [
      "while its picture is drawn",
      { burn: "hard" },
      async () => {
        await makeVideo(at("large.mp4"), { seconds: 60, extra: ["-vf", "scale=1280:-2"] });
        return { video: at("large.mp4"), subtitles: at("talk.es.srt") };
      },
      /ffmpeg .*libx264/,
    ],
  ] as const)(
    "%s ends all processes within 2 s and leaves no directory",
    async (_, options, makeFiles, busy) => {
      const taskId = await order({ to: "es", ...quick, ...options }, await makeFiles());
      const running = await until(async () => {
        const all = await dubProcesses(taskId);
        return all.some(({ command }) => busy.test(command)) && all;
      }, "process at work");
      expect(running.length).toBeGreaterThanOrEqual(2);
      const cancelledAt = performance.now();
      const { status } = await mine.ask("DELETE", `/api/v1/async/tasks/${taskId}`);
      expect(status).toBe(200);
      const groups = running.map(({ group }) => group);
      await until(async () => (await processesOf(groups)).length === 0, "end of all processes");
      await until(async () => !(await workDirectories()).includes(taskId), "end of the directory");
      expect(performance.now() - cancelledAt).toBeLessThan(2000);
      expect(await untilEnded(mine, taskId)).toMatchObject({ status: "failed", cancelled: true });
    },
  );
});

describe("what cannot be dubbed", () => {
  it.each([
    [
      "a text instead of a video",
      () => ({ ...talk(), video: at("notes.txt") }),
      "audio_processing_error",
      /^The video is not a video or sound file/,
    ],
    [
      "subtitles that are none",
      () => ({ ...talk(), subtitles: at("notes.txt") }),
      "validation_error",
      /^The subtitle file .*`subtitles` takes SRT/,
    ],
    [
      "a video without any text, where nobody can listen",
      () => ({ video: at("talk.mp4") }),
      "validation_error",
      /^There is no text in Spanish to speak for the video\. Send the text/,
    ],
  ])("%s fails, and says why", async (_, files, code, message) => {
    const failure = await failureOf(await order({ to: "es" }, files()));
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toMatch(/--|dubber/);
  });

  it.each([
    [{ to: "klingonisch" }, 422, "validation_error"],
    [{}, 422, "validation_error"],
    [{ to: "es", provider: "nobody" }, 422, "validation_error"],
    [{ to: "es", provider: "cosyvoice" }, 422, "validation_error"],
    [{ to: "es", voice_id: "embedded:nobody" }, 404, "voice_not_found"],
    [{ to: "es", fit: "squeeze" }, 422, "validation_error"],
    [{ to: "es", loudness: "loud" }, 422, "validation_error"],
    [{ to: "es", backgroud: "off" }, 422, "validation_error"],
    [{ to: "zu" }, 422, "validation_error"],
    [{ to: "es", provider: "broken" }, 503, "model_not_ready"],
  ])("an order of %j is refused at once with %i", async (fields, status, error) => {
    const answer = await mine.ask("POST", route, await makeForm(fields, talk()));
    expect({ status: answer.status, error: answer.json.error }).toEqual({ status, error });
  });

  it("a request without a video is refused, and nothing of any refused one is kept", async () => {
    const answer = await mine.ask("POST", route, await makeForm({ to: "es" }));
    expect(answer.status).toBe(422);
    await until(async () => (await readdir(join(server.folder, "tmp"))).length === 0, "empty tmp");
  });

  it("the same request under the same key is carried out once", async () => {
    const headers = { ...key, "idempotency-key": "one dub" };
    const send = async () =>
      await mine.ask(
        "POST",
        route,
        await makeForm({ to: "es" }, { video: at("notes.txt") }),
        headers,
      );
    const [first, second] = [await send(), await send()];
    expect(second.json).toEqual(first.json);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    await untilEnded(mine, first.json.task_id);
  });
});

describe("a server that dies in the middle", () => {
  let running: ServerProcess | undefined;
  const there: Asking = { ask: async (...one) => noted(await ask(running?.url ?? "", ...one)) };
  afterAll(() => running?.stop("SIGKILL"));

  const restart = async (): Promise<ServerProcess> => {
    const env = { COSYVOICE_URL: service.url, SHUTDOWN_TIMEOUT: "1", HOME: folder };
    running = await startServer(at("data"), { env });
    return running;
  };
  const clipsOf = async (taskId: string): Promise<number> =>
    (await readdir(join(workDirectoryOf(at("data"), taskId), "es", "speech"))).filter((name) =>
      /^[0-9a-f]{64}\.wav$/.test(name),
    ).length;
  const groupOf = async (taskId: string): Promise<number> =>
    await until(async () => (await dubProcesses(taskId))[0]?.group, "process of the dub");
  /** Answers so many more lines and no others. @returns those that wait in vain. */
  const answerOnly = (count: number): ReadonlySet<string> => {
    const answered = new Set<string>();
    const held = new Set<string>();
    holds = (text) => {
      if (!text.startsWith("Frase") || answered.has(text)) return false;
      if (answered.size < count) answered.add(text);
      else held.add(text);
      return held.has(text);
    };
    return held;
  };

  it("goes on after kill -9 and after SIGTERM, and asks for no line again that was spoken", async () => {
    const texts = Array.from({ length: 8 }, (_, line) => `Frase número ${line} de la prueba.`);
    await makeVideo(at("lines.mp4"), { seconds: 26 });
    await writeFile(
      at("lines.es.srt"),
      srt(texts.map((text, line) => [3 * line + 0.2, 3 * line + 1.7, text])),
    );

    const held = answerOnly(3);
    const killed = await restart();
    expect((await uploadVoice(there, "mine", at("voice.wav"))).status).toBe(201);
    const files = { video: at("lines.mp4"), subtitles: at("lines.es.srt") };
    const taskId = await order({ to: "es", voice_id: "mine", ...quick }, files, there);
    // Two are asked for at once.
    await until(async () => held.size === 2, "lines in flight");
    await until(async () => (await clipsOf(taskId)) === 3, "clips of the answered lines");
    const first = await groupOf(taskId);
    await killed.stop("SIGKILL");
    await until(async () => (await processesOf([first])).length === 0, "end of the orphans", 2000);
    const heldAgain = answerOnly(2);
    const stopped = await restart();
    await until(async () => heldAgain.size === 2, "lines in flight again");
    await until(async () => (await clipsOf(taskId)) === 5, "clips of the answered lines");
    const second = await groupOf(taskId);
    await until(async () => {
      const { json } = await there.ask("GET", `/api/v1/async/tasks/${taskId}/status`);
      expect(json.status).toBe("processing");
      return json.progress > 0.3;
    }, "progress");
    expect((await stopped.stop()).code).toBe(0);
    expect(await processesOf([second])).toEqual([]);

    holds = () => false;
    await restart();
    const { report } = await resultOf(taskId, there);
    expect(report.lines.map(({ text }: { text: string }) => text)).toEqual(texts);
    const asked = service.requests.filter(({ text }) => text.startsWith("Frase"));
    expect(new Set(asked.map(({ text }) => text)).size).toBe(8);
    // Eight answers, and two calls that were broken off at each end of a server.
    expect(asked.length).toBeLessThanOrEqual(8 + 4);
    await until(
      async () => (await workDirectories(at("data"))).length === 0,
      "end of the work directory",
    );
  });
});

it("directories of tasks that have ended or are gone are swept, others are not", async () => {
  const root = at("swept");
  const states = { task_1: "processing", task_2: "failed", task_3: "pending" } as const;
  for (const id of [...Object.keys(states), "task_4"]) {
    await mkdir(workDirectoryOf(root, id), { recursive: true });
  }
  const get = async (id: string) =>
    id in states ? ({ status: states[id as keyof typeof states] } as Task) : undefined;
  expect(await sweepWorkDirectories({ root, tasks: { get } })).toBe(2);
  expect((await workDirectories(root)).toSorted()).toEqual(["task_1", "task_3"]);
  expect(await sweepWorkDirectories({ root: at("nowhere"), tasks: { get } })).toBe(0);
});

it("no answer of this file names a path of the server", async () => {
  const all = said.join("\n");
  expect(said.length).toBeGreaterThan(40);
  expect(all).not.toContain(server.folder);
  expect(all).not.toContain(folder);
  expect(all).not.toContain(tmpdir());
  expect(all).not.toMatch(/_video\.|_text\.|work\/task_/);
  await expect(stat(server.folder)).resolves.toBeDefined();
});
