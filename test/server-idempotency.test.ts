/** Idempotency-Key: the same order sent twice is carried out once, by every POST that creates. */
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { openFrozen } from "./support/frozen-clock.ts";
import { named } from "./support/named.ts";
import { expectRefusal } from "./support/refusals.ts";
import { makeForm, sampleWav } from "./support/samples.ts";
import { type Answer, openServer, type TestServer } from "./support/server.ts";

const able = () => makeFakeEngine({ features: { cloning: true, instructions: true } });
const recording = sampleWav();
type Body = object | FormData;
/** Path → a body that is the same each time, and another one. */
const orders: Readonly<Record<string, (text: string) => Body>> = {
  sft: (text) => ({ text, voice_id: "ann" }),
  instruct: (text) => ({ text, voice_id: "ann", instruct_text: "Softly." }),
  "zero-shot": (text) => makeForm({ text, prompt_audio: recording }),
  "cross-lingual": (text) => makeForm({ prompt_audio: recording, text }),
};
const creating: Readonly<Record<string, (text: string) => Body>> = {
  ...Object.fromEntries(
    Object.entries(orders).flatMap(([kind, body]) => [
      [`/api/v1/async/synthesize/${kind}`, body],
      [`/api/v1/synthesize/${kind}`, body],
    ]),
  ),
  "/api/v1/voices/": (text) =>
    makeForm({ voice_id: text.replace(/\W/g, ""), name: text, audio_file: recording }),
};

let server: TestServer;
beforeAll(async () => {
  server = await openServer({ engine: able() });
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (to: TestServer, path: string, body: Body, key: string, more = {}): Promise<Answer> =>
  to.ask("POST", path, body, { "idempotency-key": key, ...more });
const isReplayed = ({ headers }: Answer): boolean => headers.get("idempotent-replayed") === "true";

describe.each(Object.entries(creating))("POST %s", (path, bodyOf) => {
  it("gives the same answer to the same request, and 422 to another one under the key", async () => {
    const key = `key of ${path}`;
    const first = await post(server, path, bodyOf("first words"), key);
    expect([200, 201]).toContain(first.status);
    expect(isReplayed(first)).toBe(false);
    const spoken = server.engine.asked.length;
    const again = await post(server, path, bodyOf("first words"), key);
    expect(again).toMatchObject({ status: first.status, json: first.json });
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    expect(isReplayed(again)).toBe(true);
    if (!path.includes("async")) expect(server.engine.asked).toHaveLength(spoken);
    const other = await post(server, path, bodyOf("other words"), key);
    expectRefusal(other, "idempotency_mismatch", { path });
    const fresh = await post(server, path, bodyOf("third words"), `${key}, another`);
    expect(isReplayed(fresh)).toBe(false);
    expect(fresh.json).not.toEqual(first.json);
  });
});

it("the order of a form's fields, its boundary and the file's name do not make it another request", async () => {
  const path = "/api/v1/async/synthesize/zero-shot";
  const first = await post(server, path, makeForm({ text: "Same.", prompt_audio: recording }), "k");
  const form = new FormData();
  form.append("prompt_audio", new Blob([new Uint8Array(recording)]), "another-name.wav");
  form.append("text", "Same.");
  const again = await post(server, path, form, "k");
  expect(again.json).toEqual(first.json);
  const other = makeForm({ text: "Same.", prompt_audio: sampleWav(5) });
  expectRefusal(await post(server, path, other, "k"), "idempotency_mismatch", { path });
});

it("the same key on another path is another request", async () => {
  const order = { text: "Where?", voice_id: "ann" };
  await post(server, "/api/v1/async/synthesize/sft", order, "where");
  const path = "/api/v1/synthesize/sft";
  expectRefusal(await post(server, path, order, "where"), "idempotency_mismatch", { path });
});

it("while the first is being answered, the second gets 409 with when to come again, and then the same answer", async () => {
  const gate = Promise.withResolvers<void>();
  const engine = able();
  engine.behaviour = { gate: gate.promise };
  await using busy = await openServer({ engine });
  const path = "/api/v1/synthesize/sft";
  const order = { text: "Slowly.", voice_id: "ann" };
  const first = post(busy, path, order, "slow");
  await expect.poll(() => engine.inFlight).toBe(1);
  expectRefusal(await post(busy, path, order, "slow"), "idempotency_in_flight", { path });
  gate.resolve();
  const { json } = await first;
  const again = await post(busy, path, order, "slow");
  expect({ json: again.json, isReplayed: isReplayed(again) }).toEqual({ json, isReplayed: true });
  expect(engine.asked).toHaveLength(1);
});

it("a hundred submissions at once under one key make one task", async () => {
  await using busy = await openServer({ engine: able() });
  const path = "/api/v1/async/synthesize/sft";
  const order = { text: "Once.", voice_id: "ann" };
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => post(busy, path, order, "once")),
  );
  expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  const ids = answers.filter(({ status }) => status === 200).map(({ json }) => json.task_id);
  expect(new Set(ids).size).toBe(1);
  expect((await busy.ask("GET", "/api/v1/async/tasks")).json.total).toBe(1);
});

