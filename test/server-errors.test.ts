/** Every code of the error table: when it comes, with which status and headers, always in the one envelope. */
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiErrorCode, apiStatuses } from "../src/api/errors.ts";
import { DubberError } from "../src/core/error.ts";
import { type FakeEngine, makeFakeEngine } from "./support/fake-engine.ts";
import { openFrozen } from "./support/frozen-clock.ts";
import { expectRefusal } from "./support/refusals.ts";
import { makeForm, sampleWav } from "./support/samples.ts";
import { type Answer, openServer, type TestServer, untilEnded } from "./support/server.ts";

const sft = "/api/v1/async/synthesize/sft";
const order = { text: "Some words.", voice_id: "ann" };
const never = new Promise(() => {});
/** Codes that have been seen; the last test compares them with the table. */
const seen = new Set<ApiErrorCode>();
function expectCode(answer: Answer, code: ApiErrorCode, path: string, status?: number) {
  seen.add(code);
  return expectRefusal(answer, code, { path, ...(status !== undefined && { status }) });
}

let server: TestServer;
beforeAll(async () => {
  server = await openServer({ engine: makeFakeEngine({ features: { cloning: true } }) });
});
afterAll(() => server[Symbol.asyncDispose]());

const failing = async (fail: NonNullable<FakeEngine["behaviour"]["fail"]>) =>
  openServer({ engine: makeFakeEngine({ fail }) });

describe("what is asked for is not there", () => {
  it.each([
    ["GET", "/api/v1/async/tasks/task_0/status", "task_not_found"],
    ["GET", "/api/v1/async/tasks/task_0/events", "task_not_found"],
    ["GET", "/api/v1/async/tasks/task_0/result", "task_not_found"],
    ["DELETE", "/api/v1/async/tasks/task_0", "task_not_found"],
    ["GET", "/api/v1/voices/nobody", "voice_not_found"],
    ["DELETE", "/api/v1/voices/nobody", "voice_not_found"],
    ["DELETE", "/api/v1/voices/pretrained_voice_001", "voice_not_found"],
  ] as const)("%s %s answers %s", async (method, path, code) => {
    expectCode(await server.ask(method, path), code, path);
  });

  it.each([
    ["GET", "/nowhere", 404],
    ["GET", "/api/v1/nowhere", 404],
    ["PATCH", "/api/v1/voices/nobody", 404],
    ["GET", "/api/v1/audio/task_ab.wav", 404],
    ["GET", "/api/v1/audio/nothing", 404],
    ["GET", "/api/v1/audio/%zz", 400],
  ] as const)("%s %s answers http_error", async (method, path, status) => {
    expectCode(await server.ask(method, path), "http_error", path, status);
  });

  it.each([290, 400])("a name of %i characters is one that is not there", async (length) => {
    const name = "a".repeat(length);
    for (const [path, code] of [
      [`/api/v1/async/tasks/${name}/status`, length < 300 ? "task_not_found" : "http_error"],
      [`/api/v1/audio/${name}`, "http_error"],
    ] as const) {
      expectCode(await server.ask("GET", path), code, path, 404);
    }
  });

  it.each(["PUT", "DELETE"] as const)(
    "%s of a voice nobody has answers voice_not_found",
    async (method) => {
      const path = "/api/v1/voices/nobody";
      const body = method === "PUT" ? { name: "New" } : undefined;
      expectCode(await server.ask(method, path, body), "voice_not_found", path);
    },
  );

  it("an unknown voice in an order is told when it is sent", async () => {
    const unknown = await server.ask("POST", sft, { ...order, voice_id: "nobody" });
    expect(expectCode(unknown, "voice_not_found", sft).voice_id).toBe("nobody");
  });
});

