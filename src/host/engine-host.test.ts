import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { siblingModule } from "../core/sibling-module.ts";
import { EngineHost, type EngineHostOptions, type HostCall } from "./engine-host.ts";
import { type FakeSettings, fakeVersion, type Said } from "./testing/fake-engine.ts";

const modulePath = siblingModule(import.meta.url, "testing/fake-engine");
const base = { title: "The fake engine", modulePath, version: fakeVersion };

let directory: string;
/** For all tests that need nothing special. */
const usual = open();
let host: EngineHost;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
  host = usual;
});
afterEach(async () => {
  if (host !== usual) await host.close();
  await rm(directory, { recursive: true });
});
afterAll(() => usual.close());

function open(options: Partial<EngineHostOptions> & { settings?: FakeSettings } = {}): EngineHost {
  return new EngineHost({ ...base, lanes: 1, ...options });
}
/** Gives this test a host of its own. */
function reopen(options?: Parameters<typeof open>[0]): void {
  host = open(options);
}
const say = async (text: string, call: HostCall = {}) =>
  (await host.call("say", text, call)) as Said;
const textOf = ({ codes }: Said) => String.fromCharCode(...codes);
const pidOf = ({ pid }: Said) => pid;
const currentPid = async () => (await host.call("pid")) as number;

