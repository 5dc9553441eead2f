import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { siblingModule } from "../core/sibling-module.ts";
import { EngineHost, type EngineHostOptions } from "./engine-host.ts";
import { type FakeSettings, fakeVersion } from "./fake-engine.fixture.ts";
import type { SpeechResult } from "./synthesizer.ts";

const modulePath = siblingModule(import.meta.url, "fake-engine.fixture");
const base = { engine: "fake", modulePath, version: fakeVersion };

let directory: string;
let host: EngineHost;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
  host = open();
});
afterEach(async () => {
  await host.close();
  await rm(directory, { recursive: true });
});

function open(options: Partial<EngineHostOptions> & { settings?: FakeSettings } = {}): EngineHost {
  return new EngineHost({ ...base, lanes: 1, ...options });
}
/** Replaces the host of this test. */
async function reopen(options: Parameters<typeof open>[0]): Promise<void> {
  await host.close();
  host = open(options);
}
const speak = (text: string, signal?: AbortSignal) =>
  host.speak({ text, voice: "v" }, signal ? { signal } : {});
const textOf = ({ audio }: SpeechResult) => String.fromCharCode(...audio);
const pidOf = ({ warnings }: SpeechResult) => Number(warnings[0]);
const currentPid = async () => Number((await host.voices())[0]?.id);

