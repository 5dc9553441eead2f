/** How tasks come in, are counted, and how answers are remembered. Part of `task-store-conformance.ts`. */
import { describe, expect, it } from "vitest";
import type { Submission, Task } from "../contract.ts";
import { hour, makeNewTask } from "./new-task.ts";
import { completed, noCaps, type StoreBench } from "./store-bench.ts";

export function describeSubmitting(bench: StoreBench): void {
  describe("submit", () => {
    it("keeps everything a task is made of, as one that nobody has begun", async () => {
      const task = makeNewTask({
        request: { text: 'A "text" \u0000 \ud800 ¡😀!', deep: [1, null, { a: true }] },
        files: ["a.wav", "b.wav"],
        callbackUrl: "https://hooks.example/a",
      });
      await bench.store.submit(task, noCaps);
      expect(await bench.store.get(task.id)).toEqual({
        ...task,
        ...{ status: "pending", progress: 0, revision: 1, turn: 0, attempts: 0 },
        isCancelled: false,
      });
      expect(bench.store.counts()).toEqual({ waiting: 1, processing: 0 });
    });

    it("knows no task it has not been given", async () => {
      expect(await bench.store.get("task_unknown")).toBeUndefined();
      expect(await bench.store.cancel("task_unknown", bench.now)).toBe("unknown");
      expect(await bench.store.isExpired("task_unknown", "ann")).toBe(false);
    });

    it("refuses an id that is there, and keeps the task that has it", async () => {
      const task = await bench.submit({ owner: "ann" });
      const other = makeNewTask({ id: task.id, owner: "bob" });
      await expect(bench.store.submit(other, { ...noCaps, mostOpen: 1 })).rejects.toThrow();
      expect(await bench.store.get(task.id)).toEqual(task);
      expect(bench.store.counts().waiting).toBe(1);
      // It does not count for whom it was refused.
      await bench.submit({ owner: "bob" });
    });

    it("counts an owner's open tasks exactly, also when 1000 come in one turn", async () => {
      const caps = { ...noCaps, mostOpen: 10 };
      const from = (owner: string) => () => bench.store.submit(makeNewTask({ owner }), caps);
      const both = await Promise.all(
        Array.from({ length: 1000 }, (_, at) => from(at % 2 ? "ann" : "bob")()),
      );
      expect(both.filter(({ is }) => is === "accepted")).toHaveLength(20);
      expect(both.filter(({ is }) => is === "too_many_tasks")).toHaveLength(980);
      expect(both.at(-1)).toEqual({ is: "too_many_tasks", open: 10 });
      expect(bench.store.counts().waiting).toBe(20);
      // Those at work count, and those that have ended do not.
      const one = await bench.claim();
      expect(await from(one.owner)()).toEqual({ is: "too_many_tasks", open: 10 });
      await bench.store.end(one, completed);
      expect(await from(one.owner)()).toEqual({ is: "accepted" });
      expect(await from(one.owner)()).toEqual({ is: "too_many_tasks", open: 10 });
    });

    it("takes no more than may wait, over all owners, and more when one has been begun", async () => {
      const caps = { ...noCaps, mostWaiting: 7 };
      const from = (owner: string) => bench.store.submit(makeNewTask({ owner }), caps);
      const all = await Promise.all(Array.from({ length: 50 }, (_, at) => from(`owner ${at}`)));
      expect(all.filter(({ is }) => is === "accepted")).toHaveLength(7);
      expect(all.filter(({ is }) => is === "queue_full")).toHaveLength(43);
      await bench.claim();
      expect(await from("late")).toEqual({ is: "accepted" });
      expect(await from("late")).toEqual({ is: "queue_full" });
      const [waiting] = (await bench.store.list({ owner: "late", limit: 1 })).tasks as [Task];
      await bench.store.cancel(waiting.id, bench.now);
      expect(await from("late")).toEqual({ is: "accepted" });
    });

    it("gives a second submission with the same key the first one's answer, and no second task", async () => {
      const remember = { key: "key", requestHash: "hash", status: 200, body: { id: 1 } };
      const submitAs = (owner: string, body: unknown, caps = noCaps): Promise<Submission> =>
        bench.store.submit(makeNewTask({ owner }), { ...caps, remember: { ...remember, body } });
      const answer = { requestHash: "hash", status: 200, body: { id: 1 } };
      // In one turn, and with a cap that has no room for a second one.
      const both = await Promise.all(
        [1, 2, 3].map((id) => submitAs("ann", { id }, { ...noCaps, mostOpen: 1 })),
      );
      expect(both).toEqual([
        { is: "accepted" },
        { is: "remembered", answer },
        { is: "remembered", answer },
      ]);
      expect((await bench.store.list({ owner: "ann", limit: 9 })).total).toBe(1);
      expect(await bench.store.recall("ann", "key", bench.now)).toEqual(answer);
      expect(await bench.store.recall("bob", "key", bench.now)).toBeUndefined();
      expect(await submitAs("bob", { id: 9 })).toEqual({ is: "accepted" });
      expect(await submitAs("ann", { id: 9 }, { mostOpen: 1, mostWaiting: 0 })).toMatchObject({
        is: "remembered",
      });
    });

    it("remembers no answer for what it has refused", async () => {
      const remember = { key: "key", requestHash: "hash", status: 200, body: {} };
      const full = await bench.store.submit(makeNewTask({ owner: "ann" }), {
        mostWaiting: 0,
        mostOpen: 9,
        remember,
      });
      expect(full).toEqual({ is: "queue_full" });
      expect(await bench.store.recall("ann", "key", bench.now)).toBeUndefined();
      await bench.reopen();
      expect(await bench.store.recall("ann", "key", bench.now)).toBeUndefined();
    });

    it("remembers for a day, over a restart", async () => {
      const kept = { requestHash: "hash", status: 200, body: { a: [1] } };
      await bench.store.remember("ann", { ...kept, key: "key" }, bench.now);
      await bench.reopen();
      expect(await bench.store.recall("ann", "key", bench.now + 24 * hour)).toEqual(kept);
      expect(await bench.store.recall("ann", "key", bench.now + 24 * hour + 1)).toBeUndefined();
      const remember = { ...kept, key: "key", body: "new" };
      const late = makeNewTask({ owner: "ann", createdAt: bench.now + 25 * hour });
      expect(await bench.store.submit(late, { ...noCaps, remember })).toEqual({ is: "accepted" });
    });
  });
}
