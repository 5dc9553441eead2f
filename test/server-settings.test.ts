/** What the server can be told: each setting has an effect, a bad one ends the command with its name, and keys stay secret. */
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DubberError } from "../src/core/error.ts";
import { readServerSettings, type ServerSettings } from "../src/server/settings.ts";
import { serverVariables } from "../src/server/variables.ts";
import { dubber } from "./support/command.ts";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { openFrozen } from "./support/frozen-clock.ts";
import { exchange } from "./support/raw-http.ts";
import { makeForm, sampleWav } from "./support/samples.ts";
import { openServer, startServer, untilEnded } from "./support/server.ts";
import { unusedPort } from "./support/unused-port.ts";

const sft = "/api/v1/async/synthesize/sft";
const order = { text: "Some words.", voice_id: "ann" };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-settings-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("each variable", () => {
  it.each<[string, string, Partial<ServerSettings>]>([
    ["HOST", "localhost", { host: "localhost" }],
    ["PORT", "8123", { port: 8123 }],
    ["DATA_DIR", "/data/here", { dataDirectory: "/data/here" }],
    ["API_KEYS", " one, two ,,", { apiKeys: ["one", "two"] }],
    ["ALLOW_PUBLIC_WITHOUT_KEYS", "yes", { allowsPublicWithoutKeys: true }],
    [
      "ALLOWED_ORIGINS",
      "https://a.example,https://b.example",
      {
        allowedOrigins: ["https://a.example", "https://b.example"],
      },
    ],
    ["TTS_ENGINE", "openai", { engine: "openai" }],
    ["MAX_SYNTHESIS_WORKERS", "7", { workers: 7 }],
    ["MAX_DUB_WORKERS", "3", { dubWorkers: 3 }],
    ["MAX_TASKS_PER_USER", "11", { mostOpenTasks: 11 }],
    ["MAX_QUEUED_TASKS", "12", { mostWaitingTasks: 12 }],
    ["TASK_CLEANUP_INTERVAL", "60", { sweepEveryMs: 60_000 }],
    ["MAX_TASK_AGE", "61", { keptForMs: 61_000 }],
    ["MAX_TEXT_LENGTH", "62", { maxTextLength: 62 }],
    ["MAX_FILE_SIZE", "63", { maxFileBytes: 63 }],
    ["MAX_VIDEO_SIZE", "64", { maxVideoBytes: 64 }],
    ["MAX_AUDIO_DURATION", "65", { maxSampleSeconds: 65 }],
    ["MAX_STORAGE_BYTES", "66", { maxStoredBytes: 66 }],
    ["MIN_FREE_BYTES", "0", { minFreeBytes: 0 }],
    ["TTS_TIMEOUT", "1.5", { callTimeoutMs: 1500 }],
    ["TTS_PATIENCE", "2.5", { outageMs: 2500 }],
    ["SHUTDOWN_TIMEOUT", "3.5", { shutdownMs: 3500 }],
    ["WEBHOOK_SECRET", "a secret", { webhookSecret: "a secret" }],
    ["LOG_LEVEL", "debug", { logLevel: "debug" }],
  ])("%s is read", (name, value, expected) => {
    const before = readServerSettings({});
    const after = readServerSettings({ [name]: value });
    expect(after).toMatchObject(expected);
    const [key] = Object.keys(expected) as (keyof ServerSettings)[];
    expect(before[key as keyof ServerSettings]).not.toEqual(after[key as keyof ServerSettings]);
  });

  it("has the documented default", () => {
    expect(readServerSettings({ HOME: "/home/me" })).toMatchObject({
      ...{
        host: "127.0.0.1",
        port: 8000,
        workers: 4,
        keptForMs: 7_200_000,
        sweepEveryMs: 3_600_000,
      },
      ...{ maxFileBytes: 52_428_800, maxVideoBytes: 2_147_483_648, maxSampleSeconds: 30 },
      ...{ dataDirectory: "/home/me/.local/share/dubber/server", engine: "embedded", apiKeys: [] },
    });
    expect(readServerSettings({ API_KEYS: "key" }).mostOpenTasks).toBe(10);
    expect(readServerSettings({ PORT: "  ", MAX_TASK_AGE: "" })).toMatchObject({ port: 8000 });
  });

  const bad: Record<string, string> = {
    ...{ PORT: "65536", ALLOW_PUBLIC_WITHOUT_KEYS: "maybe", TTS_ENGINE: "nobody" },
    ...{ MAX_SYNTHESIS_WORKERS: "0", MAX_DUB_WORKERS: "-1", MAX_TASKS_PER_USER: "1.5" },
    ...{ MAX_QUEUED_TASKS: "many", TASK_CLEANUP_INTERVAL: "0", MAX_TASK_AGE: "soon" },
    ...{
      MAX_TEXT_LENGTH: "0",
      MAX_FILE_SIZE: "50MB",
      MAX_VIDEO_SIZE: "0x10",
      MAX_AUDIO_DURATION: "1",
    },
    ...{
      MAX_STORAGE_BYTES: "-5",
      MIN_FREE_BYTES: "NaN",
      TTS_TIMEOUT: "Infinity",
      TTS_PATIENCE: "0",
    },
    ...{ SHUTDOWN_TIMEOUT: "0", LOG_LEVEL: "loud" },
  };
  it.each(Object.entries(bad))(
    "%s=%s is refused by its name, and the value is not repeated",
    (name, value) => {
      expect(() => readServerSettings({ [name]: value })).toThrow(
        expect.objectContaining({ code: "usage", message: expect.stringContaining(name) }),
      );
      if (value.length < 3) return;
      expect(() => readServerSettings({ [name]: value })).not.toThrow(new RegExp(value));
    },
  );

  it("with a range of its own is in one of the tables here", () => {
    const free = ["HOST", "DATA_DIR", "API_KEYS", "ALLOWED_ORIGINS", "WEBHOOK_SECRET"];
    expect([...Object.keys(bad), ...free].toSorted()).toEqual([...serverVariables].toSorted());
  });
});

