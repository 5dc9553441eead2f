/** The server, its engine or its disk fails: what was accepted is kept and carried out, and what cannot be is said. */
import { mkdir, mkdtemp, readdir, readFile, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { start } from "./support/command.ts";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { makeForm, sampleWav } from "./support/samples.ts";
import { seededRandom } from "./support/seeded-random.ts";
import { openServer, startServer, untilEnded } from "./support/server.ts";
import { serverKillLoop } from "./support/server-kill-loop.ts";
import { startFakeCosyvoice } from "./support/services/fake-cosyvoice.ts";
import { startFakeOpenai } from "./support/services/fake-openai.ts";
import type { FakeServiceOptions } from "./support/services/fake-service.ts";
import { mountSmallDisk, unmountSmallDisk } from "./support/small-disk.ts";
import { unusedPort } from "./support/unused-port.ts";

const sft = "/api/v1/async/synthesize/sft";
const order = { text: "Some words.", voice_id: "ann" };
let folder: string;
const mounts: string[] = [];
const at = (...names: string[]): string => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-server-faults-"));
});
afterAll(async () => {
  for (const mount of mounts) await unmountSmallDisk(mount);
  await rm(folder, { recursive: true, force: true });
});

const openaiAt = (url: string) => ({
  ...{ TTS_ENGINE: "openai", OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: `${url}/v1` },
});
const isWhole = (data: string): string => {
  const database = new DatabaseSync(join(data, "dubber.db"));
  try {
    return String(Object.values(database.prepare("PRAGMA integrity_check").get() ?? {})[0]);
  } finally {
    database.close();
  }
};

