/** How tasks are listed and watched. Part of `task-store-conformance.ts`. */
import { describe, expect, it } from "vitest";
import type { Task } from "../contract.ts";
import { start } from "./new-task.ts";
import { completed, failed, type StoreBench } from "./store-bench.ts";

export function describeLooking(bench: StoreBench): void {
  describe("list", () => {
    const listAll = async (owner: string, limit: number, meanwhile = async () => {}) => {
      const ids: string[] = [];
      for (
        let cursor: string | undefined, first = true;
        first || cursor !== undefined;
        first = false
      ) {
        const page = await bench.store.list({
          owner,
          limit,
          ...(cursor !== undefined && { cursor }),
        });
        expect(page.tasks.length).toBeLessThanOrEqual(limit);
        ids.push(...page.tasks.map(({ id }) => id));
        cursor = page.nextCursor;
        await meanwhile();
      }
      return ids;
    };

    it("gives the owner's tasks newest first, each once, in pages of any size", async () => {
      // Several in the same millisecond.
      const tasks: Task[] = [];
      for (let at = 0; at < 23; at++)
        tasks.push(await bench.submit({ createdAt: start + (at >> 2) }));
      const expected = tasks
        .toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1))
        .map(({ id }) => id);
      for (const limit of [1, 5, 22, 23, 24, 100]) {
        expect(await listAll("ann", limit)).toEqual(expected);
      }
    });

    it("skips and repeats none while others are added and removed", async () => {
      const tasks: Task[] = [];
      for (let at = 0; at < 20; at++) tasks.push(await bench.submit({ createdAt: start + at }));
      let later = 0;
      const ids = await listAll("ann", 3, async () => {
        await bench.submit({ createdAt: start + 1000 + later++ });
        // What ended longest ago is at the end of the list.
        const oldest = await bench.claim();
        await bench.store.end(oldest, { ...completed, atMs: start });
        await bench.store.sweep(start + 1, bench.now);
      });
      expect(ids).toEqual([...new Set(ids)]);
      const stayed = await Promise.all(tasks.map(({ id }) => bench.store.get(id)));
      for (const task of stayed) if (task !== undefined) expect(ids).toContain(task.id);
    });

    it("goes on behind a task that was removed meanwhile", async () => {
      for (let at = 0; at < 4; at++) await bench.submit({ createdAt: start + at });
      const first = await bench.store.list({ owner: "ann", limit: 2 });
      const last = first.tasks.at(-1) as Task;
      await bench.store.cancel(last.id, start);
      await bench.store.sweep(start + 1, bench.now);
      const second = await bench.store.list({
        owner: "ann",
        limit: 2,
        cursor: first.nextCursor ?? "",
      });
      expect(second.tasks.map(({ createdAt }) => createdAt - start)).toEqual([1, 0]);
      expect(second.nextCursor).toBeUndefined();
    });

    it("says how many there are, all and by status", async () => {
      for (let at = 0; at < 10; at++) await bench.submit({ createdAt: start + at });
      const [first, second] = [await bench.claim(), await bench.claim()];
      await bench.store.end(first, completed);
      const totals = async () =>
        Promise.all(
          ([undefined, "pending", "processing", "completed", "failed"] as const).map(
            async (status) =>
              (await bench.store.list({ owner: "ann", limit: 1, ...(status && { status }) })).total,
          ),
        );
      expect(await totals()).toEqual([10, 8, 1, 1, 0]);
      await bench.store.end(second, failed);
      expect(await totals()).toEqual([10, 8, 0, 1, 1]);
      const page = await bench.store.list({ owner: "ann", limit: 5, status: "failed" });
      expect(page.tasks.map(({ id }) => id)).toEqual([second.id]);
      expect(page.nextCursor).toBeUndefined();
    });

    it("shows nobody another owner's tasks, and none that somebody waits for on the line", async () => {
      const mine = await bench.submit({ owner: "ann" });
      await bench.submit({ owner: "bob" });
      await bench.submit({ owner: "ann", origin: "sync" });
      await bench.submit({ owner: "ann", origin: "stream" });
      const page = await bench.store.list({ owner: "ann", limit: 9 });
      const { request: _request, ...shown } = mine;
      expect(page).toEqual({ tasks: [shown], total: 1 });
      expect(await bench.store.list({ owner: "", limit: 9 })).toEqual({ tasks: [], total: 0 });
    });

    it.each(["", "x", "%%%", "W10", btoa('["a","b"]'), btoa("[1]"), btoa('[1,"a",2]'), btoa("{}")])(
      "refuses the cursor %j",
      async (cursor) => {
        await bench.submit();
        const list = bench.store.list({ owner: "ann", limit: 1, cursor });
        await expect(list).rejects.toMatchObject({ code: "invalid_options" });
      },
    );
  });

  describe("watch", () => {
    it("tells of every change once it is kept, in order, with the task as it is then", async () => {
      const { id } = await bench.submit();
      const seen: Task[] = [];
      const kept: Promise<Task | undefined>[] = [];
      bench.store.watch(id, (task) => {
        seen.push(task);
        kept.push(bench.store.get(id));
      });
      const task = await bench.claim();
      await bench.store.progress(task, 0.5);
      await bench.store.giveBack(task, 0.5);
      const again = await bench.claim();
      await bench.store.end(again, completed);
      expect(seen.map(({ status, progress }) => `${status} ${progress}`)).toEqual([
        ...["processing 0", "processing 0.5", "pending 0.5", "processing 0.5", "completed 1"],
      ]);
      expect(await Promise.all(kept)).toEqual(seen);
      for (const [at, { revision }] of seen.entries()) expect(revision).toBe(at + 2);
    });

    it("tells of no other task, and nothing after it was ended", async () => {
      const [one, other] = [
        await bench.submit({ createdAt: start }),
        await bench.submit({ createdAt: start + 1 }),
      ];
      const seen: string[] = [];
      const unwatch = bench.store.watch(one.id, ({ status }) => seen.push(`first ${status}`));
      bench.store.watch(one.id, ({ status }) => seen.push(`second ${status}`));
      await bench.store.cancel(other.id, bench.now);
      await bench.claim();
      unwatch();
      unwatch();
      await bench.store.cancel(one.id, bench.now);
      expect(seen).toEqual(["first processing", "second processing", "second failed"]);
    });

    it("tells workers of everything there is to claim, until they leave", async () => {
      let told = 0;
      const leave = bench.store.onWaiting(() => (told += 1));
      const task = await bench.submitAndClaim();
      expect(told).toBe(1);
      await bench.store.giveBack(task, 0);
      expect(told).toBe(2);
      leave();
      await bench.submit();
      expect(told).toBe(2);
    });
  });
}
