import { mkdir, mkdtemp, readFile, rm, statfs, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { mountSmallDisk, unmountSmallDisk } from "../../../test/support/small-disk.ts";
import { DubberError } from "../../core/error.ts";
import type { Submission, Task } from "../tasks/contract.ts";
import { makeNewTask, start } from "../tasks/testing/new-task.ts";
import { openDatabase } from "./database.ts";
import { openSqliteTasks } from "./sqlite-tasks.ts";

const noCaps = { mostWaiting: 1e9, mostOpen: 1e9 };
let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-database-"));
  path = join(folder, "dubber.db");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const open = () => {
  const database = openDatabase(path);
  return { database, store: openSqliteTasks(database, { now: () => start }) };
};
const refusal = (use: () => unknown): unknown => {
  try {
    use();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe("the database", () => {
  it("logs ahead and flushes every commit", () => {
    const { sqlite, close } = openDatabase(path);
    const pragma = (name: string) => Object.values(sqlite.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    expect(pragma("journal_mode")).toBe("wal");
    expect(pragma("synchronous")).toBe(2);
    expect(pragma("foreign_keys")).toBe(1);
    expect(pragma("secure_delete")).toBe(1);
    close();
  });

  it("writes what waits when it is closed, and refuses what comes later", async () => {
    const { database, store } = open();
    const task = makeNewTask({});
    const submitting = store.submit(task, noCaps);
    database.close();
    expect(await submitting).toEqual({ is: "accepted" });
    await expect(store.cancel(task.id, start)).rejects.toThrow();
    const again = open();
    expect(await again.store.get(task.id)).toMatchObject({ status: "pending" });
    again.database.close();
  });

  it("takes a database of an older version along", async () => {
    const { database, store } = open();
    const task = makeNewTask({ request: { a: 1 } });
    await store.submit(task, noCaps);
    database.sqlite.exec(
      "ALTER TABLE tasks DROP COLUMN turn; DROP TABLE engine_leftovers; PRAGMA user_version = 1",
    );
    database.close();
    const again = open();
    expect(await again.store.get(task.id)).toMatchObject({ request: { a: 1 }, turn: 0 });
    again.database.close();
  });

  it("refuses one that a newer version has made, and leaves it as it is", async () => {
    const { database } = open();
    database.sqlite.exec("PRAGMA user_version = 999");
    database.close();
    const before = await readFile(path);
    expect(refusal(open)).toMatchObject({
      ...{ code: "work_directory_corrupt", message: expect.stringMatching(/newer/) },
      hint: expect.stringMatching(/Update/),
    });
    expect(await readFile(path)).toEqual(before);
  });

  it("refuses a damaged file, and says what to do", async () => {
    const { database, store } = open();
    for (let at = 0; at < 300; at++) {
      await store.submit(makeNewTask({ request: "x".repeat(300), createdAt: start + at }), noCaps);
    }
    database.close();
    const whole = await readFile(path);
    const damages: Record<string, () => Promise<void>> = {
      "no database": () => writeFile(path, "This is a text and no database, as long as you like."),
      "a wrong head": () =>
        writeFile(path, Buffer.concat([Buffer.alloc(64, 7), whole.subarray(64)])),
      "pages overwritten": async () => {
        await writeFile(path, Buffer.from(whole).fill(0x5a, 8192, whole.length - 4096));
      },
      "cut off": () => truncate(path, Math.floor(whole.length / 3)),
    };
    for (const [damage, make] of Object.entries(damages)) {
      await writeFile(path, whole);
      await make();
      const error = refusal(open);
      expect(error, damage).toBeInstanceOf(DubberError);
      expect({ damage, ...(error as DubberError) }).toMatchObject({
        ...{ damage, code: "work_directory_corrupt" },
        hint: expect.stringMatching(/Move the data directory away|restore/),
      });
    }
  });

  it("says so when it may not write", async () => {
    await mkdir(join(folder, "place"));
    path = join(folder, "place");
    expect(refusal(open)).toMatchObject({
      code: "not_writable",
      hint: expect.stringMatching(/\S/),
    });
    path = join(folder, "not there", "dubber.db");
    expect(refusal(open)).toMatchObject({ code: "not_writable" });
  });
});

describe("a full disk", () => {
  it("fails the submission with disk_full, keeps nothing half, and takes the next when there is space", async (context) => {
    const disk = join(folder, "disk");
    await mkdir(disk);
    await mountSmallDisk(context, disk, "3m");
    try {
      path = join(disk, "dubber.db");
      const { database, store } = open();
      const files = ["a.wav"];
      const working: Task[] = [];
      for (let at = 0; at < 3; at++) {
        await store.submit(makeNewTask({ files, callbackUrl: "https://hooks.example" }), noCaps);
        working.push((await store.claim(["speech"])) as Task);
      }
      const [first, second, third] = working as [Task, Task, Task];
      const { bsize, bfree } = await statfs(disk);
      await writeFile(join(disk, "ballast"), Buffer.alloc(bsize * bfree - 100_000));

      const accepted: string[] = [];
      const full: unknown[] = [];
      for (let at = 0; at < 40; at++) {
        const task = makeNewTask({ owner: "bob", request: "x".repeat(20_000) });
        const remember = { key: task.id, requestHash: "", status: 200, body: {} };
        await store.submit(task, { ...noCaps, remember }).then(
          () => accepted.push(task.id),
          (error: unknown) => full.push(error),
        );
      }
      expect(full.length).toBeGreaterThan(20);
      for (const error of full) {
        expect(error).toBeInstanceOf(DubberError);
        expect(error).toMatchObject({
          code: "disk_full",
          retryable: true,
          hint: expect.any(String),
        });
      }
      const big = "x".repeat(200_000);
      const changes = [
        store.end(first, { is: "completed", atMs: start, result: big, files: [] }),
        store.end(second, { is: "failed", atMs: start, error: { code: "broken", message: big } }),
        store.remember("bob", { key: "big", requestHash: "", status: 200, body: big }, start),
      ];
      for (const change of changes)
        await expect(change).rejects.toMatchObject({ code: "disk_full" });
      expect(store.counts()).toEqual({ waiting: accepted.length, processing: 3 });
      expect((await store.list({ owner: "bob", limit: 100 })).total).toBe(accepted.length);
      for (const { id } of working) expect((await store.get(id))?.status).toBe("processing");

      await rm(join(disk, "ballast"));
      const after = makeNewTask({ owner: "bob" });
      expect(await store.submit(after, { ...noCaps, mostOpen: accepted.length + 1 })).toEqual({
        is: "accepted",
      } satisfies Submission);
      expect(await store.end(first, { is: "completed", atMs: start, result: big, files: [] })).toBe(
        true,
      );
      expect(await store.cancel(second.id, start)).toBe("cancelled");
      expect(await store.giveBack(third, 0)).toBe(true);
      database.close();
      const again = open();
      expect(again.store.counts()).toEqual({ waiting: accepted.length + 2, processing: 0 });
      expect(await again.store.recall("bob", accepted[0] ?? after.id, start).then(Boolean)).toBe(
        accepted.length > 0,
      );
      again.database.close();
    } finally {
      await unmountSmallDisk(disk);
    }
  });
});