describe("the command", () => {
  it.each([
    { MAX_SYNTHESIS_WORKERS: "none" },
    { WEBHOOK_SECRET: "whsec_tooshort" },
    { TTS_ENGINE: "nobody" },
  ])("ends with exit code 2 for %j and names the variable", async (env) => {
    const [name] = Object.keys(env) as [string];
    const { code, stderr } = await dubber(
      ["serve", "--port", "0", "--data-dir", join(folder, "bad")],
      {
        env,
      },
    );
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(name) });
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it("ends with exit code 2 where the port is taken, and says how to take another", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await dubber([
      ...["serve", "--port", String(port), "--data-dir", join(folder, "taken")],
    ]);
    other.close();
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--port") });
    expect(stderr).toContain(`Port ${port}`);
  });

  it.each(["0.0.0.0", "::", "192.168.0.1", "example.com"])(
    "refuses to start at %s without keys, with exit code 2 and both ways out",
    async (host) => {
      const { code, stderr } = await dubber([
        ...["serve", "--port", "0", "--host", host, "--data-dir", join(folder, "public")],
      ]);
      expect({ code, stderr }).toMatchObject({ code: 2 });
      expect(stderr).toContain("API_KEYS");
      expect(stderr).toContain("ALLOW_PUBLIC_WITHOUT_KEYS");
    },
  );

  it.each([{ API_KEYS: "a-secret" }, { ALLOW_PUBLIC_WITHOUT_KEYS: "1" }])(
    "starts in public with %j",
    (more) => {
      expect(readServerSettings({ HOST: "0.0.0.0", ...more })).toMatchObject({ host: "0.0.0.0" });
    },
  );

  it("warns of what is no setting in .env, takes the rest from it, and starts", async () => {
    const place = join(folder, "with-env");
    const cwd = await mkdtemp(join(folder, "cwd-"));
    await writeFile(
      join(cwd, ".env"),
      "MAX_SYNTHESIS_WORKERS=4\nTASK_CLEANUP_INTERVAL=3600  # 1 hour\nMAX_TEXT_LENGTH=5\nDEBUG_MODE=1\nREDIS_URL=redis://secret@host\n",
    );
    await using server = await startServer(place, { cwd });
    const { status } = await server.ask("POST", sft, {
      ...order,
      voice_id: "pretrained_voice_001",
    });
    expect(status).toBe(422);
    const { code, stdout, stderr } = await server.stop();
    expect(code).toBe(0);
    expect(stdout).toContain("DEBUG_MODE in .env is no setting");
    expect(stdout).toContain("REDIS_URL in .env is no setting");
    expect(`${stdout}${stderr}`).not.toMatch(/secret|MAX_TEXT_LENGTH|TASK_CLEANUP/);
  });

  it("writes no key, text, prompt or name of an upload into its log, at any level", async () => {
    const secrets = {
      key: "anna-key-7f3a",
      wrong: "wrong-key-91bc",
      text: "Verschwiegene Worte",
      prompt: "Heimlich gesprochen",
      file: "geheimer-name",
      voice: "verborgene-stimme",
    };
    const env = { LOG_LEVEL: "debug", API_KEYS: secrets.key };
    await using server = await startServer(join(folder, "log"), { env, args: ["--verbose"] });
    const own = { "xi-api-key": secrets.key };
    const spoken = { text: secrets.text, voice_id: "pretrained_voice_001" };
    const { json } = await server.ask("POST", sft, spoken, own);
    await untilEnded(server, json.task_id, own);
    expect((await server.ask("POST", "/api/v1/synthesize/sft", spoken, own)).status).toBe(200);
    const speech = { model: "tts-1", input: secrets.text, voice: "alloy", response_format: "wav" };
    expect((await server.ask("POST", "/v1/audio/speech", speech, own)).status).toBe(200);
    await server.ask("GET", "/api/v1/async/tasks", undefined, { "xi-api-key": secrets.wrong });
    await server.ask("GET", `/api/v1/async/tasks?key=${secrets.wrong}`, undefined, {
      authorization: `Bearer ${secrets.wrong}`,
    });
    const form = makeForm({ voice_id: secrets.voice, name: "x", prompt_text: secrets.prompt });
    form.append("audio_file", new Blob([new Uint8Array(sampleWav())]), `${secrets.file}.wav`);
    expect((await server.ask("POST", "/api/v1/voices/", form, own)).status).toBe(201);
    const broken = makeForm({ voice_id: "other", name: secrets.text, prompt_text: secrets.prompt });
    broken.append("audio_file", new Blob(["no sound"]), `${secrets.file}.wav`);
    expect((await server.ask("POST", "/api/v1/voices/", broken, own)).status).toBe(422);
    const { code, stdout, stderr } = await server.stop();
    expect(code).toBe(0);
    expect(stderr.match(/"msg":"answered"/g)?.length).toBeGreaterThan(6);
    expect(stderr).toContain(json.task_id);
    for (const secret of Object.values(secrets)) expect(`${stdout}${stderr}`).not.toContain(secret);
    const prompt = sampleWav().subarray(100, 140);
    for (const form of ["base64", "hex", "latin1"] as const) {
      expect(stderr).not.toContain(prompt.toString(form));
    }
    for (const line of stderr.split("\n").filter((one) => one.startsWith("{"))) JSON.parse(line);
  });
});

