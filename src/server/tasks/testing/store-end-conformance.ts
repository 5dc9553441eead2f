/** How tasks end, each once. Part of `task-store-conformance.ts`. */
import { describe, expect, it } from "vitest";
import type { Task } from "../contract.ts";
import { makeNewTask, start } from "./new-task.ts";
import { completed, failed, noCaps, type StoreBench } from "./store-bench.ts";

export function describeEnding(bench: StoreBench): void {
  describe("end", () => {
    it("keeps a result with the files it adds", async () => {
      const task = await bench.submitAndClaim({ files: ["prompt.wav"] });
      const result = { file: "x.wav", list: [1] };
      const end = { ...completed, result, files: ["x.wav", "prompt.wav"] } as const;
      expect(await bench.store.end(task, end)).toBe(true);
      const { revision, ...ended } = (await bench.store.get(task.id)) as Task;
      expect(revision).toBeGreaterThan(task.revision);
      const { revision: _, ...before } = task;
      expect(ended).toEqual({
        ...{ ...before, status: "completed", progress: 1, completedAt: start + 5, result },
        files: ["prompt.wav", "x.wav"],
      });
    });

    it("keeps a failure, its files and how far it came", async () => {
      const task = await bench.submitAndClaim({ files: ["prompt.wav"] });
      await bench.store.progress(task, 0.4);
      expect(await bench.store.end(task, failed)).toBe(true);
      expect(await bench.store.get(task.id)).toMatchObject({
        ...{ status: "failed", progress: 0.4, error: { code: "broken", message: "No." } },
        ...{ isCancelled: false, completedAt: start + 5, files: ["prompt.wav"] },
      });
    });

    it.each([completed, failed])("is final: nothing comes after $is", async (end) => {
      const task = await bench.submitAndClaim();
      await bench.store.end(task, end);
      const ended = await bench.store.get(task.id);
      expect(await bench.store.end(task, completed)).toBe(false);
      expect(await bench.store.end(task, failed)).toBe(false);
      expect(await bench.store.cancel(task.id, bench.now)).toBe("finished");
      expect(await bench.store.giveBack(task, 0.9)).toBe(false);
      await bench.store.progress(task, 0.9);
      expect(await bench.store.get(task.id)).toEqual(ended);
    });

    it("is refused to an older turn, and to a task that waits", async () => {
      const old = await bench.submitAndClaim();
      await bench.store.giveBack(old, 0);
      expect(await bench.store.end(old, completed)).toBe(false);
      const task = await bench.claim();
      expect(await bench.store.end(old, completed)).toBe(false);
      expect((await bench.store.get(task.id))?.status).toBe("processing");
      expect(await bench.store.end(task, completed)).toBe(true);
    });

    it("happens once when several want it in one turn", async () => {
      const task = await bench.submitAndClaim();
      const ends = await Promise.all([
        bench.store.end(task, failed),
        bench.store.end(task, completed),
        bench.store.end(task, failed),
      ]);
      expect(ends).toEqual([true, false, false]);
    });

    it("leaves a message with the end, in the same step", async () => {
      const callbackUrl = "https://hooks.example/a";
      for (const end of [completed, failed])
        await bench.store.end(await bench.submitAndClaim({ callbackUrl }), end);
      const waiting = await bench.submit({ callbackUrl });
      await bench.store.cancel(waiting.id, bench.now);
      await bench.store.end(await bench.submitAndClaim(), completed);
      const said = (await bench.outbox()).map(({ body }) => JSON.parse(body).status);
      expect(said.toSorted()).toEqual(["completed", "failed", "failed"]);
      expect(await bench.outbox()).toHaveLength(3);
    });

    it("does not happen without its message", async () => {
      await bench.close();
      await bench.open(() => {
        throw new Error("no words");
      });
      const task = await bench.submitAndClaim({ callbackUrl: "https://hooks.example/a" });
      await expect(bench.store.end(task, completed)).rejects.toThrow("no words");
      expect((await bench.store.get(task.id))?.status).toBe("processing");
      expect(bench.store.counts().processing).toBe(1);
    });

    it("forgets what was only said on the line, and keeps what can still be fetched", async () => {
      const ended: Task[] = [];
      for (const origin of ["stream", "sync"] as const) {
        const task = await bench.submitAndClaim({ origin });
        bench.store.watch(task.id, (changed) => ended.push(changed));
        await bench.store.end(task, completed);
      }
      expect(ended.map(({ status, origin }) => `${status} ${origin}`)).toEqual([
        ...["completed stream", "completed sync"],
      ]);
      const [streamed, waited] = ended as [Task, Task];
      expect(await bench.store.get(streamed.id)).toBeUndefined();
      expect(await bench.store.get(waited.id)).toEqual(waited);
    });
  });

  describe("cancel", () => {
    it("ends what waits and what is at work, once", async () => {
      const waiting = await bench.submit({ createdAt: start + 1 });
      const working = await bench.submitAndClaim({ createdAt: start, origin: "sync" });
      await bench.store.progress(working, 0.6);
      for (const [{ id }, progress] of [
        [waiting, 0],
        [working, 0.6],
      ] as const) {
        expect(await bench.store.cancel(id, start + 9)).toBe("cancelled");
        expect(await bench.store.get(id)).toMatchObject({
          ...{ status: "failed", progress, isCancelled: true, completedAt: start + 9 },
          error: { code: "cancelled", message: "Task cancelled by user" },
        });
        expect(await bench.store.cancel(id, start + 10)).toBe("already");
      }
      expect(bench.store.counts()).toEqual({ waiting: 0, processing: 0 });
      expect(await bench.store.end(working, completed)).toBe(false);
    });

    it("ends a task once, whatever happens to it in the same turn", async () => {
      for (const first of ["cancel", "other"] as const) {
        for (const does of ["end", "giveBack", "progress"] as const) {
          const task = await bench.submitAndClaim();
          const other = () =>
            does === "end" ? bench.store.end(task, completed) : bench.store[does](task, 0.5);
          const cancel = () => bench.store.cancel(task.id, bench.now);
          const [a, b] = first === "cancel" ? [cancel(), other()] : [other(), cancel()];
          await Promise.all([a, b]);
          const wasEnded = does === "end" && first === "other";
          expect(await bench.store.get(task.id)).toMatchObject({
            status: wasEnded ? "completed" : "failed",
          });
          expect(await (first === "cancel" ? a : b)).toBe(wasEnded ? "finished" : "cancelled");
          expect(bench.store.counts()).toEqual({ waiting: 0, processing: 0 });
          expect(await bench.store.claim(["speech"])).toBeUndefined();
        }
      }
    });

    it("reaches a task that is being submitted or claimed in the same turn", async () => {
      const task = makeNewTask({});
      const [, cancelled] = await Promise.all([
        bench.store.submit(task, noCaps),
        bench.store.cancel(task.id, bench.now),
      ]);
      expect(cancelled).toBe("cancelled");
      expect(await bench.store.claim(["speech"])).toBeUndefined();
      const { id } = await bench.submit();
      const [claimed, again] = await Promise.all([
        bench.store.claim(["speech"]),
        bench.store.cancel(id, bench.now),
      ]);
      expect(again).toBe("cancelled");
      // Whoever has claimed it finds out by looking.
      if (claimed !== undefined) expect(await bench.store.end(claimed, completed)).toBe(false);
      expect(await bench.store.get(id)).toMatchObject({ isCancelled: true });
      expect(bench.store.counts()).toEqual({ waiting: 0, processing: 0 });
    });
  });
}