describe("validation_error", () => {
  it.each<[string, unknown, string]>([
    ["no text", { voice_id: "ann" }, "text"],
    ["an empty text", { ...order, text: "" }, "text"],
    ["a text without a letter or digit", { ...order, text: "?!… 🙂" }, "text"],
    ["a text of another type", { ...order, text: 7 }, "text"],
    ["no voice", { text: "Words." }, "voice_id"],
    ["a speed out of range", { ...order, speed: 2.01 }, "speed"],
    ["a speed as text", { ...order, speed: "1" }, "speed"],
    ["an unknown format", { ...order, format: "aac" }, "format"],
    ["a stream that is no truth", { ...order, stream: "yes" }, "stream"],
    [
      "a callback where there are none",
      { ...order, callback_url: "https://a.example/" },
      "callback_url",
    ],
    ["no object", [order], "body"],
    ["null", null, "body"],
    ["what is no JSON", "{", "body"],
    ["nothing", "", "body"],
  ])("names the field for %s", async (_what, body, field) => {
    const answer = await server.ask("POST", sft, body, { "content-type": "application/json" });
    const { errors } = expectCode(answer, "validation_error", sft);
    expect(errors[0]).toEqual({ field, message: expect.stringMatching(/\S/) });
  });

  it.each(["/api/v1/synthesize/sft", "/v1/audio/speech"])(
    "says which header is missing where JSON comes as a form: %s",
    async (path) => {
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const answer = await server.ask("POST", path, JSON.stringify(order), headers);
      expect(JSON.stringify(answer.json)).toContain("Content-Type: application/json");
    },
  );

  it.each<[unknown, string]>([
    [{ voice_id: "ann" }, "text: it is missing"],
    [{ ...order, text: "" }, "text: it is empty"],
    [{ ...order, text: 7 }, "text: it has to be of the type string"],
    [{ ...order, speed: 5 }, "speed: it has to be 2 at most"],
    [{ ...order, format: "ogg" }, "format: it takes wav, mp3, flac, opus, pcm"],
  ])("is told in plain words: %j", async (body, message) => {
    expect((await server.ask("POST", sft, body)).json.message).toBe(message);
  });

  it.each(["", " ", "...", "♪ ♪", "😀", "\ud800"])(
    "comes for the text %j from every path that speaks",
    async (text) => {
      const orders = [
        ["sft", { text, voice_id: "ann" }],
        ["instruct", { text, voice_id: "ann", instruct_text: "Softly." }],
        ["zero-shot", makeForm({ text, prompt_audio: sampleWav() })],
        ["cross-lingual", makeForm({ text, prompt_audio: sampleWav() })],
      ] as const;
      for (const [kind, body] of orders) {
        for (const path of [`/api/v1/synthesize/${kind}`, `/api/v1/async/synthesize/${kind}`]) {
          const { errors } = expectCode(
            await server.ask("POST", path, body),
            ...(["validation_error", path] as const),
          );
          expect(errors[0].field).toBe("text");
        }
      }
      const speech = { model: "tts-1", input: text, voice: "ann" };
      expect((await server.ask("POST", "/v1/audio/speech", speech)).status).toBe(400);
    },
  );

  it("comes for instructions that say nothing", async () => {
    const path = "/api/v1/synthesize/instruct";
    const answer = await server.ask("POST", path, { ...order, instruct_text: " \n" });
    const { errors } = expectCode(answer, "validation_error", path);
    expect(errors[0].field).toBe("instruct_text");
  });

  it("speaks of this API, not of the command", async () => {
    const form = makeForm({
      ...{ voice_id: "new", name: "New", language: "auto", audio_file: sampleWav() },
    });
    const answer = await server.ask("POST", "/api/v1/voices/", form);
    expectCode(answer, "validation_error", "/api/v1/voices/");
    expect(answer.json.message).toContain("GET /api/v1/voices/pretrained/list");
    expect(answer.json.message).not.toContain("dubber");
  });

  it.each<[string, Parameters<typeof makeForm>[0], string]>([
    ["neither voice nor recording", { text: "Words." }, "voice_id"],
    ["both", { text: "Words.", voice_id: "ann", prompt_audio: sampleWav() }, "voice_id"],
    ["a recording as text", { text: "Words.", prompt_audio: "RIFF" }, "prompt_audio"],
    ["a text as file", { text: Buffer.from("Words."), voice_id: "ann" }, "text"],
    ["a speed that is no number", { text: "Words.", voice_id: "ann", speed: "fast" }, "speed"],
  ])("names the field of a form with %s", async (_what, fields, field) => {
    const path = "/api/v1/async/synthesize/zero-shot";
    const { errors } = expectCode(
      await server.ask("POST", path, makeForm(fields)),
      ...(["validation_error", path] as const),
    );
    expect(errors[0].field).toBe(field);
  });
});