describe("the engine host", () => {
  it("brings sound and its rate over from the child", async () => {
    const result = await speak("hello");
    expect(result.audio).toBeInstanceOf(Int16Array);
    expect([textOf(result), result.sampleRate]).toEqual(["hello", 8000]);
    expect(pidOf(result)).not.toBe(process.pid);
  });

  it("starts no more children than there are lanes, and gives each caller its own answer", async () => {
    await reopen({ lanes: 2 });
    const texts = Array.from({ length: 30 }, (_, index) => `slow ${index % 5} line ${index}`);
    const results = await Promise.all(texts.map((text) => speak(text)));
    expect(results.map(textOf)).toEqual(texts);
    expect(new Set(results.map(pidOf)).size).toBeLessThanOrEqual(2);
  });

  it("speaks in one lane while another is busy", async () => {
    await reopen({ lanes: 2 });
    const controller = new AbortController();
    const busy = speak("hang", controller.signal);
    expect(textOf(await speak("meanwhile"))).toBe("meanwhile");
    controller.abort(new Error("enough"));
    await expect(busy).rejects.toThrow("enough");
  });

  it("passes on what the engine refuses, with code and hint, and keeps the child", async () => {
    const pid = pidOf(await speak("one"));
    await expect(speak("refuse")).rejects.toMatchObject({
      name: "DubberError",
      code: "unknown_voice",
      hint: "Yes.",
    });
    expect(pidOf(await speak("two"))).toBe(pid);
  });

  it("speaks a line again on a fresh child when its child is killed in the middle", async () => {
    const pid = await currentPid();
    const mark = join(directory, "mark");
    const line = speak(`mark ${mark}`);
    const next = speak("next");
    await expect.poll(() => existsSync(mark), { interval: 5 }).toBe(true);
    process.kill(pid, "SIGKILL");
    expect(textOf(await line)).toBe(`mark ${mark}`);
    expect(pidOf(await line)).not.toBe(pid);
    expect(textOf(await next)).toBe("next");
  });

  it("replaces a child that was killed while it rested", async () => {
    const pid = await currentPid();
    process.kill(pid, "SIGKILL");
    expect(textOf(await speak("hello"))).toBe("hello");
  });

  it("retries a line that takes its child with it once, then fails that line alone", async () => {
    const others = [speak("before"), speak("die"), speak("after")];
    const [before, died, after] = await Promise.allSettled(others);
    expect([before?.status, after?.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(died).toMatchObject({
      reason: {
        code: "engine_failed",
        retryable: true,
        message: expect.stringContaining("last words"),
      },
    });
    expect(textOf(await speak(`die-once ${join(directory, "once")}`))).toContain("die-once");
  });

  it("takes an unexpected error of the engine as its death, and says what it was", async () => {
    await expect(speak("throw here")).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("a bug at here"),
    });
    expect(textOf(await speak("on"))).toBe("on");
  });

  it("lets a cancelled call leave the queue without touching the one that runs", async () => {
    const pid = await currentPid();
    const running = speak("slow 100");
    const controller = new AbortController();
    const reason = new Error("enough");
    const queued = speak("queued", controller.signal);
    controller.abort(reason);
    await expect(queued).rejects.toBe(reason);
    expect(pidOf(await running)).toBe(pid);
  });

  it("cancels a running call that would never end, and replaces its child", async () => {
    const pid = await currentPid();
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = speak("hang", controller.signal);
    const next = speak("next");
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(pidOf(await next)).not.toBe(pid);
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("ends a call past its deadline as retryable, and goes on", async () => {
    await reopen({ callTimeoutMs: 200 });
    await expect(speak("hang")).rejects.toMatchObject({
      code: "engine_failed",
      retryable: true,
      message: expect.stringMatching(/longer than 0\.\d+ s/),
    });
    expect(textOf(await speak("on"))).toBe("on");
  });

  it("gives a long text a later deadline", async () => {
    await reopen({ callTimeoutMs: 100 });
    expect(textOf(await speak(`slow 300 ${"x".repeat(2000)}`))).toContain("slow 300");
  });

  it("gives up, without a loop, when children keep dying at the start", async () => {
    await reopen({ settings: { start: "die" } });
    const calls = await Promise.allSettled([speak("one"), speak("two")]);
    for (const call of calls) {
      expect(call).toMatchObject({
        reason: { code: "engine_unavailable", message: expect.stringContaining("no luck") },
      });
    }
  });

  it("gets over one bad start", async () => {
    await reopen({ settings: { start: "die", onceFile: join(directory, "once") } });
    expect(textOf(await speak("hello"))).toBe("hello");
  });

  it("says at once what the engine says it lacks", async () => {
    await reopen({ settings: { start: "refuse" }, lanes: 2 });
    const calls = await Promise.allSettled([speak("one"), speak("two")]);
    for (const call of calls) {
      expect(call).toMatchObject({ reason: { code: "engine_unavailable", hint: "Pull one." } });
    }
  });

  it("goes on with fewer lanes when not every child can start", async () => {
    await reopen({
      settings: { start: "refuse", onceFile: join(directory, "once") },
      lanes: 3,
    });
    const results = await Promise.all(["a", "b", "c", "d"].map((text) => speak(text)));
    expect(results.map(textOf)).toEqual(["a", "b", "c", "d"]);
  });

  it("refuses an engine of another version than the clips are named by", async () => {
    await reopen({ settings: { start: "other version" } });
    await expect(speak("one")).rejects.toMatchObject({
      code: "engine_unavailable",
      message: expect.stringMatching(/fake 2.*fake 1/),
    });
  });

  it("gives up on a start that takes too long", async () => {
    await reopen({ settings: { start: "hang" }, startTimeoutMs: 300 });
    await expect(speak("one")).rejects.toMatchObject({
      code: "engine_unavailable",
      message: expect.stringContaining("0.3 s to start"),
    });
  });

  it("lets the parent decide on Ctrl-C", async () => {
    const pid = await currentPid();
    process.kill(pid, "SIGINT");
    expect(pidOf(await speak("still here"))).toBe(pid);
  });

  it("fails what runs and waits when it is closed, and leaves no process behind", async () => {
    const pid = await currentPid();
    const calls = Promise.allSettled([speak("hang"), speak("queued")]);
    await host.close();
    for (const call of await calls) {
      expect(call).toMatchObject({ reason: { code: "engine_unavailable" } });
    }
    expect(isAlive(pid)).toBe(false);
  });
});

describe("a program with an engine host", () => {
  const script = (end: string) => `
    const { EngineHost } = await import(${JSON.stringify(pathToFileURL(siblingModule(import.meta.url, "engine-host")).href)});
    const host = new EngineHost(${JSON.stringify({ ...base, lanes: 1 })});
    const [{ id }] = await host.voices();
    console.log(id);
    ${end}`;
  async function run(end: string) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script(end)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close");
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    return { child, closed, pid: Number(line.toString()) };
  }

  it("takes its children with it when it is killed", async () => {
    const { child, closed, pid } = await run("setInterval(() => {}, 1000);");
    expect(isAlive(pid)).toBe(true);
    child.kill("SIGKILL");
    await closed;
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });

  it("ends by itself even if it never closes the host", async () => {
    const { closed, pid } = await run("");
    expect(await closed).toEqual([0, null]);
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false);
  });
});

/** A process that ended but was not yet collected by its new parent counts as gone. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const status = `/proc/${pid}/stat`;
  return !(existsSync(status) && / Z /.test(readFileSync(status, "utf8")));
}