describe("the engine host", () => {
  it("brings typed arrays over from the child", async () => {
    const result = await say("hello");
    expect(result.codes).toBeInstanceOf(Int16Array);
    expect(textOf(result)).toBe("hello");
    expect(pidOf(result)).not.toBe(process.pid);
  });

  it("starts no more children than there are lanes, and gives each caller its own answer", async () => {
    reopen({ lanes: 2 });
    const texts = Array.from({ length: 30 }, (_, index) => `slow ${index % 5} line ${index}`);
    const results = await Promise.all(texts.map((text) => say(text)));
    expect(results.map(textOf)).toEqual(texts);
    expect(new Set(results.map(pidOf)).size).toBeLessThanOrEqual(2);
  });

  it("answers in one lane while another is busy", async () => {
    reopen({ lanes: 2 });
    const controller = new AbortController();
    const busy = say("hang", controller);
    expect(textOf(await say("meanwhile"))).toBe("meanwhile");
    controller.abort(new Error("enough"));
    await expect(busy).rejects.toThrow("enough");
  });

  it("passes on what the engine refuses, with code and hint, and keeps the child", async () => {
    const pid = pidOf(await say("one"));
    await expect(say("refuse")).rejects.toMatchObject({
      name: "DubberError",
      code: "unknown_voice",
      hint: "Yes.",
    });
    expect(pidOf(await say("two"))).toBe(pid);
  });

  it("makes a call again on a fresh child when its child is killed in the middle", async () => {
    const pid = await currentPid();
    const mark = join(directory, "mark");
    const line = say(`mark ${mark}`);
    const next = say("next");
    await expect.poll(() => existsSync(mark), { interval: 5 }).toBe(true);
    process.kill(pid, "SIGKILL");
    expect(textOf(await line)).toBe(`mark ${mark}`);
    expect(pidOf(await line)).not.toBe(pid);
    expect(textOf(await next)).toBe("next");
  });

  it("replaces a child that was killed while it rested", async () => {
    const pid = await currentPid();
    process.kill(pid, "SIGKILL");
    expect(textOf(await say("hello"))).toBe("hello");
  });

  it("retries a call that takes its child with it once, then fails that call alone", async () => {
    const others = [say("before"), say("die"), say("after")];
    const [before, died, after] = await Promise.allSettled(others);
    expect([before?.status, after?.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(died).toMatchObject({
      reason: {
        code: "engine_failed",
        retryable: true,
        message: expect.stringMatching(/^The fake engine died twice.*last words/s),
      },
    });
    expect(textOf(await say(`die-once ${join(directory, "once")}`))).toContain("die-once");
  });

  it("takes an unexpected error of the engine as its death, and says what it was", async () => {
    await expect(say("throw here")).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("a bug at here"),
    });
    expect(textOf(await say("on"))).toBe("on");
  });

  it("lets a cancelled call leave the queue without touching the one that runs", async () => {
    const pid = await currentPid();
    const running = say("slow 100");
    const controller = new AbortController();
    const reason = new Error("enough");
    const queued = say("queued", controller);
    controller.abort(reason);
    await expect(queued).rejects.toBe(reason);
    expect(pidOf(await running)).toBe(pid);
  });

  it("cancels a running call that would never end, and replaces its child", async () => {
    const pid = await currentPid();
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = say("hang", controller);
    const next = say("next");
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(pidOf(await next)).not.toBe(pid);
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it("ends a call past its deadline as retryable, and goes on", async () => {
    reopen({ callTimeoutMs: 200 });
    await expect(say("hang")).rejects.toMatchObject({
      code: "engine_failed",
      retryable: true,
      message: expect.stringMatching(/longer than 0\.\d+ s/),
    });
    expect(textOf(await say("on"))).toBe("on");
  });

  it("gives a call the time it asks for", async () => {
    reopen({ callTimeoutMs: 100 });
    expect(textOf(await say("slow 300", { timeoutMs: 60_000 }))).toBe("slow 300");
  });

  it("says which method an engine does not have", async () => {
    for (const method of ["sing", "constructor"]) {
      await expect(host.call(method)).rejects.toMatchObject({
        code: "engine_failed",
        message: expect.stringContaining(`no method "${method}"`),
      });
    }
  });

  it("gives up, without a loop, when children keep dying at the start", async () => {
    reopen({ settings: { start: "die" } });
    const calls = await Promise.allSettled([say("one"), say("two")]);
    for (const call of calls) {
      expect(call).toMatchObject({
        reason: { code: "engine_unavailable", message: expect.stringContaining("no luck") },
      });
    }
  });

  it("gets over one bad start", async () => {
    reopen({ settings: { start: "die", onceFile: join(directory, "once") } });
    expect(textOf(await say("hello"))).toBe("hello");
  });

  it("says at once what the engine says it lacks", async () => {
    reopen({ settings: { start: "refuse" }, lanes: 2 });
    const calls = await Promise.allSettled([say("one"), say("two")]);
    for (const call of calls) {
      expect(call).toMatchObject({ reason: { code: "engine_unavailable", hint: "Pull one." } });
    }
  });

  it("goes on with fewer lanes when not every child can start", async () => {
    reopen({
      settings: { start: "refuse", onceFile: join(directory, "once") },
      lanes: 3,
    });
    const results = await Promise.all(["a", "b", "c", "d"].map((text) => say(text)));
    expect(results.map(textOf)).toEqual(["a", "b", "c", "d"]);
  });

  it("refuses an engine of another version than the clips are named by", async () => {
    reopen({ settings: { start: "other version" } });
    await expect(say("one")).rejects.toMatchObject({
      code: "engine_unavailable",
      message: expect.stringMatching(/fake 2.*fake 1/),
    });
  });

  it("takes an engine of any version when none is expected", async () => {
    const { version: _, ...anyVersion } = base;
    host = new EngineHost({ ...anyVersion, settings: { start: "other version" }, lanes: 1 });
    expect(textOf(await say("hello"))).toBe("hello");
  });

  it("gives up on a start that takes too long", async () => {
    reopen({ settings: { start: "hang" }, startTimeoutMs: 300 });
    await expect(say("one")).rejects.toMatchObject({
      code: "engine_unavailable",
      message: expect.stringContaining("0.3 s to start"),
    });
  });

  it("lets the parent decide on Ctrl-C", async () => {
    const pid = await currentPid();
    process.kill(pid, "SIGINT");
    expect(pidOf(await say("still here"))).toBe(pid);
  });

  it("fails what runs and waits when it is closed, and leaves no process behind", async () => {
    reopen();
    const pid = await currentPid();
    const calls = Promise.allSettled([say("hang"), say("queued")]);
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
    console.log(await host.call("pid"));
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
