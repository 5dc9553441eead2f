/** The part of OpenAI's API, asked by OpenAI's own client; and streams, from their first byte to how they break. */
import OpenAI, {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DubberError } from "../src/core/error.ts";
import { allEvents, readEvents } from "./support/event-stream.ts";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { openServer, type TestServer } from "./support/server.ts";

const clientOf = ({ url }: Pick<TestServer, "url">, apiKey = "any-key") =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
const order = { model: "tts-1", voice: "ann", input: "Hello, it is me." } as const;
/** Several parts: the first one is spoken before the others. */
const longInput = Array.from(
  { length: 12 },
  (_, index) => `This is sentence number ${index} of a text that is long enough for several parts.`,
).join(" ");
const post = (of: TestServer, body: object, signal?: AbortSignal) =>
  fetch(`${of.url}/v1/audio/speech`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("speech", () => {
  it.each([
    ["mp3", "audio/mpeg"],
    ["opus", "audio/ogg"],
    ["aac", "audio/aac"],
    ["flac", "audio/flac"],
    ["wav", "audio/wav"],
    ["pcm", "audio/pcm"],
  ] as const)("comes as %s", async (response_format, type) => {
    const answer = await clientOf(server).audio.speech.create({ ...order, response_format });
    expect(answer.headers.get("content-type")).toBe(type);
    expect(answer.headers.get("x-request-id")).toMatch(/\S/);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.length).toBeGreaterThan(200);
    // 16 characters are 0.16 s of the fake engine's sound.
    if (response_format === "pcm") expect(bytes.length / 48_000).toBeCloseTo(0.16, 2);
    if (response_format !== "wav") return;
    expect(bytes.length).toBe(44 + 0.16 * 32_000);
    expect([bytes.readUInt32LE(4), bytes.readUInt32LE(40)]).toEqual([0xffff_ffff, 0xffff_ffff]);
  });

  it("is mp3 where nothing else is asked for", async () => {
    const answer = await post(server, order);
    expect(answer.headers.get("content-type")).toBe("audio/mpeg");
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(0);
  });

  it("knows all of OpenAI's voices by name", async () => {
    const voices = "alloy ash ballad coral echo fable nova onyx sage shimmer verse marin cedar";
    for (const voice of voices.split(" ")) {
      const body = { ...order, voice, input: "Hi.", response_format: "wav" } as const;
      const answer = await clientOf(server).audio.speech.create(body);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(1000);
    }
  });

  it("takes a voice as an object, and speaks at the speed", async () => {
    const answer = await post(server, { ...order, voice: { id: "bob" }, speed: 2 });
    expect(answer.status).toBe(200);
    await answer.arrayBuffer();
    expect(server.engine.asked.at(-1)).toMatchObject({ voice: "bob", speed: 2 });
  });

  it("leaves no task and no file behind", async () => {
    await using own = await openServer();
    await (await post(own, order)).arrayBuffer();
    expect((await own.ask("GET", "/api/v1/async/tasks")).json.total).toBe(0);
    await expect
      .poll(async () => (await own.ask("GET", "/metrics")).bytes.toString())
      .toContain("dubber_disk_used_bytes 0");
  });
});

describe("lists", () => {
  it("name the models and voices there are", async () => {
    const models = await clientOf(server).models.list();
    expect(models.data.map(({ id }) => id)).toEqual(expect.arrayContaining(["tts-1", "fake"]));
    const { json } = await server.ask("GET", "/v1/audio/voices");
    const ids = json.voices.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(expect.arrayContaining(["pretrained_voice_001", "fake:ann"]));
  });
});

