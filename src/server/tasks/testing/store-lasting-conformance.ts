/** What is left after a restart, and what is forgotten. Part of `task-store-conformance.ts`. */
import { describe, expect, it } from "vitest";
import type { Task } from "../contract.ts";
import { hour, makeNewTask, start } from "./new-task.ts";
import { completed, failed, noCaps, type StoreBench } from "./store-bench.ts";

export function describeLasting(bench: StoreBench): void {
  describe("sweep", () => {
    it("forgets what ended before the moment, and gives its files once", async () => {
      const old = await bench.submitAndClaim({ files: ["old_prompt.wav"] });
      await bench.store.end(old, { ...completed, atMs: start + 100, files: ["old.wav"] });
      const young = await bench.submitAndClaim({ files: ["young.wav"] });
      await bench.store.end(young, { ...failed, atMs: start + 200 });
      const working = await bench.submitAndClaim({ files: ["working.wav"] });
      const waiting = await bench.submit({ files: ["waiting.wav"], createdAt: 0 });
      expect(await bench.store.sweep(start + 200, bench.now)).toEqual([
        "old_prompt.wav",
        "old.wav",
      ]);
      expect(await bench.store.sweep(start + 200, bench.now)).toEqual([]);
      expect(await bench.store.get(old.id)).toBeUndefined();
      for (const { id } of [young, working, waiting])
        expect(await bench.store.get(id)).toBeDefined();
      expect(await bench.store.fileNames()).toEqual(
        new Set(["young.wav", "working.wav", "waiting.wav"]),
      );
    });

    it("never forgets what has not ended, however old it is", async () => {
      const working = await bench.submitAndClaim({ createdAt: 0, files: ["a.wav"] });
      const waiting = await bench.submit({ createdAt: 0, files: ["b.wav"] });
      expect(await bench.store.sweep(Number.MAX_SAFE_INTEGER, bench.now)).toEqual([]);
      for (const { id } of [working, waiting]) expect(await bench.store.get(id)).toBeDefined();
    });

    it("remembers the ids for a day, for their owner", async () => {
      const { id } = await bench.submit({ owner: "ann" });
      await bench.store.cancel(id, start);
      await bench.store.sweep(start + 1, start);
      expect(await bench.store.isExpired(id, "ann")).toBe(true);
      expect(await bench.store.isExpired(id, "bob")).toBe(false);
      await bench.reopen();
      bench.now = start + 24 * hour;
      expect(await bench.store.isExpired(id, "ann")).toBe(true);
      bench.now += 1;
      // Also where nobody has swept since.
      expect(await bench.store.isExpired(id, "ann")).toBe(false);
      await bench.store.sweep(0, bench.now);
      expect(await bench.store.isExpired(id, "ann")).toBe(false);
    });

    it("forgets thousands at once", async () => {
      const tasks = await Promise.all(
        Array.from({ length: 2500 }, () => bench.submit({ files: ["x"] })),
      );
      await Promise.all(tasks.map(({ id }) => bench.store.cancel(id, start)));
      expect(await bench.store.sweep(start + 1, bench.now)).toHaveLength(2500);
      expect((await bench.store.list({ owner: "ann", limit: 1 })).total).toBe(0);
    });
  });

  describe("after a restart", () => {
    it("has kept what waited, in fair order, and counts it for its owner", async () => {
      for (let at = 0; at < 3; at++) await bench.submit({ owner: "ann", createdAt: start + at });
      await bench.submit({ owner: "bob", createdAt: start + 9 });
      await bench.reopen();
      expect(bench.store.counts()).toEqual({ waiting: 4, processing: 0 });
      const cap = { ...noCaps, mostOpen: 3 };
      expect(await bench.store.submit(makeNewTask({ owner: "ann" }), cap)).toEqual({
        is: "too_many_tasks",
        open: 3,
      });
      const owners: string[] = [];
      for (let at = 0; at < 4; at++) owners.push((await bench.claim()).owner);
      expect(owners.join(" ")).toBe("ann bob ann ann");
    });

    it("has kept the end of what had ended", async () => {
      const task = await bench.submitAndClaim();
      await bench.store.end(task, completed);
      const ended = await bench.store.get(task.id);
      await bench.reopen();
      expect(await bench.store.get(task.id)).toEqual(ended);
      expect(bench.store.counts()).toEqual({ waiting: 0, processing: 0 });
    });

    it("has what was at work wait again, with what it had reached", async () => {
      const task = await bench.submitAndClaim();
      await bench.store.progress(task, 0.7);
      await bench.reopen();
      const waiting = (await bench.store.get(task.id)) as Task;
      expect(waiting).toMatchObject({ status: "pending", attempts: 1, progress: 0.7 });
      expect(waiting.revision).toBeGreaterThan(task.revision);
      expect(await bench.claim()).toMatchObject({ id: task.id, attempts: 2, turn: 2 });
    });

    it("gives up what was interrupted three times, and says so", async () => {
      const callbackUrl = "https://hooks.example/a";
      const { id } = await bench.submit({ callbackUrl });
      for (const attempts of [1, 2, 3]) {
        expect(await bench.claim()).toMatchObject({ id, attempts });
        bench.now += 1000;
        await bench.reopen();
      }
      expect(await bench.store.get(id)).toMatchObject({
        ...{ status: "failed", error: { code: "interrupted" }, completedAt: bench.now },
        isCancelled: false,
      });
      expect(await bench.store.claim(["speech"])).toBeUndefined();
      expect((await bench.outbox()).map(({ body }) => JSON.parse(body))).toEqual([
        { id, status: "failed" },
      ]);
      const one = { ...noCaps, mostOpen: 1 };
      expect(await bench.store.submit(makeNewTask({}), one)).toEqual({ is: "accepted" });
    });

    it("does not count turns that were given back", async () => {
      const { id } = await bench.submit();
      for (let at = 0; at < 6; at++) await bench.store.giveBack(await bench.claim(), 0);
      await bench.reopen();
      expect(await bench.claim()).toMatchObject({ id, attempts: 1 });
    });

    it("has dropped what somebody waited for on the line", async () => {
      for (const origin of ["sync", "stream"] as const) {
        await bench.submit({ origin });
        await bench.submit({ origin });
      }
      await bench.claim();
      await bench.claim();
      await bench.reopen();
      expect(bench.store.counts()).toEqual({ waiting: 0, processing: 0 });
      expect(await bench.store.claim(["speech"])).toBeUndefined();
      expect(await bench.store.fileNames()).toEqual(new Set());
    });
  });
}