it("another type of body answers 415", async () => {
  const answer = await server.ask("POST", sft, "text", { "content-type": "text/plain" });
  expectCode(answer, "http_error", sft, 415);
});

it("a recording that is none answers audio_processing_error", async () => {
  const path = "/api/v1/async/synthesize/zero-shot";
  const form = makeForm({ text: "Words.", prompt_audio: Buffer.from("no sound at all") });
  expectCode(await server.ask("POST", path, form), "audio_processing_error", path);
});

it("an engine that cannot clone, or follow instructions, answers engine_unsupported with what to configure", async () => {
  await using plain = await openServer();
  const zeroShot = "/api/v1/synthesize/zero-shot";
  const form = makeForm({ text: "Words.", prompt_audio: sampleWav() });
  const refused = await plain.ask("POST", zeroShot, form);
  expectCode(refused, "engine_unsupported", zeroShot);
  expect(refused.json.message).toContain("COSYVOICE_URL");
  const bundled = await plain.ask("POST", zeroShot, makeForm({ text: "Words.", voice_id: "ann" }));
  expectCode(bundled, "engine_unsupported", zeroShot);
  const instruct = "/api/v1/synthesize/instruct";
  const told = await plain.ask("POST", instruct, { ...order, instruct_text: "Softly." });
  expectCode(told, "engine_unsupported", instruct);
  expect(plain.engine.asked).toEqual([]);
});

it("a body beyond its bound answers payload_too_large", async () => {
  await using small = await openServer({
    variables: { MAX_TEXT_LENGTH: "100", MAX_FILE_SIZE: "1000" },
  });
  const long = await small.ask("POST", sft, { ...order, padding: "x".repeat(100_000) });
  expectCode(long, "payload_too_large", sft);
  const path = "/api/v1/async/synthesize/zero-shot";
  const form = makeForm({ text: "Words.", prompt_audio: Buffer.alloc(1001) });
  const details = expectCode(await small.ask("POST", path, form), "payload_too_large", path);
  expect(details).toMatchObject({ field: "prompt_audio", max_bytes: 1000 });
  expectRefusal(
    await small.ask("POST", sft, { ...order, text: "x".repeat(101) }),
    "validation_error",
    {
      path: sft,
    },
  );
});

describe("what the engine cannot do now", () => {
  it.each([
    ["engine_unavailable", "model_not_ready"],
    ["key_refused", "model_not_ready"],
    ["engine_failed", "synthesis_error"],
  ] as const)("%s answers %s on the line, and fails the task", async (code, expected) => {
    await using broken = await failing(() => new DubberError(code, "The engine says no."));
    const path = "/api/v1/synthesize/sft";
    expectCode(await broken.ask("POST", path, order), expected, path);
    const streamed = await broken.ask("POST", path, { ...order, stream: true });
    expectCode(streamed, expected, path);
    const { json } = await broken.ask("POST", sft, order);
    const ended = await untilEnded(broken, json.task_id);
    expect(ended).toMatchObject({ status: "failed", error_code: expected });
    const result = `/api/v1/async/tasks/${json.task_id}/result`;
    const details = expectCode(await broken.ask("GET", result), "task_failed", result);
    expect(details.error_code).toBe(expected);
  });
});