describe("the bounds take effect", () => {
  it("MAX_SYNTHESIS_WORKERS is the number of tasks at work", async () => {
    const gate = Promise.withResolvers<void>();
    for (const workers of [1, 3]) {
      const engine = makeFakeEngine({ gate: gate.promise });
      await using server = await openServer({
        engine,
        variables: { MAX_SYNTHESIS_WORKERS: `${workers}` },
      });
      for (let count = 0; count < 6; count++) await server.ask("POST", sft, order);
      await expect.poll(() => engine.inFlight).toBe(workers);
      const counts = async (status: string) =>
        (await server.ask("GET", `/api/v1/async/tasks?status=${status}`)).json.total;
      expect(await counts("processing")).toBe(workers);
      expect(await counts("pending")).toBe(6 - workers);
      expect(engine.mostInFlight).toBe(workers);
    }
    gate.resolve();
  });

  it("HOST and PORT are where it listens, and nowhere else", async () => {
    const port = await unusedPort();
    await using server = await openServer({ variables: { HOST: "127.0.0.2", PORT: `${port}` } });
    expect(server.url).toBe(`http://127.0.0.2:${port}`);
    expect((await server.ask("GET", "/ready")).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${port}/ready`)).rejects.toThrow();
  });

  it("MAX_TASK_AGE and TASK_CLEANUP_INTERVAL remove old tasks with their files, and nothing that is not over", async () => {
    const clock = openFrozen();
    const gate = Promise.withResolvers<void>();
    const engine = makeFakeEngine();
    await using server = await openServer({
      ...{ engine, now: clock.now },
      variables: { MAX_TASK_AGE: "60", TASK_CLEANUP_INTERVAL: "1", MAX_SYNTHESIS_WORKERS: "1" },
    });
    const old = (await server.ask("POST", sft, order)).json.task_id;
    await untilEnded(server, old);
    engine.behaviour = { gate: gate.promise };
    const atWork = (await server.ask("POST", sft, order)).json.task_id;
    const waiting = (await server.ask("POST", sft, order)).json.task_id;
    await expect.poll(() => engine.inFlight).toBe(1);
    const statusOf = async (id: string) =>
      (await server.ask("GET", `/api/v1/async/tasks/${id}/status`)).status;
    expect(await filesIn(server.folder)).toEqual([`${old}.wav`]);
    clock.advance(61_000);
    await expect.poll(() => statusOf(old), { timeout: 5000 }).toBe(410);
    await expect.poll(() => filesIn(server.folder)).toEqual([]);
    expect([await statusOf(atWork), await statusOf(waiting)]).toEqual([200, 200]);
    gate.resolve();
    for (const id of [atWork, waiting]) {
      expect(await untilEnded(server, id)).toMatchObject({ status: "completed" });
    }
  });

  it("MAX_STORAGE_BYTES refuses new work with 507 when it is used up, and takes it again when old results are gone", async () => {
    const clock = openFrozen();
    await using server = await openServer({
      now: clock.now,
      variables: { MAX_STORAGE_BYTES: "1000", MAX_TASK_AGE: "60", TASK_CLEANUP_INTERVAL: "1" },
    });
    const { json } = await server.ask("POST", sft, order);
    await untilEnded(server, json.task_id);
    clock.advance(1000);
    const refused = await server.ask("POST", sft, order);
    expect(refused).toMatchObject({ status: 507, json: { error: "insufficient_storage" } });
    expect((await server.ask("GET", json.result_url)).status).toBe(200);
    clock.advance(61_000);
    const again = async () => {
      clock.advance(1000);
      return (await server.ask("POST", sft, order)).status;
    };
    await expect.poll(again, { timeout: 5000 }).toBe(200);
  });

  it("MAX_AUDIO_DURATION and MAX_FILE_SIZE bound recordings", async () => {
    await using server = await openServer({
      engine: makeFakeEngine({ features: { cloning: true } }),
      variables: { MAX_AUDIO_DURATION: "5", MAX_FILE_SIZE: "250000" },
    });
    const upload = async (seconds: number) => {
      const audio_file = sampleWav(seconds);
      const fields = { voice_id: `voice${seconds}`, name: "x", audio_file };
      return await server.ask("POST", "/api/v1/voices/", makeForm(fields));
    };
    expect((await upload(4)).status).toBe(201);
    const long = await upload(7);
    expect(long).toMatchObject({ status: expect.any(Number) });
    if (long.status === 201) expect(long.json.duration).toBeLessThanOrEqual(5);
    else expect(long.json.error).toBe("audio_processing_error");
    expect(await upload(8)).toMatchObject({ status: 413, json: { error: "payload_too_large" } });
  });

  it("TTS_TIMEOUT ends a call that hangs, and TTS_PATIENCE the wait for an engine that is down", async () => {
    const engine = makeFakeEngine({ gate: new Promise(() => {}), place: "service" });
    await using server = await openServer({
      engine,
      variables: { TTS_TIMEOUT: "0.1", TTS_PATIENCE: "0.5" },
    });
    const { json } = await server.ask("POST", sft, order);
    expect(await untilEnded(server, json.task_id)).toMatchObject({ status: "failed" });
    expect(engine.asked.length).toBeGreaterThan(1);
    expect(engine.inFlight).toBe(0);
    engine.behaviour = {
      fail: () => new DubberError("service_down", "Down.", { retryable: true }),
    };
    const down = await server.ask("POST", "/api/v1/synthesize/sft", order);
    expect(down).toMatchObject({ status: 503, json: { error: "model_not_ready" } });
  });
});

describe("ALLOWED_ORIGINS", () => {
  const preflight = (origin: string, method: string) => ({
    origin,
    "access-control-request-method": method,
    "access-control-request-headers": "content-type,xi-api-key,idempotency-key",
  });

  it("is off by default: no page of another origin gets an answer", async () => {
    await using server = await openServer();
    const { headers } = await server.ask("GET", "/health", undefined, {
      origin: "https://a.example",
    });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    const asked = await server.ask(
      "OPTIONS",
      sft,
      undefined,
      preflight("https://a.example", "POST"),
    );
    expect(asked.status).toBe(404);
  });

  it("lets in those it names, with every method of the API, and no others", async () => {
    await using server = await openServer({
      variables: { ALLOWED_ORIGINS: "https://a.example, https://b.example", API_KEYS: "right-key" },
    });
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const { status, headers } = await server.ask(
        ...(["OPTIONS", sft, undefined, preflight("https://b.example", method)] as const),
      );
      expect(status).toBe(204);
      expect(headers.get("access-control-allow-origin")).toBe("https://b.example");
      expect(headers.get("access-control-allow-methods")).toContain(method);
      expect(headers.get("access-control-allow-headers")).toContain("xi-api-key");
      expect(headers.get("access-control-allow-credentials")).toBeNull();
      expect(headers.get("vary")).toMatch(/origin/i);
    }
    for (const origin of [
      "https://evil.example",
      "https://a.example.evil.example",
      "null",
      "http://a.example",
    ]) {
      const { headers } = await server.ask("GET", "/health", undefined, { origin });
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
    // A refusal has to be readable, too.
    const refused = await server.ask("GET", "/api/v1/async/tasks", undefined, {
      origin: "https://a.example",
    });
    expect(refused.status).toBe(401);
    expect(refused.headers.get("access-control-allow-origin")).toBe("https://a.example");
  });

  it("is what lets a page of another site write; without, not even a plain form of one is taken", async () => {
    const page = { "sec-fetch-site": "cross-site", origin: "https://a.example" };
    await using closed = await openServer();
    const refused = await closed.ask("POST", sft, order, page);
    expect(refused).toMatchObject({ status: 403, json: { error: "http_error" } });
    const form = makeForm({ text: "Words.", voice_id: "ann" });
    expect((await closed.ask("POST", "/api/v1/synthesize/zero-shot", form, page)).status).toBe(403);
    const speech = { model: "tts-1", input: "Words.", voice: "ann" };
    expect((await closed.ask("POST", "/v1/audio/speech", speech, page)).status).toBe(403);
    expect((await closed.ask("GET", "/health", undefined, page)).status).toBe(200);
    for (const site of ["same-origin", "none"]) {
      const own = { "sec-fetch-site": site };
      expect((await closed.ask("POST", sft, order, own)).status).toBe(200);
    }
    await using open = await openServer({ variables: { ALLOWED_ORIGINS: "https://a.example" } });
    expect((await open.ask("POST", sft, order, page)).status).toBe(200);
    const other = { ...page, origin: "https://b.example" };
    expect((await open.ask("POST", sft, order, other)).status).toBe(403);
    await using locked = await openServer({ variables: { API_KEYS: "right-key" } });
    const keyed = { ...page, "xi-api-key": "right-key" };
    expect((await locked.ask("POST", sft, order, keyed)).status).toBe(200);
  });

  it("is what lets a name in that leads here and is not this machine's; without, a rebound name is of no use", async () => {
    const status = async ({ url }: { readonly url: string }, host: string) => {
      const head = `GET /api/v1/async/tasks HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
      return (await exchange(url, [head])).status;
    };
    await using closed = await openServer();
    const ours = ["127.0.0.1:8000", "localhost", "dubber.localhost:1", "[::1]:8000"];
    for (const host of ours) expect(await status(closed, host)).toBe(200);
    const theirs = ["evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", ""];
    for (const host of theirs) expect(await status(closed, host)).toBe(403);
    await using open = await openServer({ variables: { ALLOWED_ORIGINS: "https://a.example" } });
    expect(await status(open, "a.example")).toBe(200);
    expect(await status(open, "b.example")).toBe(403);
    await using keyed = await openServer({ variables: { API_KEYS: "right-key" } });
    expect(await status(keyed, "b.example")).toBe(401);
    await using guarded = await openServer({ variables: { ALLOW_PUBLIC_WITHOUT_KEYS: "1" } });
    expect(await status(guarded, "b.example")).toBe(200);
  });

  it("* is everybody, and never with credentials", async () => {
    await using server = await openServer({ variables: { ALLOWED_ORIGINS: "*" } });
    const { headers } = await server.ask("GET", "/health", undefined, {
      origin: "https://a.example",
    });
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-allow-credentials")).toBeNull();
  });
});

