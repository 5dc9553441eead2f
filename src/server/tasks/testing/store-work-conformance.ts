/** How tasks are claimed, worked on and given back. Part of `task-store-conformance.ts`. */
import { describe, expect, it } from "vitest";
import { start } from "./new-task.ts";
import { completed, failed, type StoreBench } from "./store-bench.ts";

export function describeWorking(bench: StoreBench): void {
  describe("claim", () => {
    it("marks the task as being worked on", async () => {
      const { id } = await bench.submit();
      bench.now = start + 40;
      const task = await bench.store.claim(["speech"]);
      expect(task).toMatchObject({
        ...{ id, status: "processing", turn: 1, attempts: 1, revision: 2, startedAt: start + 40 },
      });
      expect(await bench.store.get(id)).toEqual(task);
      expect(bench.store.counts()).toEqual({ waiting: 0, processing: 1 });
      expect(await bench.store.claim(["speech"])).toBeUndefined();
    });

    it("gives every task once, however many claim at the same time", async () => {
      const tasks = await Promise.all(Array.from({ length: 200 }, () => bench.submit()));
      const claims = await Promise.all(
        Array.from({ length: 250 }, () => bench.store.claim(["speech"])),
      );
      const given = claims.filter((one) => one !== undefined).map(({ id }) => id);
      expect(given.toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
    });

    it("gives only what is of a kind that there is room for", async () => {
      const dub = await bench.submit({ kind: "dub" });
      expect(await bench.store.claim(["speech"])).toBeUndefined();
      expect(await bench.store.claim([])).toBeUndefined();
      const speech = await bench.submit();
      expect((await bench.store.claim(["speech"]))?.id).toBe(speech.id);
      expect((await bench.store.claim(["dub", "speech"]))?.id).toBe(dub.id);
    });

    it("takes owners in turns, and what is waited for on the line first", async () => {
      for (let at = 0; at < 4; at++) await bench.submit({ owner: "ann", createdAt: start + at });
      await bench.submit({ owner: "bob", createdAt: start + 10 });
      await bench.submit({ owner: "ann", origin: "sync", createdAt: start + 11 });
      const order: string[] = [];
      for (let at = 0; at < 6; at++) {
        const { owner, origin } = await bench.claim();
        order.push(`${owner} ${origin}`);
      }
      expect(order.slice(0, 3)).toEqual(["ann sync", "bob async", "ann async"]);
    });

    it("never gives a task that was cancelled while it waited", async () => {
      const { id } = await bench.submit();
      const [cancelled, claimed] = await Promise.all([
        bench.store.cancel(id, bench.now),
        bench.store.claim(["speech"]),
      ]);
      expect(cancelled).toBe("cancelled");
      expect(claimed).toBeUndefined();
      expect(bench.store.counts()).toEqual({ waiting: 0, processing: 0 });
    });
  });

  describe("progress", () => {
    it("only grows, stays below 1, and is told", async () => {
      const task = await bench.submitAndClaim();
      const seen: number[] = [];
      bench.store.watch(task.id, ({ progress }) => seen.push(progress));
      for (const progress of [0.2, 0.1, 0.2, 0.5, 1, 2]) await bench.store.progress(task, progress);
      expect(seen).toEqual([0.2, 0.5, 0.999]);
      expect((await bench.store.get(task.id))?.progress).toBe(0.999);
      await bench.store.end(task, completed);
      expect((await bench.store.get(task.id))?.progress).toBe(1);
    });

    it("is passed over when the task has ended, waits, or is in another turn", async () => {
      const task = await bench.submitAndClaim();
      await bench.store.progress(task, 0.3);
      await bench.store.giveBack(task, 0.4);
      await bench.store.progress(task, 0.6);
      expect((await bench.store.get(task.id))?.progress).toBe(0.4);
      const again = await bench.claim();
      await bench.store.progress(task, 0.7);
      expect((await bench.store.get(task.id))?.progress).toBe(0.4);
      await bench.store.end(again, failed);
      await bench.store.progress(again, 0.8);
      expect(await bench.store.get(task.id)).toMatchObject({ status: "failed", progress: 0.4 });
    });
  });

  describe("giveBack", () => {
    it("lets the task wait again: the turn does not count, what was reached stays", async () => {
      const task = await bench.submitAndClaim();
      await bench.store.progress(task, 0.5);
      let isTold = false;
      bench.store.onWaiting(() => (isTold = true));
      expect(await bench.store.giveBack(task, 0.2)).toBe(true);
      expect(isTold).toBe(true);
      expect(await bench.store.get(task.id)).toMatchObject({
        ...{ status: "pending", progress: 0.5, attempts: 0, turn: 1, startedAt: start },
      });
      expect(bench.store.counts()).toEqual({ waiting: 1, processing: 0 });
      bench.now += 1000;
      expect(await bench.claim()).toMatchObject({
        id: task.id,
        attempts: 1,
        turn: 2,
        startedAt: start,
      });
    });

    it("never reaches the end by itself", async () => {
      const task = await bench.submitAndClaim();
      await bench.store.giveBack(task, 1);
      expect((await bench.store.get(task.id))?.progress).toBe(0.999);
    });

    it("is false when the task is not at work any more, or in another turn", async () => {
      const task = await bench.submitAndClaim();
      expect(await bench.store.giveBack(task, 0.1)).toBe(true);
      expect(await bench.store.giveBack(task, 0.2)).toBe(false);
      const again = await bench.claim();
      expect(await bench.store.giveBack(task, 0.3)).toBe(false);
      await bench.store.end(again, completed);
      expect(await bench.store.giveBack(again, 0.4)).toBe(false);
      expect(bench.store.counts()).toEqual({ waiting: 0, processing: 0 });
    });
  });
}
