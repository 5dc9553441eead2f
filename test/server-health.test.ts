/** Is the server well, does it take work, what does it count: told as it is, not as it was meant. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DubberError } from "../src/core/error.ts";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { openServer, startServer, untilEnded } from "./support/server.ts";
import { startFakeOpenai } from "./support/services/fake-openai.ts";
import { unusedPort } from "./support/unused-port.ts";

const sft = "/api/v1/async/synthesize/sft";
const order = { text: "Some words.", voice_id: "ann" };
const well = { status: "healthy", voice_manager_ready: true, async_synthesis_ready: true };
const ill = { status: "unhealthy", voice_manager_ready: false, async_synthesis_ready: false };

describe("/health", () => {
  it("is healthy when the engine has voices and somebody takes tasks", async () => {
    await using server = await openServer();
    const { status, json } = await server.ask("GET", "/health");
    expect({ status, json }).toEqual({ status: 200, json: well });
  });

  it("is 503 as long as the engine cannot be asked, and healthy when it can", async () => {
    let isDown = true;
    const engine = makeFakeEngine();
    const voices = engine.voices.bind(engine);
    engine.voices = async () => {
      if (isDown) throw new DubberError("service_down", "Nobody answers.");
      return await voices();
    };
    await using server = await openServer({ engine });
    const { status, json } = await server.ask("GET", "/health");
    expect({ status, json }).toEqual({ status: 503, json: ill });
    isDown = false;
    expect((await server.ask("GET", "/health")).json).toEqual(well);
  });

  it("is 503 for a service that is not there, and healthy once it is, and not when it has gone again", async () => {
    const free = await unusedPort();
    let nowMs = Date.now();
    await using server = await openServer({
      now: () => nowMs,
      variables: {
        ...{ TTS_ENGINE: "openai", OPENAI_API_KEY: "test-key" },
        OPENAI_BASE_URL: `http://127.0.0.1:${free}/v1`,
      },
    });
    const look = async () => {
      nowMs += 5000;
      return (await server.ask("GET", "/health")).status;
    };
    expect(await look()).toBe(503);
    const service = await startFakeOpenai({ port: free });
    expect(await look()).toBe(200);
    await service.close();
    expect(await look()).toBe(503);
  });
});

describe("/ready", () => {
  it("is 503 after SIGTERM while work is brought to its end, and new work is refused; then the process ends", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dubber-ready-"));
    await using service = await startFakeOpenai({ latencyMs: () => 1500 });
    const env = {
      ...{ TTS_ENGINE: "openai", OPENAI_API_KEY: "test-key", SHUTDOWN_TIMEOUT: "10" },
      OPENAI_BASE_URL: `${service.url}/v1`,
    };
    try {
      await using server = await startServer(folder, { env });
      expect(await server.ask("GET", "/ready")).toMatchObject({
        status: 200,
        json: { ready: true },
      });
      const { json } = await server.ask("POST", sft, { ...order, voice_id: "openai:alloy" });
      await expect.poll(() => service.inFlight, { timeout: 5000 }).toBe(1);
      const stopped = server.stop();
      const ready = async () => (await server.ask("GET", "/ready")).status;
      await expect.poll(ready).toBe(503);
      const refused = await server.ask("POST", sft, { ...order, voice_id: "openai:alloy" });
      expect(refused).toMatchObject({ status: 503, json: { error: "queue_full" } });
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
      const { status } = (await server.ask("GET", json.check_status_url)).json;
      expect(status).toBe("processing");
      expect(await stopped).toMatchObject({ code: 0 });
      await using again = await startServer(folder, { env });
      expect((await again.ask("GET", json.check_status_url)).json.status).toBe("completed");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("/metrics", () => {
  it("count what happened: queue, waits, first bytes, real-time factor, errors by code, cancellations, disk", async () => {
    const gate = Promise.withResolvers<void>();
    const engine = makeFakeEngine({ gate: gate.promise });
    await using server = await openServer({ engine, variables: { MAX_SYNTHESIS_WORKERS: "1" } });
    const metrics = async (): Promise<Map<string, number>> => {
      const { status, headers, bytes } = await server.ask("GET", "/metrics");
      expect(status).toBe(200);
      expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
      const lines = bytes
        .toString()
        .split("\n")
        .filter((line) => line !== "" && line[0] !== "#");
      return new Map(
        lines.map((line) => {
          const at = line.lastIndexOf(" ");
          return [line.slice(0, at), Number(line.slice(at + 1))];
        }),
      );
    };
    const atWork = (await server.ask("POST", sft, order)).json.task_id;
    await expect.poll(() => engine.inFlight).toBe(1);
    const waiting = (await server.ask("POST", sft, order)).json.task_id;
    const cancelled = (await server.ask("POST", sft, order)).json.task_id;
    const busy = await metrics();
    expect(busy.get("dubber_queue_depth")).toBe(2);
    expect(busy.get("dubber_tasks_processing")).toBe(1);
    await server.ask("DELETE", `/api/v1/async/tasks/${cancelled}`);
    await server.ask("DELETE", `/api/v1/async/tasks/${cancelled}`);
    gate.resolve();
    for (const id of [atWork, waiting]) await untilEnded(server, id);
    await server.ask("POST", "/api/v1/synthesize/sft", { ...order, stream: true });
    await server.ask("GET", "/api/v1/voices/nobody");
    engine.behaviour = { fail: () => new DubberError("engine_failed", "Broken.") };
    await untilEnded(server, (await server.ask("POST", sft, order)).json.task_id);
    const after = await metrics();
    const labels = 'kind="speech",origin="async"';
    expect(Object.fromEntries(after)).toMatchObject({
      ...{ dubber_queue_depth: 0, dubber_tasks_processing: 0, dubber_cancellations_total: 1 },
      [`dubber_tasks_total{${labels},outcome="completed"}`]: 2,
      [`dubber_tasks_total{${labels},outcome="failed"}`]: 1,
      'dubber_errors_total{code="voice_not_found"}': 1,
      'dubber_errors_total{code="synthesis_error"}': 1,
      'dubber_task_wait_seconds_count{kind="speech"}': 4,
      ...{ dubber_first_byte_seconds_count: 1 },
      'dubber_real_time_factor_count{engine="fake"}': 2,
      dubber_disk_used_bytes: 2 * (44 + 0.11 * 32_000),
      dubber_disk_free_bytes: expect.any(Number),
      dubber_process_resident_memory_bytes: expect.any(Number),
      dubber_event_loop_delay_p99_seconds: expect.any(Number),
      'dubber_http_requests_total{route="/api/v1/voices/:voice_id",status="404"}': 1,
    });
    // Nobody's ids, voices or paths become labels: they would never end.
    expect([...after.keys()].join()).not.toMatch(/task_[0-9a-f]|nobody/);
  });
});
