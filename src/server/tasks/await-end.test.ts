import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { TaskWatchers } from "../store/task-watchers.ts";
import { awaitTask, hasEnded } from "./await-end.ts";
import type { Task, TaskStore } from "./contract.ts";
import { makeNewTask } from "./testing/new-task.ts";

const task = (status: Task["status"]): Task => ({
  ...makeNewTask({ id: "task_1" }),
  ...{ status, progress: 0, revision: 1, turn: 0, attempts: 0, isCancelled: false },
});

/** A store of one task, which answers when it is told to. */
function openStore(now: Task | undefined) {
  const watchers = new TaskWatchers();
  const asked = Promise.withResolvers<void>();
  let watching = 0;
  const store = {
    async get() {
      await asked.promise;
      return now;
    },
    watch(id: string, listener: (task: Task) => void) {
      watching += 1;
      const end = watchers.watch(id, listener);
      return () => {
        watching -= 1;
        end();
      };
    },
  } as unknown as TaskStore;
  const change = (to: Task) => watchers.tell(to);
  return { store, answer: asked.resolve, change, watching: () => watching };
}

describe("waiting for a task", () => {
  it("gives it at once when it is as wanted, or gone", async () => {
    for (const now of [task("completed"), undefined]) {
      const { store, answer, watching } = openStore(now);
      answer();
      expect(await awaitTask(store, "task_1", hasEnded)).toBe(now);
      expect(watching()).toBe(0);
    }
  });

  it("misses no change that comes while it looks", async () => {
    const { store, answer, change, watching } = openStore(task("processing"));
    const waiting = awaitTask(store, "task_1", hasEnded);
    const ended = task("failed");
    change(ended);
    answer();
    expect(await waiting).toBe(ended);
    expect(watching()).toBe(0);
  });

  it("waits until it is as wanted", async () => {
    const { store, answer, change } = openStore(task("pending"));
    answer();
    const waiting = awaitTask(store, "task_1", hasEnded);
    change(task("processing"));
    change(task("completed"));
    expect(await waiting).toMatchObject({ status: "completed" });
  });

  it("gives nothing when the time is over", async () => {
    const { store, answer, watching } = openStore(task("pending"));
    answer();
    expect(await awaitTask(store, "task_1", hasEnded, { timeoutMs: 1 })).toBeUndefined();
    expect(watching()).toBe(0);
  });

  it.each(["before", "while it looks", "while it waits"])(
    "ends with the signal's reason, given %s, and leaves nothing behind",
    async (when) => {
      const { store, answer, watching } = openStore(task("pending"));
      const ending = new AbortController();
      const reason = new Error("gone");
      if (when === "before") ending.abort(reason);
      const waiting = awaitTask(store, "task_1", hasEnded, ending);
      waiting.catch(() => {});
      if (when === "while it waits") answer();
      await new Promise((resolve) => setImmediate(resolve));
      ending.abort(reason);
      // Long enough for a rejection that nobody has taken to be noticed.
      await new Promise((resolve) => setImmediate(resolve));
      answer();
      await expect(waiting).rejects.toBe(reason);
      expect(watching()).toBe(0);
      expect(getEventListeners(ending.signal, "abort")).toEqual([]);
    },
  );
});