describe("kill -9", () => {
  it("while tasks are submitted loses none that was accepted, ends none twice, and serves no half file", async () => {
    const data = at("killed");
    const loop = await serverKillLoop({ folder: data, rounds: 3, seed: 20_260_723 });
    const { accepted, keys, total, ends, wrongs } = loop;
    expect(wrongs).toEqual([]);
    expect(accepted).toBeGreaterThan(20);
    expect({ accepted, total }).toEqual({ accepted: keys, total: keys });
    // Who was at work at all three kills is not begun a fourth time.
    expect((ends.completed ?? 0) + (ends.interrupted ?? 0)).toBe(accepted);
    expect(isWhole(data)).toBe("ok");
    expect(await readdir(join(data, "tmp"))).toEqual([]);
  });

  it("in a long text costs the parts in work: finished ones are not asked for again", async () => {
    const text = Array.from(
      { length: 40 },
      (_, index) => `This is sentence number ${index} of a very long text for the server.`,
    ).join(" ");
    let latency = 40;
    await using service = await startFakeOpenai({
      secondsPerCharacter: 0.02,
      latencyMs: () => latency,
    });
    const env = { ...openaiAt(service.url), MAX_SYNTHESIS_WORKERS: "1" };
    const first = await startServer(at("resumed"), { env });
    const { json } = await first.ask("POST", sft, { text, voice_id: "openai:alloy" });
    await expect
      .poll(() => service.requests.length, { timeout: 10_000, interval: 5 })
      .toBeGreaterThan(4);
    await first.stop("SIGKILL");
    const before = service.requests.length;
    latency = 0;
    await using second = await startServer(at("resumed"), { env });
    const { json: status } = await second.ask("GET", json.check_status_url);
    expect(status.progress).toBeGreaterThan(0);
    expect(await untilEnded(second, json.task_id)).toMatchObject({ status: "completed" });
    const asked = service.requests.map((request) => request.text);
    expect(asked.join(" ").length).toBeGreaterThan(text.length - 1);
    const twice = asked.length - new Set(asked).size;
    expect(twice).toBeLessThanOrEqual(3);
    expect(asked.length - before).toBeLessThan(new Set(asked).size);
    const result = (await second.ask("GET", json.result_url)).json;
    expect(result.duration).toBeGreaterThan(text.length * 0.02 * 0.9);
    await second.stop();
    expect((await filesIn(at("resumed"))).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe("cancelling, hammered", () => {
  it("leaves each of a hundred tasks completed or cancelled, as its clients were told, and no call of the engine behind", async () => {
    const random = seededRandom(20_260_724);
    const engine = makeFakeEngine({ ms: () => random() * 60 });
    await using server = await openServer({ engine, variables: { MAX_SYNTHESIS_WORKERS: "8" } });
    const hammer = async (index: number): Promise<string[]> => {
      await sleep(random() * 300);
      const text = `Number ${index}. ${"Another sentence of a longer text. ".repeat(index % 20)}`;
      const { task_id: id } = (await server.ask("POST", sft, { ...order, text })).json;
      // A third at any moment, a third at once, a third when all is over.
      if (index % 3 === 2) await untilEnded(server, id);
      const cancel = async () => {
        await sleep(random() * (index % 3 === 0 ? 150 : 2));
        const { status } = await server.ask("DELETE", `/api/v1/async/tasks/${id}`);
        return status;
      };
      const told = await Promise.all([cancel(), cancel(), cancel()]);
      const ended = await untilEnded(server, id);
      const how: string = ended.status === "completed" ? "completed" : ended.error_code;
      const expected = how === "completed" ? [409] : [200];
      if (new Set(told).size !== 1 || !expected.includes(told[0] as number))
        return [`${id}: ${told} and ${how}`];
      if (how !== "completed" && how !== "cancelled") return [`${id}: ${how}`];
      ends[how] += 1;
      seen.set(id, JSON.stringify(ended));
      return [];
    };
    const ends = { completed: 0, cancelled: 0 };
    const seen = new Map<string, string>();
    const wrongs = await Promise.all(Array.from({ length: 100 }, (_, index) => hammer(index)));
    expect(wrongs.flat()).toEqual([]);
    expect(ends.completed).toBeGreaterThanOrEqual(33);
    expect(ends.cancelled).toBeGreaterThanOrEqual(20);
    await expect.poll(() => engine.inFlight, { timeout: 2000 }).toBe(0);
    for (const [id, before] of seen) {
      const { json } = await server.ask("GET", `/api/v1/async/tasks/${id}/status`);
      expect(JSON.stringify(json)).toBe(before);
    }
    const results = async () =>
      (await filesIn(server.folder)).filter((name) => name.endsWith(".wav"));
    await expect.poll(results).toHaveLength(ends.completed);
  });
});

// They wait for the scheduler most of their time.
describe.concurrent("the engine", () => {
  it("whose process is killed while it speaks is replaced, and the task completes", async () => {
    await using server = await startServer(at("engine"), { env: { MAX_SYNTHESIS_WORKERS: "1" } });
    const text = "This sentence takes the embedded voice a while to speak. ".repeat(60);
    const { json } = await server.ask("POST", sft, { text, voice_id: "pretrained_voice_001" });
    const children = async () =>
      (await readFile(`/proc/${server.pid}/task/${server.pid}/children`, "utf8"))
        .trim()
        .split(" ")
        .filter(Boolean);
    for (let killed = 0; killed < 2; ) {
      const [status] = [(await server.ask("GET", json.check_status_url)).json];
      expect(status.status).not.toBe("completed");
      const [pid] = await children();
      if (pid === undefined || status.progress <= killed * 0.05) {
        await sleep(10);
        continue;
      }
      process.kill(Number(pid), "SIGKILL");
      killed += 1;
    }
    expect(await untilEnded(server, json.task_id)).toMatchObject({ status: "completed" });
    const result = (await server.ask("GET", json.result_url)).json;
    expect(result.duration).toBeGreaterThan(text.length / 30);
    expect((await server.ask("GET", "/health")).json.status).toBe("healthy");
  });

  it("that hangs once is asked again after TTS_TIMEOUT", async () => {
    const fault = ({ attempt }: { attempt: number }) =>
      attempt === 1 ? ({ kind: "hang" } as const) : undefined;
    await using service = await startFakeOpenai({ fault });
    await using server = await openServer({
      variables: { ...openaiAt(service.url), TTS_TIMEOUT: "0.3" },
    });
    const { status } = await server.ask("POST", "/api/v1/synthesize/sft", {
      ...order,
      voice_id: "alloy",
    });
    expect({ status, calls: service.requests.length }).toEqual({ status: 200, calls: 2 });
  });

  it.each<[string, NonNullable<FakeServiceOptions["fault"]>]>([
    ["short", () => ({ kind: "short" })],
    ["cut off", () => ({ kind: "cut" })],
    ["empty", () => ({ kind: "empty" })],
    ["HTML", () => ({ kind: "html" })],
  ])(
    "that answers with sound that is %s fails the task: there is no result, and no file",
    async (_what, fault) => {
      await using cosyvoice = await startFakeCosyvoice({
        fault: (request) => (request.text.startsWith("你好") ? undefined : fault(request)),
      });
      const variables = {
        TTS_ENGINE: "cosyvoice",
        COSYVOICE_URL: cosyvoice.url,
        COSYVOICE_VERSION: "2",
        TTS_PATIENCE: "0.5",
      };
      await using server = await openServer({ variables });
      const form = makeForm({
        text: "Enough words for two seconds of sound.",
        prompt_audio: sampleWav(),
        prompt_text: "Hi.",
      });
      const { json } = await server.ask("POST", "/api/v1/async/synthesize/zero-shot", form);
      const ended = await untilEnded(server, json.task_id);
      expect(ended).toMatchObject({
        status: "failed",
        error_code: expect.stringMatching(/^(synthesis_error|model_not_ready)$/),
      });
      expect(ended.error).toMatch(/\S/);
      expect((await server.ask("GET", json.result_url)).json.error).toBe("task_failed");
      expect(
        (await filesIn(server.folder)).filter((name) => !name.endsWith("_prompt.wav")),
      ).toEqual([]);
    },
  );

  it("that is down at the start is no reason not to start: /health says so, and tasks wait until it comes up", async ({
    expect,
  }) => {
    const port = await unusedPort();
    await using server = await openServer({
      variables: { ...openaiAt(`http://127.0.0.1:${port}`), TTS_PATIENCE: "30" },
      // The tries of the one call have to outlast the moment until the service is there.
      random: () => 0.9,
    });
    expect((await server.ask("GET", "/health")).status).toBe(503);
    const { status, json } = await server.ask("POST", sft, { ...order, voice_id: "openai:alloy" });
    expect(status).toBe(200);
    await expect
      .poll(async () => (await server.ask("GET", json.check_status_url)).json.status)
      .toBe("processing");
    await using _service = await startFakeOpenai({ port });
    expect(await untilEnded(server, json.task_id)).toMatchObject({ status: "completed" });
  });

  it("that stays down fails the task after TTS_PATIENCE, and says that it is down", async () => {
    const port = await unusedPort();
    await using server = await openServer({
      variables: { ...openaiAt(`http://127.0.0.1:${port}`), TTS_PATIENCE: "0.5" },
    });
    const { json } = await server.ask("POST", sft, { ...order, voice_id: "openai:alloy" });
    expect(await untilEnded(server, json.task_id)).toMatchObject({
      status: "failed",
      error_code: "model_not_ready",
    });
  });
});

describe("a full disk", () => {
  async function mountDisk(context: TestContext, name: string, size: string): Promise<string> {
    await mountSmallDisk(context, at(name), size);
    mounts.push(at(name));
    return at(name);
  }
  async function fill(disk: string): Promise<void> {
    const { bsize, bfree } = await statfs(disk);
    await writeFile(join(disk, "ballast"), Buffer.alloc(bsize * bfree)).catch(() => {});
  }

  it("refuses new work in clear words, keeps what is there, lets what is at work wait, and goes on once there is space", async (context) => {
    const disk = await mountDisk(context, "full", "24m");
    const gate = Promise.withResolvers<void>();
    const engine = makeFakeEngine({ features: { cloning: true } });
    await using server = await openServer({
      ...{ engine, folder: disk },
      variables: { MIN_FREE_BYTES: "0", MAX_SYNTHESIS_WORKERS: "2" },
    });
    const done = (await server.ask("POST", sft, order)).json;
    await untilEnded(server, done.task_id);
    engine.behaviour = { gate: gate.promise };
    const atWork = (await server.ask("POST", sft, { ...order, text: "word ".repeat(50) })).json;
    const long = (
      await server.ask("POST", sft, { ...order, text: "A sentence of a long text. ".repeat(40) })
    ).json;
    const waiting = (await server.ask("POST", sft, order)).json;
    await expect.poll(() => engine.inFlight).toBeGreaterThan(1);
    await fill(disk);
    gate.resolve();
    // The file of the log takes some more, until it needs a page that is not there.
    let refused = await server.ask("POST", sft, order);
    for (let count = 0; refused.status === 200 && count < 5000; count++) {
      refused = await server.ask("POST", sft, { ...order, text: "word ".repeat(500) });
    }
    expect(refused).toMatchObject({ status: 507, json: { error: "insufficient_storage" } });
    expect(refused.json.message).toContain("full");
    const form = makeForm({ voice_id: "mine", name: "Mine", audio_file: sampleWav(10) });
    expect((await server.ask("POST", "/api/v1/voices/", form)).status).toBe(507);
    const sync = await server.ask("POST", "/api/v1/synthesize/sft", {
      ...order,
      text: "word ".repeat(500),
    });
    expect(sync.status).toBe(507);
    for (const path of [
      done.check_status_url,
      done.result_url,
      "/api/v1/async/tasks",
      "/metrics",
      "/ready",
    ]) {
      expect((await server.ask("GET", path)).status).toBe(200);
    }
    for (const { check_status_url: path } of [atWork, long, waiting]) {
      expect((await server.ask("GET", path)).json.status).toMatch(/^p/);
    }
    await rm(join(disk, "ballast"));
    for (const { task_id: id, result_url: path } of [atWork, long, waiting]) {
      expect(await untilEnded(server, id)).toMatchObject({ status: "completed" });
      const result = (await server.ask("GET", path)).json;
      expect((await server.ask("GET", result.audio_url)).bytes.length).toBe(result.bytes);
    }
    await expect
      .poll(async () => (await server.ask("POST", sft, order)).status, { timeout: 5000 })
      .toBe(200);
    expect(
      (
        await server.ask(
          "POST",
          "/api/v1/voices/",
          makeForm({ voice_id: "mine", name: "Mine", audio_file: sampleWav() }),
        )
      ).status,
    ).toBe(201);
    await server.close();
    expect(isWhole(disk)).toBe("ok");
  });

  it("that is nearly full is left alone: 507 before anything is written", async (context) => {
    const disk = await mountDisk(context, "nearly", "24m");
    await using server = await openServer({
      folder: disk,
      variables: { MIN_FREE_BYTES: "30000000" },
    });
    const { status, json } = await server.ask("POST", sft, order);
    expect({ status, error: json.error }).toEqual({ status: 507, error: "insufficient_storage" });
    expect((await server.ask("GET", "/api/v1/async/tasks")).json.total).toBe(0);
  });
});

describe("two servers on one data directory", () => {
  it("the second refuses with exit code 1 and says why; the first goes on", async () => {
    await using first = await startServer(at("shared"));
    const second = await start(["serve", "--port", "0", "--data-dir", at("shared")], {
      cwd: folder,
    }).ended;
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/data directory/i);
    expect(second.stderr).toContain("--data-dir");
    expect(second.stderr).not.toMatch(/\n\s+at /);
    const { json } = await first.ask("POST", sft, {
      text: "Still here.",
      voice_id: "pretrained_voice_001",
    });
    expect(await untilEnded(first, json.task_id)).toMatchObject({ status: "completed" });
    expect(await first.stop()).toMatchObject({ code: 0 });
    // A port that is taken is another matter, and another option mends it.
    await using third = await startServer(at("third"));
    const port = new URL(third.url).port;
    const fourth = await start(["serve", "--port", port, "--data-dir", at("fourth")], {
      cwd: folder,
    }).ended;
    expect(fourth.code).toBe(2);
    expect(fourth.stderr).toContain(port);
    expect(fourth.stderr).not.toMatch(/\n\s+at /);
  });
});

describe("a data directory that cannot be used", () => {
  it.each<[string, (data: string) => Promise<unknown>, RegExp]>([
    [
      "with a database that is none",
      async (data) => {
        await mkdir(data);
        await writeFile(join(data, "dubber.db"), Buffer.alloc(8192, "noise"));
      },
      /damaged/,
    ],
    [
      "with a database of a newer Dubber",
      async (data) => {
        await mkdir(data);
        new DatabaseSync(join(data, "dubber.db")).exec("PRAGMA user_version = 999");
      },
      /newer/,
    ],
    ["that is a file", (data) => writeFile(data, "a file"), /file/],
  ])(
    "%s ends the command with exit code 1, says so, and changes nothing",
    async (what, make, said) => {
      const data = at(what.replaceAll(" ", "-"));
      await make(data);
      const { code, stderr } = await start(["serve", "--port", "0", "--data-dir", data]).ended;
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(said) });
      expect(stderr).not.toMatch(/\n\s+at /);
    },
  );
});

describe("SIGTERM", () => {
  it("with tasks at work that do not end: the process ends within SHUTDOWN_TIMEOUT, and the next start finishes them", async () => {
    let latency = 60_000;
    await using service = await startFakeOpenai({ latencyMs: () => latency });
    const env = { ...openaiAt(service.url), SHUTDOWN_TIMEOUT: "2", MAX_SYNTHESIS_WORKERS: "2" };
    const first = await startServer(at("stopped"), { env });
    const ids: string[] = [];
    for (let count = 0; count < 4; count++) {
      const { json } = await first.ask("POST", sft, {
        text: `Number ${count}.`,
        voice_id: "openai:alloy",
      });
      ids.push(json.task_id);
    }
    await expect.poll(() => service.inFlight, { timeout: 5000 }).toBe(2);
    // Clients that hold the line do not hold the process.
    const events = fetch(`${first.url}/api/v1/async/tasks/${ids[0]}/events`)
      .then((answer) => answer.text())
      .catch(() => {});
    const waiting = first
      .ask("GET", `/api/v1/async/tasks/${ids[3]}/status?wait=60`)
      .catch(() => {});
    const online = first
      .ask("POST", "/api/v1/synthesize/sft", { text: "Now.", voice_id: "openai:alloy" })
      .catch(() => {});
    const startedAt = performance.now();
    const stopped = first.stop();
    await expect.poll(async () => (await first.ask("GET", "/ready")).status).toBe(503);
    expect((await stopped).code).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(3000);
    await Promise.all([events, waiting, online]);
    latency = 0;
    await using second = await startServer(at("stopped"), { env });
    for (const id of ids)
      expect(await untilEnded(second, id)).toMatchObject({ status: "completed" });
    expect((await second.ask("GET", "/api/v1/async/tasks")).json.total).toBe(4);
  });
});

async function filesIn(data: string): Promise<string[]> {
  const entries = await readdir(join(data, "files"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
