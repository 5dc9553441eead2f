/** What the documented service did wrong, by name; here each of it is right. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { openFrozen } from "./support/frozen-clock.ts";
import { makeForm, sampleWav } from "./support/samples.ts";
import { openServer, startServer, untilEnded } from "./support/server.ts";
import { startFakeCosyvoice } from "./support/services/fake-cosyvoice.ts";

const sft = "/api/v1/async/synthesize/sft";
const order = { text: "Some words.", voice_id: "ann" };
const kinds = {
  sft: () => order,
  instruct: () => ({ ...order, instruct_text: "Softly." }),
  "zero-shot": () => makeForm({ text: "Some words.", prompt_audio: sampleWav() }),
  "cross-lingual": () => makeForm({ text: "Some words.", prompt_audio: sampleWav() }),
};
const able = () => makeFakeEngine({ features: { cloning: true, instructions: true } });

it("audio_url was 404: it leads to the sound", async () => {
  await using server = await openServer();
  const { json } = await server.ask("POST", "/api/v1/synthesize/sft", order);
  const { status, bytes } = await server.ask("GET", json.audio_url);
  expect({ status, bytes: bytes.length }).toEqual({ status: 200, bytes: json.bytes });
});

it.each(Object.entries(kinds))(
  "%s ran on the event loop and froze the server: others are answered meanwhile",
  async (kind, bodyOf) => {
    const gate = Promise.withResolvers<void>();
    const engine = able();
    engine.behaviour = { gate: gate.promise };
    await using server = await openServer({ engine });
    const asking = server.ask("POST", `/api/v1/synthesize/${kind}`, bodyOf());
    await expect.poll(() => engine.inFlight, { timeout: 5000 }).toBe(1);
    const startedAt = performance.now();
    for (const path of ["/health", "/api/v1/async/tasks", "/api/v1/voices/", "/metrics"]) {
      expect((await server.ask("GET", path)).status).toBe(200);
    }
    expect(performance.now() - startedAt).toBeLessThan(1000);
    gate.resolve();
    expect((await asking).status).toBe(200);
  },
);

it("speaking froze the server: with the engine that computes, /ready is answered within 100 ms all the while", async () => {
  await using server = await openServer();
  const text = "This is a sentence that takes the embedded voice some time to speak. ".repeat(24);
  const asking = server.ask("POST", "/api/v1/synthesize/sft", {
    text,
    voice_id: "pretrained_voice_001",
  });
  let isDone = false;
  void asking.finally(() => (isDone = true));
  const times: number[] = [];
  while (!isDone) {
    const startedAt = performance.now();
    await server.ask("GET", "/ready");
    times.push(performance.now() - startedAt);
  }
  expect((await asking).status).toBe(200);
  expect(times.length).toBeGreaterThan(20);
  // Not the slowest: two cores do all this and other tests besides.
  expect(times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.9)]).toBeLessThan(100);
});

it("the worker pool was never used: so many tasks are at work as MAX_SYNTHESIS_WORKERS says", async () => {
  const engine = makeFakeEngine({ ms: 20 });
  await using server = await openServer({ engine, variables: { MAX_SYNTHESIS_WORKERS: "3" } });
  const ids = [];
  for (let count = 0; count < 9; count++)
    ids.push((await server.ask("POST", sft, order)).json.task_id);
  for (const id of ids) await untilEnded(server, id);
  expect(engine.mostInFlight).toBe(3);
});

it("the documented variables in .env stopped the server: it starts with them and with others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dubber-wrongs-"));
  try {
    const lines = [
      ...[
        "# Maximum concurrent synthesis tasks",
        "MAX_SYNTHESIS_WORKERS=4",
        "",
        "# Task cleanup settings",
      ],
      ...["TASK_CLEANUP_INTERVAL=3600  # 1 hour", "MAX_TASK_AGE=7200          # 2 hours", ""],
      ...["MAX_TASKS_PER_USER=10      # Future feature", "SOMETHING_ELSE=1"],
    ];
    await writeFile(join(folder, ".env"), lines.join("\n"));
    await using server = await startServer(join(folder, "data"), { cwd: folder });
    const submit = () =>
      server.ask("POST", sft, { text: "word ".repeat(2000), voice_id: "pretrained_voice_001" });
    const statuses = [];
    for (let count = 0; count < 14; count++) statuses.push((await submit()).status);
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(200));
    expect(statuses).toContain(429);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("cancel did nothing, and a cancelled task could complete: it stops, and stays cancelled", async () => {
  const gate = Promise.withResolvers<void>();
  const engine = makeFakeEngine({ gate: gate.promise });
  await using server = await openServer({ engine });
  const { json } = await server.ask("POST", sft, order);
  await expect.poll(() => engine.inFlight).toBe(1);
  expect((await server.ask("DELETE", `/api/v1/async/tasks/${json.task_id}`)).status).toBe(200);
  await expect.poll(() => engine.inFlight, { timeout: 2000 }).toBe(0);
  gate.resolve();
  await untilEnded(server, (await server.ask("POST", sft, order)).json.task_id);
  const { json: status } = await server.ask("GET", json.check_status_url);
  expect(status).toMatchObject({ status: "failed", cancelled: true });
});

it("tasks vanished on restart: finished ones keep their results, others are carried out", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dubber-wrongs-"));
  try {
    const first = await openServer({ folder });
    const done = (await first.ask("POST", sft, order)).json;
    await untilEnded(first, done.task_id);
    first.engine.behaviour = { gate: new Promise(() => {}) };
    const open = (await first.ask("POST", sft, { ...order, text: "Later." })).json;
    await expect.poll(() => first.engine.inFlight).toBe(1);
    await first.close();
    const second = await openServer({ folder });
    try {
      expect((await second.ask("GET", done.result_url)).status).toBe(200);
      expect(await untilEnded(second, open.task_id)).toMatchObject({ status: "completed" });
      expect((await second.ask("GET", "/api/v1/async/tasks")).json.total).toBe(2);
    } finally {
      await second.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("clean-up deleted running tasks and kept all files: it does neither", async () => {
  const clock = openFrozen();
  const gate = Promise.withResolvers<void>();
  const engine = makeFakeEngine();
  const variables = { MAX_TASK_AGE: "1", TASK_CLEANUP_INTERVAL: "1" };
  await using server = await openServer({ engine, variables, now: clock.now });
  const old = (await server.ask("POST", sft, order)).json;
  await untilEnded(server, old.task_id);
  engine.behaviour = { gate: gate.promise };
  const atWork = (await server.ask("POST", sft, order)).json;
  await expect.poll(() => engine.inFlight).toBe(1);
  clock.advance(3_600_000);
  const statusOf = async (url: string) => (await server.ask("GET", url)).status;
  await expect.poll(() => statusOf(old.result_url), { timeout: 5000 }).toBe(410);
  const files = () => readdir(join(server.folder, "files"), { recursive: true });
  await expect
    .poll(async () => (await files()).filter((name) => name.endsWith(".wav")))
    .toEqual([]);
  expect(await statusOf(atWork.check_status_url)).toBe(200);
  gate.resolve();
  expect(await untilEnded(server, atWork.task_id)).toMatchObject({ status: "completed" });
});

it("400s and 404s came out as 500: they are what they are", async () => {
  await using server = await openServer();
  for (const [method, path, body, expected] of [
    ["POST", sft, { text: "Words." }, 422],
    ["POST", sft, { ...order, voice_id: "nobody" }, 404],
    ["GET", "/api/v1/async/tasks/task_abc123def456/status", undefined, 404],
    ["DELETE", "/api/v1/async/tasks/task_abc123def456", undefined, 404],
    ["GET", "/api/v1/voices/nobody", undefined, 404],
    ["GET", "/api/v1/audio/nothing.wav", undefined, 404],
  ] as const) {
    expect((await server.ask(method, path, body)).status).toBe(expected);
  }
});

describe("per_page was always 10", () => {
  it("it is the page_size that was asked for", async () => {
    await using server = await openServer();
    for (const size of [1, 7, 100]) {
      const { json } = await server.ask("GET", `/api/v1/voices/?page_size=${size}`);
      expect(json.per_page).toBe(size);
    }
  });
});

it("voice_id allowed path traversal: it takes no name that is a path", async () => {
  await using server = await openServer({ engine: able() });
  for (const voice_id of ["../../etc/cron.d/x", "..", "a/b", "a\\b"]) {
    const form = makeForm({ voice_id, name: "x", audio_file: sampleWav() });
    expect((await server.ask("POST", "/api/v1/voices/", form)).status).toBe(422);
  }
});

it("two tasks could overwrite each other's file: a hundred at once have a hundred, each with its own words", async () => {
  await using server = await openServer({ variables: { MAX_SYNTHESIS_WORKERS: "16" } });
  const orders = Array.from({ length: 100 }, (_, index) => ({
    ...{ text: `Number ${index} ${"x".repeat(index)}`, voice_id: "ann" },
  }));
  const submitted = await Promise.all(orders.map((one) => server.ask("POST", sft, one)));
  const urls = new Set<string>();
  for (const [index, { json }] of submitted.entries()) {
    await untilEnded(server, json.task_id);
    const result = (await server.ask("GET", json.result_url)).json;
    const { bytes } = await server.ask("GET", result.audio_url);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(result.sha256);
    expect(result.duration).toBeCloseTo((orders[index]?.text.length ?? 0) * 0.01, 5);
    urls.add(result.audio_url);
  }
  expect(urls.size).toBe(100);
});

it("instruct could not work with CosyVoice2: it asks instruct2, with the recording and the instructions", async () => {
  await using cosyvoice = await startFakeCosyvoice({ version: 2 });
  await using server = await openServer({
    variables: { TTS_ENGINE: "cosyvoice", COSYVOICE_URL: cosyvoice.url, COSYVOICE_VERSION: "2" },
  });
  const voice = makeForm({
    voice_id: "mine",
    name: "Mine",
    audio_file: sampleWav(),
    prompt_text: "Hi.",
  });
  expect((await server.ask("POST", "/api/v1/voices/", voice)).status).toBe(201);
  const told = { text: "Some words.", voice_id: "mine", instruct_text: "Whisper." };
  expect((await server.ask("POST", "/api/v1/synthesize/instruct", told)).status).toBe(200);
  const { path, body } = cosyvoice.requests.at(-1) ?? {};
  expect(path).toBe("/inference_instruct2");
  expect(body?.instruct_text).toContain("Whisper.");
});

it("concurrent use of one cached voice mixed requests up: each gets its own words in its own way", async () => {
  const engine = able();
  engine.behaviour = { ms: ({ text }) => (text.length * 7) % 20 };
  await using server = await openServer({ engine, variables: { MAX_SYNTHESIS_WORKERS: "8" } });
  for (const [id, pitch] of [
    ["high", 440],
    ["low", 110],
  ] as const) {
    const form = makeForm({
      voice_id: id,
      name: id,
      audio_file: sampleWav(4, 16_000, pitch),
      prompt_text: id,
    });
    expect((await server.ask("POST", "/api/v1/voices/", form)).status).toBe(201);
  }
  const orders = Array.from({ length: 40 }, (_, index) => ({
    ...{ text: `Words number ${index}.`, voice_id: index % 2 ? "high" : "low" },
  }));
  const results = await Promise.all(
    orders.map((one) => server.ask("POST", "/api/v1/synthesize/sft", one)),
  );
  expect(results.every(({ status }) => status === 200)).toBe(true);
  for (const { text, voice_id } of orders) {
    const calls = engine.asked.filter((request) => request.text === text);
    expect(calls.map(({ recording }) => recording?.text)).toEqual([voice_id]);
  }
  const recordings = new Set(
    engine.asked.map(({ recording }) => Buffer.from(recording?.wav ?? []).toString("base64")),
  );
  expect(recordings.size).toBe(2);
});