describe("bounds on open tasks", () => {
  it("the queue is full: queue_full with when to come again, and there is room when a task has gone", async () => {
    await using busy = await openServer({
      engine: makeFakeEngine({ gate: never }),
      variables: { MAX_QUEUED_TASKS: "2", MAX_SYNTHESIS_WORKERS: "1" },
    });
    const first = await busy.ask("POST", sft, order);
    await expect.poll(() => busy.engine.inFlight).toBe(1);
    const waiting = [await busy.ask("POST", sft, order), await busy.ask("POST", sft, order)];
    expect(waiting.map(({ status }) => status)).toEqual([200, 200]);
    expectCode(await busy.ask("POST", sft, order), "queue_full", sft);
    expectCode(
      await busy.ask("POST", "/api/v1/synthesize/sft", order),
      "queue_full",
      "/api/v1/synthesize/sft",
    );
    await busy.ask("DELETE", `/api/v1/async/tasks/${first.json.task_id}`);
    await expect
      .poll(async () => (await busy.ask("POST", sft, order)).status, { timeout: 5000 })
      .toBe(200);
  });

  it("one user has too many: too_many_tasks, while another may go on", async () => {
    await using busy = await openServer({
      engine: makeFakeEngine({ gate: never }),
      variables: { MAX_TASKS_PER_USER: "2", API_KEYS: "anna-key,berta-key" },
    });
    const [anna, berta] = [{ "xi-api-key": "anna-key" }, { authorization: "Bearer berta-key" }];
    for (let count = 0; count < 2; count++) {
      expect((await busy.ask("POST", sft, order, anna)).status).toBe(200);
    }
    expectCode(await busy.ask("POST", sft, order, anna), "too_many_tasks", sft);
    expect((await busy.ask("POST", sft, order, berta)).status).toBe(200);
  });

  it("a task that ends in whatever way makes room for another", async () => {
    const engine = makeFakeEngine();
    await using busy = await openServer({ engine, variables: { MAX_TASKS_PER_USER: "1" } });
    for (const end of ["completed", "failed", "cancelled"]) {
      const gate = Promise.withResolvers<void>();
      engine.behaviour = {
        gate: gate.promise,
        ...(end === "failed" && { fail: () => new DubberError("engine_failed", "No.") }),
      };
      const { status, json } = await busy.ask("POST", sft, order);
      expect({ end, status }).toEqual({ end, status: 200 });
      if (end === "completed") expect((await busy.ask("POST", sft, order)).status).toBe(429);
      if (end === "cancelled") await busy.ask("DELETE", `/api/v1/async/tasks/${json.task_id}`);
      gate.resolve();
      await untilEnded(busy, json.task_id);
    }
    expect((await busy.ask("POST", "/api/v1/synthesize/sft", order)).status).toBe(200);
  });

  it("ten open tasks are the bound of a key, and without keys there is none", async () => {
    await using keyed = await openServer({
      engine: makeFakeEngine({ gate: never }),
      variables: { API_KEYS: "anna-key" },
    });
    const submit = async (to: TestServer) =>
      (await to.ask("POST", sft, order, { "xi-api-key": "anna-key" })).status;
    const statuses = [];
    for (let count = 0; count < 11; count++) statuses.push(await submit(keyed));
    expect(statuses).toEqual([...Array(10).fill(200), 429]);
    await using open = await openServer({ engine: makeFakeEngine({ gate: never }) });
    for (let count = 0; count < 12; count++) expect(await submit(open)).toBe(200);
  });
});

it("a finished task cannot be cancelled: task_finished", async () => {
  const { json } = await server.ask("POST", sft, order);
  await untilEnded(server, json.task_id);
  const path = `/api/v1/async/tasks/${json.task_id}`;
  expectCode(await server.ask("DELETE", path), "task_finished", path);
});

