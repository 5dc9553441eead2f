/** Every kind of order, and what can be asked of a task: status, events, result, cancellation, lists. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allEvents, readEvents } from "./support/event-stream.ts";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { exchange, head } from "./support/raw-http.ts";
import { makeForm, sampleWav } from "./support/samples.ts";
import { openServer, type TestServer, untilEnded } from "./support/server.ts";

const able = () => makeFakeEngine({ features: { cloning: true, instructions: true } });
const isPresent = expect.any(Number);
/** Long enough for several parts, 60 characters each sentence. */
const longText = (sentences: number): string =>
  Array.from({ length: sentences }, (_, index) =>
    `Sentence number ${index} of a text that goes on for a while`.padEnd(59, "x"),
  ).join(". ");
const orders = {
  sft: () => ({ text: "Plain words.", voice_id: "ann", speed: 1.5 }),
  instruct: () => ({ text: "Told words.", voice_id: "bob", instruct_text: "Whisper." }),
  "zero-shot": () =>
    makeForm({ text: "Cloned words.", prompt_audio: sampleWav(), prompt_text: "Hello there." }),
  "cross-lingual": () => makeForm({ text: "Andere Worte.", prompt_audio: sampleWav() }),
} as const;
const kinds = Object.keys(orders) as (keyof typeof orders)[];

let server: TestServer;
beforeAll(async () => {
  server = await openServer({ engine: able() });
});
afterAll(() => server[Symbol.asyncDispose]());

const submit = async (to: TestServer, text = "Some words.", more: object = {}): Promise<string> => {
  const order = { text, voice_id: "ann", ...more };
  const { json } = await to.ask("POST", "/api/v1/async/synthesize/sft", order);
  return json.task_id;
};
const statusOf = async (of: TestServer, id: string) =>
  (await of.ask("GET", `/api/v1/async/tasks/${id}/status`)).json;

/** A server whose engine waits until it is told to go on; one worker. */
async function gatedServer(options: Parameters<typeof openServer>[0] = {}) {
  const gate = Promise.withResolvers<void>();
  const engine = able();
  engine.behaviour = { gate: gate.promise };
  const variables = { MAX_SYNTHESIS_WORKERS: "1", ...options.variables };
  return { gated: await openServer({ ...options, engine, variables }), open: gate.resolve };
}

describe.each(kinds)("an order of kind %s", (kind) => {
  it("answers with a task, whose result has the sound the engine gave", async () => {
    const path = `/api/v1/async/synthesize/${kind}`;
    const { status, json, headers } = await server.ask("POST", path, orders[kind]());
    expect(status).toBe(200);
    expect(json).toEqual({
      ...{ task_id: expect.stringMatching(/^task_[0-9a-f]{32,}$/), status: "submitted" },
      message: expect.any(String),
      check_status_url: `/api/v1/async/tasks/${json.task_id}/status`,
      result_url: `/api/v1/async/tasks/${json.task_id}/result`,
    });
    expect(headers.get("location")).toBe(json.check_status_url);
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    const ended = await untilEnded(server, json.task_id);
    expect(ended).toEqual({
      ...{ task_id: json.task_id, status: "completed", progress: 1 },
      ...{ created_at: isPresent, started_at: isPresent, completed_at: isPresent },
      ...{ result_available: true, result_url: json.result_url },
    });
    expect(ended.completed_at - ended.created_at).toBeLessThan(60);
    expect(Math.abs(ended.created_at - Date.now() / 1000)).toBeLessThan(60);
    const result = (await server.ask("GET", json.result_url)).json;
    const audio = await server.ask("GET", result.audio_url);
    expect(result).toEqual({
      ...{ success: true, message: expect.any(String), format: "wav", sample_rate: 16_000 },
      ...{ audio_url: `/api/v1/audio/${json.task_id}.wav`, warnings: [] },
      ...{ bytes: audio.bytes.length, sha256: sha256(audio.bytes) },
      ...{ duration: (audio.bytes.length - 44) / 32_000, synthesis_time: expect.any(Number) },
    });
    const said = server.engine.asked.at(-1);
    expect(said).toMatchObject(
      {
        sft: { text: "Plain words.", voice: "ann", speed: 1.5 },
        instruct: { text: "Told words.", voice: "bob", instructions: "Whisper." },
        "zero-shot": { text: "Cloned words.", recording: { text: "Hello there." } },
        "cross-lingual": { text: "Andere Worte.", recording: { wav: expect.any(Uint8Array) } },
      }[kind],
    );
    if (kind === "cross-lingual") expect(said?.recording).not.toHaveProperty("text");
  });

  it("answers its synchronous twin with the result itself", async () => {
    const { status, json } = await server.ask("POST", `/api/v1/synthesize/${kind}`, orders[kind]());
    expect({ status, json }).toMatchObject({ status: 200, json: { success: true, format: "wav" } });
    const audio = await server.ask("GET", json.audio_url);
    expect(sha256(audio.bytes)).toBe(json.sha256);
  });
});