describe("refusals are the error classes of OpenAI's client", () => {
  it.each<[string, object, unknown, object]>([
    ["no input", { input: "" }, BadRequestError, { param: "input" }],
    ["too much input", { input: "x".repeat(4097) }, BadRequestError, { param: "input" }],
    ["nothing to say", { input: "?!" }, BadRequestError, { param: "input" }],
    ["a speed out of range", { speed: 4.1 }, BadRequestError, { param: "speed" }],
    [
      "an unknown format",
      { response_format: "ogg" },
      BadRequestError,
      { param: "response_format" },
    ],
    ["an unknown voice", { voice: "nobody" }, NotFoundError, { code: "voice_not_found" }],
    ["an unknown model", { model: "tts-9" }, NotFoundError, {}],
  ])("%s", async (_what, wrong, errorClass, more) => {
    const asking = clientOf(server).audio.speech.create({ ...order, ...wrong } as typeof order);
    const error = await asking.then(undefined, (thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(errorClass as typeof NotFoundError);
    expect(error).toMatchObject({
      requestID: expect.any(String),
      error: expect.anything(),
      ...more,
    });
    expect((error as NotFoundError).error).toEqual({
      ...{ message: expect.stringMatching(/\S/), type: expect.stringMatching(/_error$/) },
      ...{ param: (error as NotFoundError).param ?? null, code: expect.any(String) },
    });
  });

  it("a wrong key is 401, never 403; with the right one all is well", async () => {
    await using locked = await openServer({ variables: { API_KEYS: "right-key" } });
    const wrong = clientOf(locked, "wrong-key");
    await expect(wrong.audio.speech.create(order)).rejects.toBeInstanceOf(AuthenticationError);
    await expect(wrong.models.list()).rejects.toBeInstanceOf(AuthenticationError);
    const answer = await clientOf(locked, "right-key").audio.speech.create(order);
    expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(0);
  });

  it("an engine that fails is InternalServerError, a bound on tasks is RateLimitError", async () => {
    await using busy = await openServer({
      variables: { API_KEYS: "right-key", MAX_TASKS_PER_USER: "1" },
    });
    const client = clientOf(busy, "right-key");
    busy.engine.behaviour = { fail: () => new DubberError("engine_failed", "No.") };
    await expect(client.audio.speech.create(order)).rejects.toBeInstanceOf(InternalServerError);
    const gate = Promise.withResolvers<void>();
    busy.engine.behaviour = { gate: gate.promise };
    const first = client.audio.speech.create(order);
    await expect.poll(() => busy.engine.inFlight).toBe(1);
    await expect(client.audio.speech.create(order)).rejects.toBeInstanceOf(RateLimitError);
    gate.resolve();
    await (await first).arrayBuffer();
  });

  it("what is not there has OpenAI's form too", async () => {
    const { status, json } = await server.ask("GET", "/v1/nothing");
    expect({ status, json }).toMatchObject({ status: 404, json: { error: { param: null } } });
  });
});

/** Lets through the calls for the first part, and the others when it is told to. */
function gateAfterFirst() {
  const gate = Promise.withResolvers<void>();
  const engine = makeFakeEngine();
  const speak = engine.speak.bind(engine);
  let calls = 0;
  const gated = {
    ...engine,
    async speak(...[request, call]: Parameters<typeof speak>) {
      calls += 1;
      const mine = calls;
      const result = await speak(request, call);
      if (mine > 1) await gate.promise;
      return result;
    },
  };
  return { engine: Object.assign(gated, { behaviour: engine.behaviour }), gate };
}

describe("a stream", () => {
  it.each(["wav", "pcm", "mp3", "opus", "aac", "flac"] as const)(
    "of %s has sent its first bytes while later sentences are still unspoken",
    async (response_format) => {
      const { engine, gate } = gateAfterFirst();
      await using streaming = await openServer({ engine });
      const answer = await post(streaming, { ...order, input: longInput, response_format });
      const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
      const first = await reader.read();
      expect(first.value?.length).toBeGreaterThan(0);
      expect(engine.asked.length).toBeLessThan(longInput.length / 400 + 1);
      gate.resolve();
      let bytes = first.value?.length ?? 0;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        bytes += value.length;
      }
      expect(bytes).toBeGreaterThan(first.value?.length ?? 0);
      const text = engine.asked.map((request) => request.text).join(" ");
      expect(text.replace(/\s+/g, " ")).toBe(longInput);
    },
  );

  it("as events is deltas of the sound, and its end with what was used", async () => {
    const body = { ...order, response_format: "pcm", stream_format: "sse" };
    const answer = await post(server, body);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const events = (await allEvents(answer)).map(({ data }) => data);
    const end = events.pop();
    expect(events.length).toBeGreaterThan(0);
    expect(events.every(({ type }) => type === "speech.audio.delta")).toBe(true);
    const sound = Buffer.concat(events.map(({ audio }) => Buffer.from(audio, "base64")));
    const plain = Buffer.from(
      await (await post(server, { ...body, stream_format: "audio" })).arrayBuffer(),
    );
    expect(sound.equals(plain)).toBe(true);
    const { usage, ...rest } = end;
    expect(rest).toEqual({ type: "speech.audio.done" });
    expect(usage.total_tokens).toBe(usage.input_tokens + usage.output_tokens);
    expect(usage.input_tokens).toBeGreaterThan(0);
    expect(usage.output_tokens).toBeGreaterThan(0);
  });

  const failsLater = () =>
    makeFakeEngine({
      fail: (_request, call) =>
        call > 2 ? new DubberError("engine_failed", "Broken.") : undefined,
    });

  it.each(["wav", "pcm", "mp3", "opus", "aac", "flac"] as const)(
    "of %s that fails in the middle breaks the connection, and never ends cleanly",
    async (response_format) => {
      await using failing = await openServer({ engine: failsLater() });
      const answer = await post(failing, { ...order, input: longInput, response_format });
      expect(answer.status).toBe(200);
      await expect(answer.arrayBuffer()).rejects.toThrow();
    },
  );

  it("as events that fails in the middle says so, and is never done", async () => {
    await using failing = await openServer({ engine: failsLater() });
    const body = { ...order, input: longInput, response_format: "pcm", stream_format: "sse" };
    const events: { type: string; error?: { message: string } }[] = [];
    const reading = (async () => {
      for await (const { data } of readEvents(await post(failing, body))) events.push(data);
    })();
    await reading.catch(() => {});
    expect(events.at(0)?.type).toBe("speech.audio.delta");
    expect(events.at(-1)).toMatchObject({ type: "error", error: { message: expect.any(String) } });
    expect(events.some(({ type }) => type === "speech.audio.done")).toBe(false);
  });

  it("that fails before its first sound is a refusal like any other", async () => {
    const fail = () => new DubberError("engine_failed", "Broken.");
    await using failing = await openServer({ engine: makeFakeEngine({ fail }) });
    for (const stream_format of ["audio", "sse"]) {
      const answer = await post(failing, { ...order, stream_format });
      expect(answer.status).toBe(500);
      expect(await answer.json()).toMatchObject({ error: { type: "server_error" } });
    }
  });

  it("whose client is gone ends the engine's calls", async () => {
    const engine = makeFakeEngine({ gate: new Promise(() => {}) });
    await using streaming = await openServer({ engine });
    const hangUp = new AbortController();
    const asking = post(streaming, { ...order, input: longInput }, hangUp.signal).catch(() => {});
    await expect.poll(() => engine.inFlight).toBeGreaterThan(0);
    hangUp.abort();
    await asking;
    await expect.poll(() => engine.inFlight, { timeout: 2000 }).toBe(0);
  });
});
