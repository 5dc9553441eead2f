import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "../core/lock.ts";
import type { DubEvent } from "./events.ts";
import { openWorkDirectory, type WorkDirectory } from "./work-directory.ts";

let folder: string;
let video: string;
let events: DubEvent[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-"));
  video = join(folder, "talk.mp4");
  events = [];
  await writeFile(video, "picture and sound");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function open(
  options: { video?: string; language?: string; force?: ["prep"] } = {},
): Promise<WorkDirectory> {
  return openWorkDirectory({
    video,
    workdir: join(folder, "work"),
    emit: (event) => events.push(event),
    ...options,
  });
}

/** Runs one stage that writes `content` and tells whether it ran. */
async function runStage(fingerprint: string, content = "made", options = {}): Promise<boolean> {
  await using work = await open(options);
  let ran = false;
  await work.stage("prep", "", {
    fingerprint,
    async run() {
      ran = true;
      const path = join(work.root, "made.txt");
      await writeFile(path, content);
      return { outputs: [path], warnings: ["careful"], facts: { answer: 42 } };
    },
  });
  return ran;
}

describe("stages", () => {
  it("skips a stage whose fingerprint and files are unchanged, and tells its warnings again", async () => {
    expect(await runStage("a")).toBe(true);
    events = [];
    expect(await runStage("a")).toBe(false);
    expect(events).toEqual([
      { type: "stage", stage: "prep", status: "skipped" },
      { type: "warning", stage: "prep", message: "careful" },
    ]);
  });

  it("runs again when the fingerprint changes", async () => {
    await runStage("a");
    expect(await runStage("b")).toBe(true);
  });

  it("runs again when what it made is gone, cut, or changed", async () => {
    const made = join(folder, "work", "made.txt");
    await runStage("a");
    await rm(made);
    expect(await runStage("a")).toBe(true);
    await writeFile(made, "mad");
    expect(await runStage("a")).toBe(true);
    await writeFile(made, "MADE");
    expect(await runStage("a")).toBe(true);
  });

  it("does not run again when a file was only touched", async () => {
    await runStage("a");
    await utimes(join(folder, "work", "made.txt"), 1, 1);
    expect(await runStage("a")).toBe(false);
  });

  it("runs again when it is forced", async () => {
    await runStage("a");
    expect(await runStage("a", "made", { force: ["prep"] })).toBe(true);
  });

  it("runs again after a failure, and keeps the facts of the last success", async () => {
    await using work = await open();
    const failing = { fingerprint: "a", run: () => Promise.reject(new Error("no")) };
    await expect(work.stage("prep", "", failing)).rejects.toThrow("no");
    expect(work.lastRecord("prep", "")).toBeUndefined();
  });

  it("runs again next time when it says that something is missing", async () => {
    await using work = await open();
    const partial = { fingerprint: "a", run: async () => ({ outputs: [], isComplete: false }) };
    let runs = 0;
    const counted = {
      ...partial,
      run: () => {
        runs++;
        return partial.run();
      },
    };
    await work.stage("prep", "", counted);
    await work.stage("prep", "", counted);
    expect(runs).toBe(2);
  });

  it("keeps languages apart", async () => {
    await using work = await open({ language: "es" });
    await work.stage("prep", "es", { fingerprint: "a", run: async () => ({ outputs: [] }) });
    expect(work.lastRecord("prep", "es")?.fingerprint).toBe("a");
    expect(work.lastRecord("prep", "ru")).toBeUndefined();
    expect(work.languageRoot).toBe(join(work.root, "es"));
  });
});

describe("whose directory it is", () => {
  it("refuses another video", async () => {
    await runStage("a");
    const other = join(folder, "other.mp4");
    await writeFile(other, "another picture");
    await expect(open({ video: other })).rejects.toMatchObject({
      code: "work_directory_foreign",
      message: expect.stringContaining("talk.mp4"),
    });
  });

  it("knows the same video again after it was copied", async () => {
    await runStage("a");
    const copy = join(folder, "copy.mp4");
    await copyFile(video, copy);
    expect(await runStage("a", "made", { video: copy })).toBe(false);
  });

  it("refuses a state file it cannot read, and loses nothing", async () => {
    await runStage("a");
    await writeFile(join(folder, "work", "dub.json"), '{"schema": 99}');
    await expect(open()).rejects.toMatchObject({ code: "work_directory_corrupt" });
    expect(await readFile(join(folder, "work", "made.txt"), "utf8")).toBe("made");
  });

  it("says so when the video does not exist", async () => {
    await expect(open({ video: join(folder, "nowhere.mp4") })).rejects.toMatchObject({
      code: "not_found",
    });
    expect(await readdir(folder)).toEqual(["talk.mp4"]);
  });
});

describe("the lock", () => {
  it("refuses a second run in the same directory and names the first", async () => {
    await using _first = await open();
    await expect(open()).rejects.toMatchObject({
      code: "work_directory_locked",
      message: expect.stringContaining(String(process.pid)),
    });
  });

  it("is free again after the run", async () => {
    await (await open())[Symbol.asyncDispose]();
    await using second = await open();
    expect(second.root).toBe(join(folder, "work"));
  });

  it("is taken over from a process that was killed", async () => {
    const module = new URL("../core/lock.ts", import.meta.url).href;
    const script = `const { takeLock } = await import(${JSON.stringify(module)});
      await takeLock(process.argv[1]); process.stdout.write("locked"); setInterval(() => {}, 1000);`;
    const path = join(folder, "work", ".lock");
    await (await open())[Symbol.asyncDispose]();
    const holder = spawn(process.execPath, ["--input-type=module", "-e", script, path]);
    await once(holder.stdout, "data");
    await expect(open()).rejects.toMatchObject({ code: "work_directory_locked" });
    holder.kill("SIGKILL");
    await once(holder, "exit");
    await using work = await open();
    expect(work.root).toBe(join(folder, "work"));
  });

  it("goes to exactly one of many that find a dead owner's lock at the same time", async () => {
    await (await open())[Symbol.asyncDispose]();
    const { hostname } = await import("node:os");
    const stale = { pid: process.pid, started: "1", host: hostname(), token: "old" };
    await writeFile(join(folder, "work", ".lock"), JSON.stringify(stale));
    const path = join(folder, "work", ".lock");
    const tries = await Promise.allSettled(Array.from({ length: 20 }, () => takeLock(path)));
    const taken = tries.filter(({ status }) => status === "fulfilled");
    expect(taken).toHaveLength(1);
    for (const result of tries) {
      if (result.status === "rejected") {
        expect(result.reason).toMatchObject({ code: "work_directory_locked" });
      } else await result.value[Symbol.asyncDispose]();
    }
    expect((await readdir(join(folder, "work"))).filter((name) => name !== "dub.json")).toEqual([]);
  });

  it("is taken over when its process id belongs to somebody else now", async () => {
    await (await open())[Symbol.asyncDispose]();
    const { hostname } = await import("node:os");
    const stale = { pid: process.pid, started: "1", host: hostname() };
    await writeFile(join(folder, "work", ".lock"), JSON.stringify(stale));
    await using work = await open();
    expect(work.root).toBe(join(folder, "work"));
  });
});

it("removes what a killed run left half-written", async () => {
  await (await open())[Symbol.asyncDispose]();
  await writeFile(join(folder, "work", ".tmp-made-0123.wav"), "half");
  await using work = await open();
  expect((await readdir(work.root)).filter((name) => name.startsWith(".tmp-"))).toEqual([]);
});