describe("the format of a result", () => {
  it.each([
    ["wav", "audio/wav", "RIFF"],
    ["mp3", "audio/mpeg", ""],
    ["flac", "audio/flac", "fLaC"],
    ["opus", "audio/ogg", "OggS"],
    ["pcm", "audio/pcm", ""],
  ])("%s is what was asked for", async (format, type, mark) => {
    const order = { text: "In a format.", voice_id: "ann", format };
    const { json } = await server.ask("POST", "/api/v1/synthesize/sft", order);
    expect(json).toMatchObject({ format, sample_rate: 16_000, duration: 0.12 });
    const { headers, bytes } = await server.ask("GET", json.audio_url);
    expect(headers.get("content-type")).toBe(type);
    expect(bytes.toString("latin1", 0, mark.length)).toBe(mark);
    if (format === "pcm") expect(bytes.length).toBe(0.12 * 32_000);
  });

  it.each(kinds)(
    "of a synchronous %s with `stream` is the sound itself, as its bytes come",
    async (kind) => {
      const order = orders[kind]();
      if (order instanceof FormData) order.append("stream", "true");
      const body = order instanceof FormData ? order : { ...order, speed: 1, stream: true };
      const { status, headers, bytes } = await server.ask(
        "POST",
        `/api/v1/synthesize/${kind}`,
        body,
      );
      expect({ status, type: headers.get("content-type") }).toEqual({
        status: 200,
        type: "audio/wav",
      });
      const said = server.engine.asked.at(-1)?.text ?? "";
      expect(bytes.length).toBe(44 + said.length * 0.01 * 32_000);
      const submitted = await server.ask("POST", `/api/v1/async/synthesize/${kind}`, body);
      expect(submitted.json.status).toBe("submitted");
    },
  );
});