describe("API_KEYS", () => {
  it("keep owners apart: another's tasks, events, results, sound and cancellation are 404, and lists are one's own", async () => {
    await using server = await openServer({ variables: { API_KEYS: "anna-key,berta-key" } });
    const [anna, berta] = [{ "xi-api-key": "anna-key" }, { authorization: "Bearer berta-key" }];
    const { json } = await server.ask("POST", sft, order, anna);
    await untilEnded(server, json.task_id, anna);
    const { audio_url: audio } = (await server.ask("GET", json.result_url, undefined, anna)).json;
    const base = `/api/v1/async/tasks/${json.task_id}`;
    for (const path of [`${base}/status`, `${base}/events`, `${base}/result`, audio]) {
      expect((await server.ask("GET", path, undefined, berta)).status).toBe(404);
      expect((await server.ask("GET", path, undefined, anna)).status).toBe(200);
    }
    expect((await server.ask("DELETE", base, undefined, berta)).json.error).toBe("task_not_found");
    const lists = [berta, anna].map((who) =>
      server.ask("GET", "/api/v1/async/tasks", undefined, who),
    );
    expect((await Promise.all(lists)).map((list) => list.json.total)).toEqual([0, 1]);
  });

  it("stay out of the data directory", async () => {
    await using server = await openServer({ variables: { API_KEYS: "anna-key-7f3a" } });
    await server.ask("POST", sft, order, { "xi-api-key": "anna-key-7f3a" });
    for (const name of (await readdir(server.folder)).filter((one) =>
      one.startsWith("dubber.db"),
    )) {
      expect((await readFile(join(server.folder, name))).includes("anna-key-7f3a")).toBe(false);
    }
  });
});

async function filesIn(data: string): Promise<string[]> {
  const entries = await readdir(join(data, "files"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
