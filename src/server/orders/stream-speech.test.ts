import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { makeFakeEngine } from "../../../test/support/fake-engine.ts";
import { openServer, untilEnded } from "../../../test/support/server.ts";

/** The ffmpeg processes that this process has started and that are still there. */
async function encoders(): Promise<number> {
  const tasks = await readdir("/proc/self/task");
  const children = await Promise.all(
    tasks.map((task) => readFile(`/proc/self/task/${task}/children`, "utf8").catch(() => "")),
  );
  const names = await Promise.all(
    children
      .flatMap((ids) => ids.split(/\s+/).filter(Boolean))
      .map((id) => readFile(`/proc/${id}/comm`, "utf8").catch(() => "")),
  );
  return names.filter((name) => name.startsWith("ffmpeg")).length;
}
const sync = "/api/v1/synthesize/sft";
const order = { text: "Hello.", voice_id: "ann", stream: true, format: "mp3" };

describe("a stream of speech", () => {
  it("that is refused leaves no encoder behind that was started for it", async () => {
    const engine = makeFakeEngine();
    await using server = await openServer({
      ...{ engine, variables: { MAX_SYNTHESIS_WORKERS: "1", MAX_QUEUED_TASKS: "1" } },
    });
    // From now on the rate is known, and encoders start early.
    expect((await server.ask("POST", sync, order)).status).toBe(200);
    const gate = Promise.withResolvers<void>();
    engine.behaviour = { gate: gate.promise };
    const path = "/api/v1/async/synthesize/sft";
    const tasks = [];
    for (let at = 0; at < 2; at++) {
      tasks.push((await server.ask("POST", path, { ...order, stream: false })).json);
      await expect.poll(() => engine.inFlight).toBe(1);
    }
    for (let at = 0; at < 3; at++) {
      expect(await server.ask("POST", sync, order)).toMatchObject({ status: 503 });
    }
    await expect.poll(encoders).toBe(0);
    gate.resolve();
    for (const { task_id: id } of tasks) await untilEnded(server, id);
  });

  it("that fails before its first sound leaves no encoder behind either", async () => {
    const engine = makeFakeEngine();
    await using server = await openServer({ engine });
    expect((await server.ask("POST", sync, order)).status).toBe(200);
    engine.behaviour = { fail: () => new Error("broken") };
    const { status, json } = await server.ask("POST", sync, order);
    expect(status).toBe(500);
    expect(json.error).toBe("synthesis_error");
    await expect.poll(encoders).toBe(0);
  });

  it("is not held up by a rate that was guessed wrongly", async () => {
    const [first, second] = [makeFakeEngine(), makeFakeEngine({ sampleRate: 22_050 })];
    let speaks = first;
    const engine = makeFakeEngine();
    engine.speak = (request, call) => speaks.speak(request, call);
    await using server = await openServer({ engine });
    for (const format of ["wav", "mp3"]) {
      for (const [one, rate] of [
        [first, 16_000],
        [second, 22_050],
        [first, 16_000],
      ] as const) {
        speaks = one;
        const { status, bytes } = await server.ask("POST", sync, { ...order, format });
        expect(status).toBe(200);
        if (format === "wav") expect(bytes.readUInt32LE(24)).toBe(rate);
      }
    }
  });
});

describe("a server that stops", () => {
  it("keeps what it had accepted, and what was at work begins again with the next", async () => {
    const engine = makeFakeEngine({ gate: new Promise(() => {}) });
    const variables = { MAX_SYNTHESIS_WORKERS: "2", SHUTDOWN_TIMEOUT: "0.3" };
    const server = await openServer({ engine, variables });
    const path = "/api/v1/async/synthesize/sft";
    const ids: string[] = [];
    for (let at = 0; at < 5; at++) {
      ids.push((await server.ask("POST", path, { ...order, stream: false })).json.task_id);
    }
    await expect.poll(() => engine.inFlight).toBe(2);
    // Somebody on the line is told, or finds the line closed.
    const onTheLine = server.ask("POST", sync, { ...order, stream: false }).then(
      ({ status }) => status,
      () => 503,
    );
    const before = performance.now();
    await server.close();
    expect(performance.now() - before).toBeLessThan(2000);
    expect(await onTheLine).toBe(503);
    expect(engine.inFlight).toBe(0);
    await using next = await openServer({ folder: server.folder, variables });
    for (const id of ids) {
      expect(await untilEnded(next, id)).toMatchObject({ status: "completed" });
    }
    await server[Symbol.asyncDispose]();
  });
});