describe("a client that hangs up", () => {
  it.each(["sft", "instruct", "zero-shot", "cross-lingual"] as const)(
    "on /synthesize/%s ends the engine's call within two seconds",
    async (kind) => {
      const engine = able();
      engine.behaviour = { gate: new Promise(() => {}) };
      await using waiting = await openServer({ engine });
      const hangUp = new AbortController();
      const body = orders[kind]();
      const asking = fetch(`${waiting.url}/api/v1/synthesize/${kind}`, {
        method: "POST",
        ...(body instanceof FormData
          ? { body }
          : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
        signal: hangUp.signal,
      }).catch(() => {});
      await expect.poll(() => engine.inFlight, { timeout: 5000 }).toBe(1);
      hangUp.abort();
      await asking;
      await expect.poll(() => engine.inFlight, { timeout: 2000 }).toBe(0);
      expect(engine.aborted).toBe(1);
      // Nobody's fault: it is counted as no error.
      const { bytes } = await waiting.ask("GET", "/metrics");
      expect(bytes.toString()).not.toContain("internal_server_error");
    },
  );

  it("in the middle of a stream ends the engine's call too", async () => {
    const { gated, open } = await gatedServer();
    await using _ = gated;
    const hangUp = new AbortController();
    const asking = fetch(`${gated.url}/api/v1/synthesize/sft`, {
      method: "POST",
      body: JSON.stringify({ text: longText(12), voice_id: "ann", stream: true }),
      headers: { "content-type": "application/json" },
      signal: hangUp.signal,
    }).catch(() => {});
    await expect.poll(() => gated.engine.inFlight).toBeGreaterThan(0);
    hangUp.abort();
    await asking;
    await expect.poll(() => gated.engine.inFlight, { timeout: 2000 }).toBe(0);
    open();
  });
});

it("the recording sent for one stream is gone with it", async () => {
  await using own = await openServer({ engine: able() });
  const fields = { text: "Cloned words.", prompt_audio: sampleWav(), stream: "true" };
  const { status, bytes } = await own.ask("POST", "/api/v1/synthesize/zero-shot", makeForm(fields));
  expect({ status, isSound: bytes.length > 1000 }).toEqual({ status: 200, isSound: true });
  const files = async () =>
    (await readdir(own.folder, { recursive: true })).filter((name) => name.endsWith(".wav"));
  await expect.poll(files).toEqual([]);
});

describe("the status of a task", () => {
  it("is pending, then processing, then completed, with its times", async () => {
    const { gated, open } = await gatedServer();
    await using _ = gated;
    const first = await submit(gated);
    await expect.poll(async () => (await statusOf(gated, first)).status).toBe("processing");
    const second = await submit(gated);
    expect(await statusOf(gated, second)).toEqual({
      ...{ task_id: second, status: "pending", progress: 0, created_at: isPresent },
      ...{ started_at: null, completed_at: null },
    });
    expect(await statusOf(gated, first)).toEqual({
      ...{ task_id: first, status: "processing", progress: 0, created_at: isPresent },
      ...{ started_at: isPresent, completed_at: null },
    });
    open();
    expect(await untilEnded(gated, second)).toMatchObject({ status: "completed", progress: 1 });
  });

  it("says why it failed", async () => {
    const engine = able();
    engine.behaviour = { fail: () => new Error("no") };
    await using failing = await openServer({ engine });
    const ended = await untilEnded(failing, await submit(failing));
    expect(ended).toMatchObject({ status: "failed", error_code: "synthesis_error" });
    expect(ended.error).toMatch(/\S/);
    expect(ended).not.toHaveProperty("result_url");
    const { tasks } = (await failing.ask("GET", "/api/v1/async/tasks?status=failed")).json;
    expect(tasks).toMatchObject([{ task_id: ended.task_id, error: ended.error }]);
  });

  it("with ?wait comes when it changes, not before and not long after", async () => {
    const { gated, open } = await gatedServer();
    await using _ = gated;
    const id = await submit(gated);
    await expect.poll(async () => (await statusOf(gated, id)).status).toBe("processing");
    const path = `/api/v1/async/tasks/${id}/status?wait=`;
    const startedAt = performance.now();
    expect((await gated.ask("GET", `${path}0.2`)).json.status).toBe("processing");
    expect(performance.now() - startedAt).toBeGreaterThan(190);
    const waiting = gated.ask("GET", `${path}60`);
    open();
    expect((await waiting).json.status).toBe("completed");
    const again = await gated.ask("GET", `${path}60`);
    expect(again.json.status).toBe("completed");
  });

  it.each(["-1", "61", "soon", "1&wait=2", ""])("refuses ?wait=%s", async (wait) => {
    const id = await submit(server);
    const { status } = await server.ask("GET", `/api/v1/async/tasks/${id}/status?wait=${wait}`);
    expect(status).toBe(422);
  });
});

describe("the events of a task", () => {
  const eventsOf = (of: TestServer, id: string, lastId?: string) =>
    fetch(`${of.url}/api/v1/async/tasks/${id}/events`, {
      headers: lastId === undefined ? {} : { "last-event-id": lastId },
    });

  it("tell of every change once, in order, with progress that never goes back, and end with the task", async () => {
    const { gated, open } = await gatedServer();
    await using _ = gated;
    const id = await submit(gated, longText(40));
    const answer = await eventsOf(gated, id);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    open();
    const events = await allEvents(answer);
    const ids = events.map((event) => Number(event.id));
    expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
    expect(events.length).toBeGreaterThan(4);
    const progress = events.map(({ data }) => data.progress);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(new Set(progress.slice(0, -1)).has(1)).toBe(false);
    expect(events.every(({ event }) => event === "status")).toBe(true);
    expect(events.at(-1)?.data).toEqual(await statusOf(gated, id));
    expect(events.at(-1)?.data).toMatchObject({ status: "completed", progress: 1 });
  });

  it("go on after a break where they were: nothing lost, nothing twice", async () => {
    const { gated, open } = await gatedServer();
    await using _ = gated;
    const id = await submit(gated, longText(40));
    const whole = eventsOf(gated, id).then(allEvents);
    const seen: string[] = [];
    const first = await eventsOf(gated, id);
    for await (const event of readEvents(first)) {
      seen.push(event.id ?? "");
      if (event.data.status === "processing") break;
    }
    open();
    const rest = await allEvents(await eventsOf(gated, id, seen.at(-1)));
    const all = [...seen, ...rest.map((event) => event.id ?? "")];
    expect(all).toEqual([...new Set(all)]);
    expect(rest.at(-1)?.data.status).toBe("completed");
    expect((await whole).at(-1)?.id).toBe(all.at(-1));
  });

  it("answer 204 to who has seen the end, so that an EventSource stops coming back", async () => {
    const id = await submit(server);
    await untilEnded(server, id);
    const [only, ...others] = await allEvents(await eventsOf(server, id));
    expect({ others, status: only?.data.status }).toEqual({ others: [], status: "completed" });
    expect((await eventsOf(server, id, only?.id)).status).toBe(204);
    for (const other of ["nonsense", "", "-1", "1e9", "999999"]) {
      expect(await allEvents(await eventsOf(server, id, other))).toHaveLength(1);
    }
  });

  it("keep the connection alive while nothing happens", async () => {
    const { gated, open } = await gatedServer({ timings: { heartbeatMs: 20 } });
    await using _ = gated;
    const id = await submit(gated);
    let comments = 0;
    for await (const { comment } of readEvents(await eventsOf(gated, id))) {
      if (comment !== undefined) comments += 1;
      if (comments === 3) break;
    }
    expect(comments).toBe(3);
    open();
  });

  it("of a HEAD request are none", async () => {
    const { gated, open } = await gatedServer();
    await using _ = gated;
    const id = await submit(gated);
    const answer = await gated.ask("HEAD", `/api/v1/async/tasks/${id}/events`);
    expect(answer.status).toBe(404);
    open();
  });
});

describe("the result of a task", () => {
  it("is 202 with when to ask again as long as it is not there", async () => {
    const { gated, open } = await gatedServer();
    await using _ = gated;
    const id = await submit(gated);
    const { status, json, headers } = await gated.ask("GET", `/api/v1/async/tasks/${id}/result`);
    expect({ status, json }).toEqual({
      status: 202,
      json: { task_id: id, status: expect.stringMatching(/^p/), progress: 0 },
    });
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    open();
  });
});

describe("cancelling a task", () => {
  const cancel = (of: TestServer, id: string) => of.ask("DELETE", `/api/v1/async/tasks/${id}`);
  const cancelled = { status: "failed", error: "Task cancelled by user", cancelled: true };

  it("stops one that is at work within two seconds, and one that waits; both stay cancelled", async () => {
    const { gated, open } = await gatedServer();
    await using _ = gated;
    const [atWork, waiting] = [await submit(gated), await submit(gated)];
    await expect.poll(() => gated.engine.inFlight).toBe(1);
    for (const id of [waiting, atWork]) {
      const { status, json } = await cancel(gated, id);
      expect({ status, json }).toEqual({
        status: 200,
        json: { message: `Task ${id} cancelled successfully` },
      });
      expect(await statusOf(gated, id)).toMatchObject({ ...cancelled, error_code: "cancelled" });
    }
    await expect.poll(() => gated.engine.inFlight, { timeout: 2000 }).toBe(0);
    expect(gated.engine).toMatchObject({ aborted: 1, asked: { length: 1 } });
    open();
    await untilEnded(gated, await submit(gated));
    for (const id of [atWork, waiting]) {
      expect(await statusOf(gated, id)).toMatchObject(cancelled);
      expect((await cancel(gated, id)).status).toBe(200);
      expect((await gated.ask("GET", `/api/v1/async/tasks/${id}/result`)).status).toBe(409);
      expect((await gated.ask("GET", `/api/v1/audio/${id}.wav`)).status).toBe(404);
    }
    const events = await allEvents(await fetch(`${gated.url}/api/v1/async/tasks/${atWork}/events`));
    expect(events.at(-1)?.data).toMatchObject(cancelled);
  });
});

describe("the list of tasks", () => {
  it("has all of them once, newest first, page after page, with the true total", async () => {
    await using listed = await openServer({ engine: able() });
    expect((await listed.ask("GET", "/api/v1/async/tasks")).json).toEqual({
      ...{ tasks: [], total: 0, next_cursor: null },
    });
    const ids: string[] = [];
    for (let count = 0; count < 7; count++) ids.unshift(await submit(listed, `Task ${count}.`));
    for (const id of ids) await untilEnded(listed, id);
    // What was waited for on the line is no task of the list.
    await listed.ask("POST", "/api/v1/synthesize/sft", { text: "Now.", voice_id: "ann" });
    const seen: string[] = [];
    let cursor = "";
    do {
      const path = `/api/v1/async/tasks?limit=3${cursor && `&cursor=${cursor}`}`;
      const { json } = await listed.ask("GET", path);
      expect(json.total).toBe(7);
      expect(json.tasks.length).toBeLessThanOrEqual(3);
      expect(json.tasks[0]).toEqual({
        ...{ task_id: expect.any(String), status: "completed", progress: 1, error: null },
        ...{ created_at: isPresent, started_at: isPresent, completed_at: isPresent },
      });
      seen.push(...json.tasks.map((task: { task_id: string }) => task.task_id));
      cursor = json.next_cursor;
    } while (cursor !== null && seen.length < 100);
    expect(seen.toSorted()).toEqual(ids.toSorted());
    const filtered = await listed.ask("GET", "/api/v1/async/tasks?status=failed");
    expect(filtered.json).toMatchObject({ tasks: [], total: 0 });
    const all = (await listed.ask("GET", "/api/v1/async/tasks?status=completed")).json;
    expect(all.tasks).toHaveLength(7);
    const times = all.tasks.map((task: { created_at: number }) => task.created_at);
    expect(times).toEqual(times.toSorted((a: number, b: number) => b - a));
  });

  it.each([
    "limit=0",
    "limit=101",
    "limit=ten",
    "status=cancelled",
    "cursor=nonsense",
    "cursor=W10",
  ])("refuses ?%s", async (query) => {
    const { status, json } = await server.ask("GET", `/api/v1/async/tasks?${query}`);
    expect({ status, json }).toMatchObject({
      status: 422,
      json: { error: "validation_error", details: { errors: [expect.anything()] } },
    });
  });
});

it("a connection goes on after a refusal whose request has been read", async () => {
  const nowhere = head("GET /nowhere");
  const last = head("GET /nowhere", { connection: "close" });
  const { text } = await exchange(server.url, [nowhere, nowhere, last]);
  expect(text.match(/HTTP\/1.1 404/g)).toHaveLength(3);
});

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