it("a request that failed may be sent again under its key", async () => {
  const engine = able();
  let isBroken = true;
  engine.behaviour = { fail: () => (isBroken ? new Error("broken") : undefined) };
  await using mended = await openServer({ engine });
  const order = { text: "Again.", voice_id: "ann" };
  const path = "/api/v1/synthesize/sft";
  expect((await post(mended, path, order, "mended")).status).toBe(500);
  isBroken = false;
  expect((await post(mended, path, order, "mended")).status).toBe(200);
  expect((await post(mended, path, { ...order, text: "?" }, "bad")).status).toBe(422);
  expect((await post(mended, path, order, "bad")).status).toBe(200);
});

it.each(["async/synthesize", "synthesize"])("a key of /%s belongs to its owner", async (where) => {
  await using shared = await openServer({
    engine: able(),
    variables: { API_KEYS: "anna-key,berta-key" },
  });
  const path = `/api/v1/${where}/sft`;
  const [anna, berta] = [{ "xi-api-key": "anna-key" }, { "xi-api-key": "berta-key" }];
  const first = await post(shared, path, { text: "Hers.", voice_id: "ann" }, "same", anna);
  const other = await post(shared, path, { text: "Not hers.", voice_id: "ann" }, "same", berta);
  expect({ status: other.status, isReplayed: isReplayed(other) }).toEqual({
    ...{ status: 200, isReplayed: false },
  });
  expect(other.json).not.toEqual(first.json);
  const again = await post(shared, path, { text: "Hers.", voice_id: "ann" }, "same", anna);
  expect({ json: again.json, isReplayed: isReplayed(again) }).toEqual({
    ...{ json: first.json, isReplayed: true },
  });
});

it("an answer is remembered over a restart, for a day", async () => {
  const clock = openFrozen();
  const path = "/api/v1/async/synthesize/sft";
  const order = { text: "Remember me.", voice_id: "ann" };
  let first = await openServer({ engine: able(), now: clock.now });
  const { folder } = first;
  const { json } = await post(first, path, order, "kept");
  const form = () => makeForm({ voice_id: "kept", name: "Kept", audio_file: recording });
  const voice = await post(first, "/api/v1/voices/", form(), "kept voice");
  await first.close();
  const reopen = () => openServer({ engine: able(), folder, now: clock.now });
  try {
    clock.advance(23 * 3600_000);
    first = await reopen();
    expect((await post(first, path, order, "kept")).json).toEqual(json);
    const again = await post(first, "/api/v1/voices/", form(), "kept voice");
    expect({ ...again, isReplayed: isReplayed(again) }).toMatchObject({
      ...{ status: 201, json: voice.json, isReplayed: true },
    });
    clock.advance(2 * 3600_000);
    const later = await post(first, path, order, "kept");
    expect(isReplayed(later)).toBe(false);
    expect(later.json.task_id).not.toBe(json.task_id);
  } finally {
    await first.close();
    await rm(folder, { recursive: true, force: true });
  }
});

it.each(named(["", "ä", "x".repeat(256)]))("does not take %s for a key", async (_name, key) => {
  const path = "/api/v1/async/synthesize/sft";
  const answer = await post(server, path, { text: "No key.", voice_id: "ann" }, key);
  expectRefusal(answer, "validation_error", { path });
});
