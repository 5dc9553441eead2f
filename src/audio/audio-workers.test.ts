import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DubberError } from "../core/error.ts";
import { openAudioWorkers } from "./audio-workers.ts";
import { writeMono } from "./mono-clip.ts";
import { openWav } from "./wav-reader.ts";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-"));
  path = join(folder, "clip.wav");
  const tone = Float32Array.from({ length: 24_000 }, (_, at) => 0.3 * Math.sin(at / 30));
  await writeMono(path, tone, 24_000);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("audio workers", () => {
  it("inspect and fit, more tasks than threads", async () => {
    await using workers = openAudioWorkers({ count: 2 });
    const inspections = await Promise.all(Array.from({ length: 7 }, () => workers.inspect(path)));
    for (const inspection of inspections) {
      expect(inspection).toMatchObject({ sampleRate: 24_000, frames: 24_000, speechStart: 0 });
      expect(inspection.rmsDb).toBeCloseTo(-13.5, 0);
    }
    const outPath = join(folder, "fitted.wav");
    await workers.fit({ path, outPath, start: 0, end: 1, frames: 40_000, sampleRate: 48_000 });
    await using wav = await openWav(outPath);
    expect(wav.frames).toBe(40_000);
  });

  it("hand on an error with its code and message, and go on working", async () => {
    await using workers = openAudioWorkers({ count: 1 });
    const missing = join(folder, "none.wav");
    const failure = await workers.inspect(missing).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DubberError);
    expect(failure).toMatchObject({ code: "not_found", message: `There is no file ${missing}.` });
    expect((failure as DubberError).hint).toBeTruthy();
    expect((await workers.inspect(path)).frames).toBe(24_000);
  });

  it("fail the task whose thread died, and give the next one a new thread", async () => {
    const modulePath = join(folder, "mortal.mjs");
    await writeFile(
      modulePath,
      `import { parentPort } from "node:worker_threads";
       parentPort.on("message", ({ path }) => {
         if (path === "exit") process.exit(3);
         if (path === "throw") setImmediate(() => { throw new Error("burst"); });
         else parentPort.postMessage({ ok: true, result: { frames: 1 } });
       });`,
    );
    await using workers = openAudioWorkers({ count: 1, modulePath });
    const results = await Promise.allSettled([
      workers.inspect("exit"),
      workers.inspect("fine"),
      workers.inspect("throw"),
      workers.inspect("fine"),
    ]);
    expect(results).toMatchObject([
      {
        status: "rejected",
        reason: { code: "internal", message: expect.stringContaining("exit code 3") },
      },
      { status: "fulfilled", value: { frames: 1 } },
      {
        status: "rejected",
        reason: { code: "internal", message: expect.stringContaining("burst") },
      },
      { status: "fulfilled", value: { frames: 1 } },
    ]);
  });

  it("never begin a task that was aborted while it waited", async () => {
    await using workers = openAudioWorkers({ count: 1 });
    const controller = new AbortController();
    const first = workers.inspect(path);
    const second = workers.inspect(path, { signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toBe(controller.signal.reason);
    expect((await first).frames).toBe(24_000);
  });

  it("fail what waits and what runs when they are closed, and take nothing more", async () => {
    const workers = openAudioWorkers({ count: 1 });
    const tasks = Promise.allSettled([workers.inspect(path), workers.inspect(path)]);
    await workers.close();
    for (const result of await tasks) {
      expect(result).toMatchObject({ status: "rejected", reason: { code: "internal" } });
    }
    await expect(workers.inspect(path)).rejects.toMatchObject({ code: "internal" });
  });

  it("refuse a count below 1", () => {
    expect(() => openAudioWorkers({ count: 0 })).toThrow(
      expect.objectContaining({ code: "invalid_options" }),
    );
  });
});