it("a swept task answers task_expired everywhere for a day, to its owner only, and then it is unknown", async () => {
  const clock = openFrozen();
  const variables = { API_KEYS: "anna-key,berta-key", MAX_TASK_AGE: "60" };
  const anna = { "xi-api-key": "anna-key" };
  const options = { variables, now: clock.now, engine: makeFakeEngine() };
  let swept = await openServer(options);
  const { folder } = swept;
  const { json } = await swept.ask("POST", sft, order, anna);
  const { result_url: resultPath } = await untilEnded(swept, json.task_id, anna);
  const { audio_url: audioPath } = (await swept.ask("GET", resultPath, undefined, anna)).json;
  await swept.close();
  clock.advance(61_000);
  // A start sweeps.
  swept = await openServer({ ...options, folder });
  try {
    const base = `/api/v1/async/tasks/${json.task_id}`;
    const paths = [`${base}/status`, `${base}/events`, `${base}/result`, audioPath];
    await expect
      .poll(async () => (await swept.ask("GET", resultPath, undefined, anna)).status)
      .toBe(410);
    for (const path of paths) {
      expectCode(await swept.ask("GET", path, undefined, anna), "task_expired", path);
      const other = await swept.ask("GET", path, undefined, { "xi-api-key": "berta-key" });
      expect(other.status).toBe(404);
    }
    expectCode(await swept.ask("DELETE", base, undefined, anna), "task_expired", base);
    await swept.close();
    clock.advance(24 * 3600_000 + 1000);
    swept = await openServer({ ...options, folder });
    await expect
      .poll(async () => (await swept.ask("GET", resultPath, undefined, anna)).status)
      .toBe(404);
  } finally {
    await swept.close();
    await rm(folder, { recursive: true, force: true });
  }
});

it("a voice that is there already answers voice_already_exists, also for names the server keeps", async () => {
  const path = "/api/v1/voices/";
  for (const id of ["mine", "pretrained_voice_001"]) {
    const form = () => makeForm({ voice_id: id, name: "Mine", audio_file: sampleWav() });
    if (id === "mine") expect((await server.ask("POST", path, form())).status).toBe(201);
    const details = expectCode(
      await server.ask("POST", path, form()),
      "voice_already_exists",
      path,
    );
    expect(details.voice_id).toBe(id);
  }
});

it("what the server did not foresee answers internal_server_error, without a word about why", async () => {
  await using odd = await openServer({
    engines: {
      odd: async () => {
        throw new Error(`cannot open /etc/secret in ${import.meta.dirname}`);
      },
    },
  });
  const answer = await odd.ask("POST", sft, { ...order, voice_id: "odd:anyone" });
  expectCode(answer, "internal_server_error", sft);
  expect(answer.bytes.toString()).not.toMatch(/secret|test/);
});

describe("a full disk", () => {
  it("answers insufficient_storage", async () => {
    await using full = await openServer({ variables: { MIN_FREE_BYTES: "1000000000000000" } });
    expectCode(await full.ask("POST", sft, order), "insufficient_storage", sft);
    const form = makeForm({ voice_id: "mine", name: "Mine", audio_file: sampleWav() });
    expectCode(
      await full.ask("POST", "/api/v1/voices/", form),
      "insufficient_storage",
      "/api/v1/voices/",
    );
  });
});

it("a missing or wrong key answers unauthorized on every path but the open ones", async () => {
  await using locked = await openServer({ variables: { API_KEYS: "right-key" } });
  const wrong = [
    {},
    { "xi-api-key": "wrong" },
    { authorization: "Bearer wrong" },
    { authorization: "right-key" },
  ];
  const paths = [
    "/api/v1/async/tasks",
    "/api/v1/audio/x",
    "/api/v1/nowhere",
    "/metrics",
    "/nowhere",
  ];
  for (const headers of wrong) {
    for (const path of paths) {
      expectCode(
        await locked.ask("GET", path, undefined, headers as Record<string, string>),
        "unauthorized",
        path,
      );
    }
  }
  for (const path of ["/", "/health", "/ready", "/openapi.json", "/docs"]) {
    expect([200, 503]).toContain((await locked.ask("GET", path)).status);
  }
  for (const headers of [{ "xi-api-key": "right-key" }, { authorization: "bearer right-key" }]) {
    expect(
      (await locked.ask("GET", "/api/v1/async/tasks", undefined, headers as Record<string, string>))
        .status,
    ).toBe(200);
  }
});

it("every code of the table has been seen, but for those of Idempotency-Key, which have tests of their own", () => {
  const others = ["idempotency_in_flight", "idempotency_mismatch"];
  expect([...seen, ...others].toSorted()).toEqual(Object.keys(apiStatuses).toSorted());
});
