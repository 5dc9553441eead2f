/** The typed client against real servers, and against everything that happens to requests on their way. */
import { execFile } from "node:child_process";
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import {
  DubberApiError,
  DubberClient,
  type DubberClientOptions,
  type DubResult,
  type SpeechResult,
  type Submission,
  type Task,
} from "../src/client/client.ts";
import { DubberError } from "../src/core/error.ts";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { ffmpeg, ffprobe, makeVideo } from "./support/media.ts";
import { openServer, type TestServerOptions } from "./support/server.ts";

let folder: string;
let stack: AsyncDisposableStack;
const at = (name: string): string => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-client-"));
  stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
});
afterEach(() => stack.disposeAsync());

const manySentences = Array.from({ length: 40 }, (_, n) => `This is number ${n + 1} of many.`).join(
  " ",
);
const hello = { text: "Hello, this is a test.", voiceId: "ann" };
const quick = { retries: 2, timeoutMs: 10_000 };

/** A server, and a client of it. */
async function open(options: TestServerOptions = {}) {
  const server = stack.use(await openServer(options));
  return { server, client: new DubberClient({ baseUrl: server.url, ...quick }) };
}

/** What happens to a request instead of what should. */
type Fault =
  | { readonly is: "refused"; readonly status: number; readonly headers?: Record<string, string> }
  /** The server gets it and answers; the answer is lost. */
  | { readonly is: "lost" }
  /** The answer breaks off after so many bytes. */
  | { readonly is: "cut"; readonly after: number }
  /** Bytes are changed on their way. */
  | { readonly is: "spoiled" }
  /** Nothing, for ever. */
  | { readonly is: "silent" };

type Seen = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
};

/** Stands before a server and does to the n-th request of a method and path what it is told. */
async function openGate(
  target: () => string,
  faultOf: (seen: Seen, n: number) => Fault | undefined,
) {
  const seen: Seen[] = [];
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const one = { method, path: url.split("?", 1)[0] ?? "", headers };
    seen.push(one);
    const n = seen.filter((other) => other.method === method && other.path === one.path).length;
    const body = await buffer(request);
    const fault = faultOf(one, n);
    if (fault?.is === "silent") return;
    if (fault?.is === "refused") {
      response.writeHead(fault.status, fault.headers).end("<html>Not now.</html>");
      return;
    }
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const answer = await fetch(`${target()}${url}`, {
      ...{ method, signal: gone.signal },
      headers: Object.entries(headers).flatMap(([name, value]) =>
        /^(host|connection|content-length|transfer-encoding|expect|keep-alive)$/.test(name)
          ? []
          : [[name, String(value)] as [string, string]],
      ),
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    if (fault?.is === "lost") {
      await answer.arrayBuffer();
      request.socket.destroy();
      return;
    }
    response.writeHead(answer.status, [...answer.headers].flat());
    response.flushHeaders();
    let sent = 0;
    for await (const piece of answer.body ?? []) {
      const rest = fault?.is === "cut" ? fault.after - sent : piece.length;
      if (fault?.is === "spoiled") piece[piece.length - 1] ^= 1;
      await new Promise((written) => response.write(piece.subarray(0, rest), written));
      sent += piece.length;
      if (rest < piece.length || (fault?.is === "cut" && sent >= fault.after)) {
        response.destroy();
        return;
      }
    }
    response.end();
  }
  const url = await listen((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  return {
    seen,
    clientWith: (options: DubberClientOptions = {}) =>
      new DubberClient({ baseUrl: url, ...quick, ...options }),
  };
}

/** A server of a few lines. @returns its address. */
async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server behind a gate. */
async function openBehind(
  faultOf: (seen: Seen, n: number) => Fault | undefined,
  options: TestServerOptions & { readonly client?: DubberClientOptions } = {},
) {
  const server = stack.use(await openServer(options));
  const gate = await openGate(() => server.url, faultOf);
  return { server, ...gate, client: gate.clientWith(options.client) };
}

async function failureOf(promise: Promise<unknown>): Promise<DubberApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DubberApiError);
  return error as DubberApiError;
}

async function allTasks(client: DubberClient) {
  return await Array.fromAsync(client.tasks());
}

describe("a client", () => {
  it("speaks, and the sound can be had as bytes and as a file", async () => {
    const { client } = await open();
    const result = await client.speak(hello);
    expect(result).toMatchObject({
      success: true,
      sampleRate: 16_000,
      format: "wav",
      warnings: [],
    });
    expect(Object.keys(result).filter((name) => name.includes("_"))).toEqual([]);
    const bytes = await client.download(result);
    expect(bytes.length).toBe(result.bytes);
    await client.download(result, { to: at("deep/speech.wav") });
    expect(await readFile(at("deep/speech.wav"))).toEqual(Buffer.from(bytes));
    expect(await client.download(result.audioUrl)).toEqual(bytes);
    expect(await readdir(at("deep"))).toEqual(["speech.wav"]);
  });

  it("orders, waits, and gets the result with the type of what was ordered", async () => {
    const { client } = await open();
    const task = await client.submit(hello);
    expect(task).toMatchObject({ status: "submitted", taskId: expect.stringMatching(/^task_/) });
    expect(await client.wait(task)).toMatchObject({
      ...{ taskId: task.taskId, status: "completed", progress: 1, resultAvailable: true },
      completedAt: expect.any(Number),
    });
    const result = await client.result(task);
    expectTypeOf(result).toEqualTypeOf<SpeechResult>();
    expect(result.duration).toBeCloseTo(hello.text.length * 0.01, 2);
    expect(await client.result(task.taskId)).toEqual(result);
    expect((await client.download(task)).length).toBe(result.bytes);
    expect((await client.download(task.taskId)).length).toBe(result.bytes);
    expect(await client.status(task)).toMatchObject({ status: "completed" });
  });

  it("orders each of the four kinds, with recordings as bytes, Blob and path", async () => {
    const features = { cloning: true, instructions: true };
    const engine = makeFakeEngine({ features });
    const { client } = await open({ engine });
    await ffmpeg("-f", "lavfi", "-i", "sine=f=220:r=24000:d=4", at("me.wav"));
    const bytes = new Uint8Array(await readFile(at("me.wav")));
    const { text } = hello;
    const orders = [
      { ...hello, speed: 1.5, format: "mp3" },
      { kind: "instruct", ...hello, instructText: "Whisper." },
      { kind: "zero-shot", text, promptAudio: at("me.wav"), promptText: "I am me." },
      { kind: "zero-shot", text, promptAudio: bytes, speed: 0.5 },
      { kind: "cross-lingual", text, promptAudio: new Blob([bytes]) },
      { kind: "cross-lingual", text, promptAudio: new File([bytes], "a.wav"), format: "flac" },
    ] as const;
    for (const order of orders) {
      const task = await client.submit(order);
      await client.wait(task);
      expect(await client.result(task)).toMatchObject({
        format: "format" in order ? order.format : "wav",
      });
    }
    expect(engine.asked.map(({ speed, instructions }) => ({ speed, instructions }))).toMatchObject([
      { speed: 1.5 },
      { instructions: "Whisper." },
      {},
      { speed: 0.5 },
      {},
      {},
    ]);
    expect(engine.asked.slice(2).every(({ recording }) => recording !== undefined)).toBe(true);
  });

  it("gets sound as it is being spoken", async () => {
    const engine = makeFakeEngine({ features: { maxCharacters: 100 } });
    const { client } = await open({ engine });
    engine.behaviour = { ms: ({ text }) => (text.includes(" 1 ") ? 0 : 150) };
    const stream = await client.stream({ text: manySentences, voiceId: "ann", format: "pcm" });
    const startMs = performance.now();
    const pieces: Uint8Array[] = [];
    const times: number[] = [];
    for await (const piece of stream) {
      pieces.push(piece);
      times.push(performance.now() - startMs);
    }
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(300);
    const seconds = Buffer.concat(pieces).length / 32_000;
    expect(seconds).toBeGreaterThan(0.9 * manySentences.length * 0.01);
  });

  it("lists tasks over several pages, and those of one status", async () => {
    const { client } = await open();
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift((await client.submit(hello)).taskId);
    for (const id of ids) await client.wait(id);
    const listed = await Array.fromAsync(client.tasks({ pageSize: 2 }));
    expect(listed.map(({ taskId }) => taskId)).toEqual(ids);
    expect(listed[0]).toMatchObject({ status: "completed", error: null });
    expect(await Array.fromAsync(client.tasks({ status: "failed" }))).toEqual([]);
  });

  it("cancels a task, and whoever waits for it is told", async () => {
    const engine = makeFakeEngine({ gate: new Promise(() => {}) });
    const { client } = await open({ engine });
    const task = await client.submit(hello);
    const waiting = failureOf(client.wait(task));
    expect(await failureOf(client.result(task))).toMatchObject({
      ...{ code: "task_unfinished", status: 202, retryable: true },
    });
    await client.cancel(task);
    await client.cancel(task);
    expect(await waiting).toMatchObject({ code: "task_cancelled", retryable: false });
    expect(await client.status(task)).toMatchObject({ status: "failed", cancelled: true });
  });

  it("keeps voices: adds, shows, lists, changes and deletes them", async () => {
    const { client } = await open({ engine: makeFakeEngine({ features: { cloning: true } }) });
    await ffmpeg("-f", "lavfi", "-i", "sine=f=220:r=24000:d=4", at("me.wav"));
    const me = { voiceId: "me", name: "Me", audioFile: at("me.wav"), promptText: "I am me." };
    const added = await client.addVoice({ ...me, language: "en", consent: true });
    expect(added).toMatchObject({
      ...{ voiceId: "me", voiceType: "zero_shot", promptText: "I am me.", isPretrained: false },
      ...{ consent: true, duration: 4, createdAt: expect.any(Number) },
    });
    const { code, details } = await failureOf(client.addVoice(me));
    expect({ code, details }).toMatchObject({
      ...{ code: "voice_already_exists", details: { voiceId: "me" } },
    });
    const audioFile = new Uint8Array(await readFile(at("me.wav")));
    await client.addVoice({ voiceId: "you", name: "You", audioFile });
    await client.addVoice({ voiceId: "them", name: "Them", audioFile });
    const ids = async (filter: Parameters<DubberClient["voices"]>[0]) =>
      (await Array.fromAsync(client.voices(filter))).map(({ voiceId }) => voiceId);
    expect(await ids({ pageSize: 2 })).toEqual(["them", "you", "me"]);
    expect(await ids({ language: "en" })).toEqual(["me"]);
    expect(await ids({ voiceType: "instruct" })).toEqual([]);
    expect(await client.changeVoice("me", { name: "Myself" })).toMatchObject({ name: "Myself" });
    expect(await client.voice("me")).toMatchObject({ name: "Myself", promptText: "I am me." });
    await client.deleteVoice("me");
    expect(await failureOf(client.voice("me"))).toMatchObject({
      ...{ code: "voice_not_found", status: 404, requestId: expect.any(String) },
    });
    const pretrained = await client.pretrainedVoices();
    expect(pretrained.find(({ voiceId }) => voiceId === "pretrained_voice_001")).toMatchObject({
      isPretrained: true,
    });
  });

  it("sends a video from the disk, and its options under the server's names", async () => {
    await makeVideo(at("talk.mp4"), { seconds: 1 });
    await writeFile(at("talk.es.srt"), "1\n00:00:00,000 --> 00:00:01,000\nHola.\n");
    const { promise, resolve } = Promise.withResolvers<FormData>();
    const url = await listen(async (request, response) => {
      const type = request.headers["content-type"] ?? "";
      const body = new Uint8Array(await buffer(request));
      resolve(await new Response(body, { headers: { "content-type": type } }).formData());
      response.end('{"task_id":"task_1","status":"submitted"}');
    });
    const client = new DubberClient({ baseUrl: `${url}/` });
    const task = await client.dub({
      ...{ video: at("talk.mp4"), subtitles: at("talk.es.srt"), to: "es", voiceId: "ann" },
      ...{ burn: "hard", loudness: -16 },
    });
    expectTypeOf(task).toEqualTypeOf<Submission<DubResult>>();
    const form = await promise;
    const video = form.get("video") as File;
    expect(video.name).toBe("talk.mp4");
    expect(Buffer.from(await video.arrayBuffer())).toEqual(await readFile(at("talk.mp4")));
    expect((form.get("subtitles") as File).name).toBe("talk.es.srt");
    expect([...form].filter(([, value]) => typeof value === "string")).toEqual([
      ...[
        ["to", "es"],
        ["voice_id", "ann"],
        ["burn", "hard"],
        ["loudness", "-16"],
      ],
    ]);
  });

  it("dubs a video, whose report keeps its own names", async () => {
    const { client } = await open();
    const demo = join(import.meta.dirname, "../examples/demo");
    const [video, subtitles] = [join(demo, "speech.mp4"), join(demo, "speech.es.srt")];
    const task = await client.dub({
      ...{ video, subtitles, to: "es", provider: "embedded" },
      ...{ background: "off", loudness: "off" },
    });
    await client.wait(task);
    await client.download(task, { to: at("speech.es.mp4") });
    const { streams } = await ffprobe(at("speech.es.mp4"));
    // The video's own subtitles stay beside the new ones.
    expect(streams.map(({ codec_type }) => codec_type)).toEqual([
      ...["video", "audio", "subtitle", "subtitle"],
    ]);
    const result = await client.result(task);
    expect(result.report).toMatchObject({ schema: 1, language: "es" });
    expect(new TextDecoder().decode(await client.download(result.subtitlesUrl))).toContain("-->");
  });

  it("tells health as it is, also a bad one", async () => {
    const { client } = await open();
    expect(await client.health()).toEqual({
      ...{ status: "healthy", voiceManagerReady: true, asyncSynthesisReady: true },
    });
    const { server } = await open({ engine: makeFakeEngine({ name: "mute", voices: [] }) });
    expect(await new DubberClient({ baseUrl: server.url }).health()).toMatchObject({
      status: "unhealthy",
    });
  });

  it("sends its key, and is refused without one", async () => {
    const { server, client } = await open({ variables: { API_KEYS: "secret-key-1" } });
    expect(await failureOf(client.submit(hello))).toMatchObject({
      ...{ code: "unauthorized", status: 401, retryable: false },
    });
    const keyed = new DubberClient({ baseUrl: server.url, apiKey: "secret-key-1" });
    await keyed.wait(await keyed.submit(hello));
  });

  it("names wrong fields as they were written", async () => {
    const { client } = await open();
    const error = await failureOf(client.submit({ ...hello, voiceId: "" }));
    expect(error).toMatchObject({
      ...{ code: "validation_error", status: 422, retryable: false },
      details: { path: "/api/v1/async/synthesize/sft", errors: [{ field: "voiceId" }] },
    });
  });

  it("says which file of this machine is missing", async () => {
    const { client } = await open();
    const sent = client.addVoice({ voiceId: "me", name: "Me", audioFile: at("none.wav") });
    await expect(sent).rejects.toThrow(DubberError);
    await expect(sent).rejects.toMatchObject({ code: "not_found" });
  });

  it("gives its key to no other server", async () => {
    const { client } = await open();
    for (const path of ["https://example.com/a.wav", "//example.com/a.wav", "@example.com"]) {
      expect(await failureOf(client.download(path))).toMatchObject({ status: 404 });
    }
  });
});

describe("a request that does not come through", () => {
  it("is sent again after 503, twice if need be", async () => {
    const refused = { is: "refused", status: 503, headers: { "retry-after": "0" } } as const;
    const { client, seen } = await openBehind((_, n) => (n <= 2 ? refused : undefined));
    await client.submit(hello);
    expect(seen).toHaveLength(3);
    const keys = new Set(seen.map(({ headers }) => headers["idempotency-key"]));
    expect([...keys]).toEqual([expect.stringMatching(/^dubber-[0-9a-f]{32}$/)]);
    expect(await allTasks(client)).toHaveLength(1);
  });

  it("is given up after the last try, with what the server said", async () => {
    const headers = { "retry-after": "0", "x-request-id": "r1" };
    const { client, seen } = await openBehind(() => ({ is: "refused", status: 429, headers }));
    expect(await failureOf(client.submit(hello))).toMatchObject({
      ...{ code: "http_error", status: 429, retryable: true, requestId: "r1", retryAfterMs: 0 },
    });
    expect(seen).toHaveLength(3);
  });

  it.each([400, 401, 404, 409, 413, 422, 500, 502, 504])(
    "is not sent again after %i",
    async (status) => {
      const { client, seen } = await openBehind(() => ({ is: "refused", status }));
      expect(await failureOf(client.submit(hello))).toMatchObject({ code: "http_error", status });
      expect(seen).toHaveLength(1);
    },
  );

  it("is not sent again when the server says so", async () => {
    const headers = { "x-should-retry": "false" };
    const { client, seen } = await openBehind(() => ({ is: "refused", status: 503, headers }));
    expect(await failureOf(client.submit(hello))).toMatchObject({ status: 503, retryable: false });
    expect(seen).toHaveLength(1);
  });

  it("creates one task, though the answer is lost and the request sent again", async () => {
    const { client, seen, server } = await openBehind(({ method }, n) =>
      method === "POST" && n <= 2 ? { is: "lost" } : undefined,
    );
    const task = await client.submit(hello);
    await client.wait(task);
    expect(seen.filter(({ method }) => method === "POST")).toHaveLength(3);
    expect((await allTasks(client)).map(({ taskId }) => taskId)).toEqual([task.taskId]);
    expect(server.engine.asked).toHaveLength(1);
  });

  it("creates one task, though the answer breaks off", async () => {
    const { client } = await openBehind(({ method }, n) =>
      method === "POST" && n === 1 ? { is: "cut", after: 20 } : undefined,
    );
    await client.submit(hello);
    expect(await allTasks(client)).toHaveLength(1);
  });

  it("keeps one voice, though the answer is lost", async () => {
    const engine = makeFakeEngine({ features: { cloning: true } });
    const { client } = await openBehind(
      ({ method }, n) => (method === "POST" && n === 1 ? { is: "lost" } : undefined),
      { engine },
    );
    await ffmpeg("-f", "lavfi", "-i", "sine=f=220:r=24000:d=4", at("me.wav"));
    const voice = { voiceId: "me", name: "Me", audioFile: at("me.wav") };
    expect(await client.addVoice(voice)).toMatchObject({ voiceId: "me" });
  });

  it("is spoken once, though a synchronous answer is lost", async () => {
    const { client, server } = await openBehind(({ method }, n) =>
      method === "POST" && n === 1 ? { is: "lost" } : undefined,
    );
    const result = await client.speak(hello);
    expect((await client.download(result)).length).toBe(result.bytes);
    expect(server.engine.asked).toHaveLength(1);
  });

  it("says that nobody is there", async () => {
    const gone = await openServer();
    await gone[Symbol.asyncDispose]();
    const client = new DubberClient({ baseUrl: gone.url, retries: 0 });
    expect(await failureOf(client.submit(hello))).toMatchObject({
      ...{ code: "connection_error", status: undefined, retryable: true },
      message: expect.stringContaining("ECONNREFUSED"),
      cause: expect.anything(),
    });
  });

  it("is given up when the server is silent for too long, and not sent again", async () => {
    const { client, seen } = await openBehind(() => ({ is: "silent" }), {
      client: { timeoutMs: 100 },
    });
    expect(await failureOf(client.status("task_1"))).toMatchObject({
      code: "timeout",
      retryable: true,
    });
    expect(seen).toHaveLength(1);
  });

  it("is no answer of this API when it is a page of somebody else's", async () => {
    const { client } = await openBehind(() => ({ is: "refused", status: 200 }));
    expect(await failureOf(client.status("task_1"))).toMatchObject({
      ...{ code: "invalid_answer", status: 200, retryable: false },
    });
  });
});

describe("a download", () => {
  it("that breaks off is fetched again, and no half a file is ever there", async () => {
    const { client, seen } = await openBehind(({ path }, n) =>
      path.includes("/audio/") && n <= 2 ? { is: "cut", after: 3000 } : undefined,
    );
    const result = await client.speak(hello);
    await client.download(result, { to: at("speech.wav") });
    expect((await readFile(at("speech.wav"))).length).toBe(result.bytes);
    expect(seen.filter(({ path }) => path.includes("/audio/"))).toHaveLength(3);
    expect(await readdir(folder)).toEqual(["speech.wav"]);
  });

  it("that is not what the server has is refused", async () => {
    const { client } = await openBehind(
      ({ path }) => (path.includes("/audio/") ? { is: "spoiled" } : undefined),
      { client: { retries: 0 } },
    );
    const result = await client.speak(hello);
    const wrong = { code: "connection_error", message: expect.stringContaining("not the file") };
    expect(await failureOf(client.download(result))).toMatchObject(wrong);
    expect(await failureOf(client.download(result, { to: at("speech.wav") }))).toMatchObject(wrong);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("a stream", () => {
  it("throws when it breaks off on its way", async () => {
    const { client } = await openBehind(() => ({ is: "cut", after: 3000 }));
    const stream = await client.stream(hello);
    let bytes = 0;
    const read = async () => {
      for await (const piece of stream) bytes += piece.length;
    };
    expect(await failureOf(read())).toMatchObject({ code: "connection_error" });
    expect(bytes).toBeLessThanOrEqual(3000);
  });

  it("throws when the engine fails in the middle", async () => {
    const fail = ({ text }: { text: string }) =>
      text.includes("Second") ? new DubberError("engine_failed", "No more.") : undefined;
    const engine = makeFakeEngine({ features: { maxCharacters: 300 }, fail });
    const { client } = await open({ engine });
    const text = `${"First words are long. ".repeat(20)}${"Second words fail. ".repeat(20)}`;
    const stream = await client.stream({ text, voiceId: "ann" });
    const read = Array.fromAsync(stream as AsyncIterable<Uint8Array>);
    expect(await failureOf(read)).toMatchObject({ code: "connection_error" });
  });

  it("is refused before it begins like any other request", async () => {
    const { client } = await open();
    const refused = client.stream({ ...hello, voiceId: "nobody" });
    expect(await failureOf(refused)).toMatchObject({ code: "voice_not_found" });
  });

  it("that is cancelled stops the work", async () => {
    const engine = makeFakeEngine({ features: { maxCharacters: 100 } });
    const { client } = await open({ engine });
    engine.behaviour = { ms: ({ text }) => (text.includes(" 1 ") ? 0 : 60_000) };
    const stream = await client.stream({ text: manySentences, voiceId: "ann" });
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => engine.inFlight).toBe(0);
    expect(engine.aborted).toBeGreaterThan(0);
  });
});

describe("waiting", () => {
  it("ends with the failure of the task", async () => {
    const engine = makeFakeEngine({
      fail: () => new DubberError("engine_failed", "No voice today."),
    });
    const { client } = await open({ engine });
    const task = await client.submit(hello);
    const failed = await failureOf(client.wait(task));
    expect(failed).toMatchObject({
      ...{ code: "task_failed", status: undefined, retryable: false },
      details: { taskId: task.taskId, errorCode: "synthesis_error" },
    });
    expect(await failureOf(client.result(task))).toMatchObject({
      ...{ code: "task_failed", status: 409, details: { errorCode: "synthesis_error" } },
      message: failed.message,
    });
  });

  it("ends when its time is over; the task goes on", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { client } = await open({ engine: makeFakeEngine({ gate: promise }) });
    const task = await client.submit(hello);
    const startMs = performance.now();
    expect(await failureOf(client.wait(task, { timeoutMs: 700 }))).toMatchObject({
      ...{ code: "timeout", details: { taskId: task.taskId } },
    });
    expect(performance.now() - startMs).toBeLessThan(3000);
    resolve();
    await client.wait(task);
  });

  it("ends when its time is over, also where nobody answers", async () => {
    const { client } = await openBehind(() => ({ is: "silent" }));
    const waited = client.wait("task_1", { timeoutMs: 300 });
    expect(await failureOf(waited)).toMatchObject({ code: "timeout" });
  });

  it("ends at once for a task nobody knows", async () => {
    const { client } = await open();
    expect(await failureOf(client.wait("task_none"))).toMatchObject({ code: "task_not_found" });
  });

  it("outlives refusals of every passing kind", async () => {
    const refusals: readonly (Fault | undefined)[] = [
      { is: "lost" },
      ...[502, 503, 504, 429].map((status) => ({
        ...{ is: "refused" as const, status, headers: { "retry-after": "0" } },
      })),
    ];
    const { client } = await openBehind(({ path }, n) =>
      path.endsWith("/status") ? refusals[n - 1] : undefined,
    );
    expect(await client.wait(await client.submit(hello))).toMatchObject({ status: "completed" });
  });

  it("does not hammer a server that knows no long polls", async () => {
    const task = { task_id: "task_1", status: "processing", progress: 0 };
    let asked = 0;
    const url = await listen((_request, response) => {
      asked += 1;
      response.end(JSON.stringify({ ...task, ...(asked > 2 && { status: "completed" }) }));
    });
    const startMs = performance.now();
    await new DubberClient({ baseUrl: url }).wait("task_1");
    expect(performance.now() - startMs).toBeGreaterThan(900);
  });

  it.each(["wait", "events"] as const)(
    "outlives a server that is started again: %s",
    async (how) => {
      const { promise } = Promise.withResolvers<void>();
      const first = await openServer({
        folder: at("data"),
        engine: makeFakeEngine({ gate: promise }),
      });
      const client = new DubberClient({ baseUrl: first.url, ...quick });
      const task = await client.submit(hello);
      const seen: Task[] = [];
      const waiting =
        how === "wait"
          ? client.wait(task)
          : (async () => {
              for await (const one of client.events(task)) seen.push(one);
              return seen.at(-1) as Task;
            })();
      waiting.catch(() => {});
      await expect.poll(() => first.engine.inFlight).toBe(1);
      await first.close();
      const { port } = new URL(first.url);
      await sleep(300);
      stack.use(await openServer({ folder: at("data"), variables: { PORT: port } }));
      expect(await waiting).toMatchObject({ taskId: task.taskId, status: "completed" });
      expect((await client.download(await client.result(task))).length).toBeGreaterThan(1000);
    },
  );
});

describe("events", () => {
  it("tell every change, the end last", async () => {
    const { client } = await open({ engine: makeFakeEngine({ ms: 50 }) });
    const task = await client.submit(hello);
    const seen = await Array.fromAsync(client.events(task));
    expect(seen.at(-1)).toMatchObject({ taskId: task.taskId, status: "completed", progress: 1 });
    const order = ["pending", "processing", "completed"];
    const statuses = seen.map(({ status }) => order.indexOf(status));
    expect(statuses).toEqual(statuses.toSorted());
    const again = await Array.fromAsync(client.events(task));
    expect(again).toMatchObject([{ status: "completed" }]);
  });

  it("end with a failure as with any other end", async () => {
    const { client } = await open({ engine: makeFakeEngine({ gate: new Promise(() => {}) }) });
    const task = await client.submit(hello);
    const seen = Array.fromAsync(client.events(task));
    await client.cancel(task);
    expect((await seen).at(-1)).toMatchObject({ status: "failed", cancelled: true });
  });

  it("go on where they were cut", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { client, seen } = await openBehind(
      ({ path }, n) =>
        path.endsWith("/events") && n <= 2 ? { is: "cut", after: 40 * n * n * n } : undefined,
      { engine: makeFakeEngine({ gate: promise }) },
    );
    const task = await client.submit(hello);
    const told: Task[] = [];
    for await (const one of client.events(task)) {
      told.push(one);
      if (one.status === "processing") resolve();
    }
    expect(told.at(-1)).toMatchObject({ status: "completed" });
    const unique = new Set(told.map(({ status, progress }) => `${status} ${progress}`));
    expect(unique.size).toBe(told.length);
    const connections = seen.filter(({ path }) => path.endsWith("/events"));
    expect(connections.length).toBeGreaterThanOrEqual(3);
    expect(connections.at(-1)?.headers["last-event-id"]).toMatch(/^\d+$/);
  });

  it("give the connection back when nobody listens any more", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const url = await listen((_request, response) => {
      response.once("close", resolve);
      response.write('event: status\nid: 1\ndata: {"task_id":"task_1","status":"pending"}\n\n');
    });
    for await (const task of new DubberClient({ baseUrl: url }).events("task_1")) {
      expect(task).toEqual({ taskId: "task_1", status: "pending" });
      break;
    }
    await promise;
  });
});

describe("a signal", () => {
  const reason = new Error("Enough.");

  it("that is over already lets nothing be sent", async () => {
    const { client, seen } = await openBehind(() => undefined);
    const call = { signal: AbortSignal.abort(reason) };
    await expect(client.submit(hello, call)).rejects.toBe(reason);
    await expect(client.wait("task_1", call)).rejects.toBe(reason);
    await expect(client.events("task_1", call).next()).rejects.toBe(reason);
    expect(seen).toEqual([]);
  });

  const stages: Readonly<
    Record<string, (client: DubberClient, call: { signal: AbortSignal }) => Promise<unknown>>
  > = {
    speak: (client, call) => client.speak(hello, call),
    "stream before its first sound": (client, call) => client.stream(hello, call),
    wait: async (client, call) => await client.wait(await client.submit(hello), call),
    events: async (client, call) =>
      await Array.fromAsync(client.events(await client.submit(hello), call)),
  };
  it.each(Object.keys(stages))("ends %s with its reason, as it is", async (stage) => {
    const engine = makeFakeEngine({ gate: new Promise(() => {}) });
    const { client } = await open({ engine });
    const controller = new AbortController();
    const going = stages[stage]?.(client, controller);
    going?.catch(() => {});
    await expect.poll(() => engine.inFlight).toBe(1);
    controller.abort(reason);
    await expect(going).rejects.toBe(reason);
    const isHangUp = stage.startsWith("s");
    if (isHangUp) await expect.poll(() => engine.inFlight).toBe(0);
    else expect(engine.inFlight).toBe(1);
  });

  it("ends the pause between two tries", async () => {
    const headers = { "retry-after": "20" };
    const { client, seen } = await openBehind(() => ({ is: "refused", status: 503, headers }));
    const controller = new AbortController();
    const going = client.submit(hello, controller);
    going.catch(() => {});
    await expect.poll(() => seen.length).toBe(1);
    controller.abort("any reason");
    await expect(going).rejects.toBe("any reason");
    expect(seen).toHaveLength(1);
  });

  it("ends a stream in its middle", async () => {
    const engine = makeFakeEngine({ features: { maxCharacters: 100 } });
    const { client } = await open({ engine });
    engine.behaviour = { ms: ({ text }) => (text.includes(" 1 ") ? 0 : 60_000) };
    const controller = new AbortController();
    const stream = await client.stream({ text: manySentences, voiceId: "ann" }, controller);
    const read = async () => {
      for await (const _ of stream) controller.abort(reason);
    };
    await expect(read()).rejects.toBe(reason);
    await expect.poll(() => engine.inFlight).toBe(0);
  });

  it("ends an upload", async () => {
    const { client } = await openBehind(() => ({ is: "silent" }));
    await writeFile(at("big.mp4"), new Uint8Array(5_000_000));
    const controller = new AbortController();
    const going = client.dub({ video: at("big.mp4"), to: "es" }, controller);
    setTimeout(() => controller.abort(reason), 50);
    await expect(going).rejects.toBe(reason);
  });

  it("leaves no rejection behind that would end the program, whenever an upload is ended", async () => {
    const url = await listen((request) => void request.resume());
    await writeFile(at("big.mp4"), new Uint8Array(5_000_000));
    const program = `
      import { DubberClient } from ${JSON.stringify(join(import.meta.dirname, "../src/client/client.ts"))};
      const client = new DubberClient({ baseUrl: "${url}" });
      for (let ended = 0; ended < 60; ended++) {
        const controller = new AbortController();
        setTimeout(() => controller.abort("ended"), ended % 20);
        await client.dub({ video: "big.mp4", to: "es" }, controller).catch((error) => console.log(error));
      }`;
    const args = ["--input-type=module", "--eval", program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    expect(stdout).toBe("ended\n".repeat(60));
  });

  it("ends a download, and leaves nothing behind", async () => {
    const { client, server } = await openBehind(() => undefined);
    const result = await client.speak(hello);
    const slow = await listen((_request, response) => void response.write("RIFF"));
    const from = new DubberClient({ baseUrl: slow });
    for (const reasonOfAny of [reason, "in words"]) {
      const controller = new AbortController();
      const going = from.download(result, { to: at("speech.wav"), signal: controller.signal });
      setTimeout(() => controller.abort(reasonOfAny), 50);
      await expect(going).rejects.toBe(reasonOfAny);
    }
    expect(await readdir(folder)).toEqual([]);
    expect(server.engine.asked).toHaveLength(1);
  });
});

describe("a large upload", () => {
  it("is refused in words when the server does not take it", async () => {
    const { client } = await open({ variables: { MAX_VIDEO_SIZE: "1000000" } });
    await writeFile(at("big.mp4"), new Uint8Array(50_000_000));
    const sent = client.dub({ video: at("big.mp4"), to: "en" });
    expect(await failureOf(sent)).toMatchObject({ code: "payload_too_large", status: 413 });
  });

  it("fails, and nothing else does, when its file changes on the way", async () => {
    const url = await listen((request) => {
      void appendFile(at("big.mp4"), "more").then(() => request.resume());
    });
    await writeFile(at("big.mp4"), new Uint8Array(50_000_000));
    const sent = new DubberClient({ baseUrl: url }).dub({ video: at("big.mp4"), to: "es" });
    await expect(sent).rejects.toMatchObject({
      ...{ name: "DubberError", code: "unreadable" },
      message: "The file changed while it was being sent.",
    });
  });

  it("is never in memory as a whole", async () => {
    let received = 0;
    const url = await listen(async (request, response) => {
      for await (const piece of request) received += piece.length;
      response.end('{"task_id":"task_1"}');
    });
    await writeFile(at("big.mp4"), "");
    await truncate(at("big.mp4"), 500_000_000);
    const program = `
      import { DubberClient } from ${JSON.stringify(join(import.meta.dirname, "../src/client/client.ts"))};
      let most = 0;
      setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5).unref();
      await new DubberClient({ baseUrl: "${url}" }).dub({ video: "big.mp4", to: "es" });
      console.log(most);`;
    const args = ["--input-type=module", "--eval", program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    expect(received).toBeGreaterThan(500_000_000);
    expect(Number(stdout)).toBeLessThan(350_000_000);
  });
});
