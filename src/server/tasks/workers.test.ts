import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DubberError } from "../../core/error.ts";
import type { Task } from "./contract.ts";
import { makeNewTask, start } from "./testing/new-task.ts";
import {
  openWorkersBench,
  type Started,
  turnsOfLoop,
  type WorkersBench,
} from "./testing/workers.ts";

const full = new DubberError("disk_full", "full", { retryable: true });
let bench: WorkersBench;
beforeEach(async () => {
  bench = await openWorkersBench();
});
afterEach(() => bench.close());

const use = async (options: Parameters<typeof openWorkersBench>[0]) => {
  await bench.close();
  bench = await openWorkersBench(options);
};
const begun = (at: number) => bench.started[at] as Started;
const idsBegun = () => bench.started.map(({ task }) => task.id);
const outcomes = () => bench.turns.map(({ outcome }) => outcome);
/** Submits and starts so many, one after the other. */
const startWith = async (count: number, task: Partial<Task> = {}) => {
  const ids: string[] = [];
  for (let at = 0; at < count; at++) ids.push(await bench.submit(task));
  bench.workers.start();
  await turnsOfLoop();
  return ids as [string, ...string[]];
};

describe("workers", () => {
  it("end what they begin: a result with its files, a failure with its words", async () => {
    const [first, second = ""] = await startWith(2);
    begun(0).finish();
    begun(1).fail(new Error("no voice"));
    await turnsOfLoop();
    expect(await bench.store.get(first)).toMatchObject({
      ...{ status: "completed", result: { of: first }, files: [`${first}.wav`] },
    });
    expect(await bench.store.get(second)).toMatchObject({
      ...{ status: "failed", error: { code: "broken", message: "Error: no voice" } },
    });
    expect(outcomes()).toEqual(["completed", "failed"]);
    expect(bench.workers.busy).toBe(0);
    expect(bench.discarded).toEqual([]);
  });

  it("do as many at once as they may, never more, and always so many while there is work", async () => {
    await use({ limit: 3, dubLimit: 1 });
    bench.workers.start();
    const ids: string[] = [];
    for (let round = 0; round < 30; round++) {
      const news = Array.from({ length: round % 4 }, () => bench.submit());
      ids.push(...(await Promise.all(news)));
      await turnsOfLoop();
      const { waiting } = bench.store.counts();
      if (waiting > 0) expect(bench.atWork.now).toBe(3);
      begun(round % (bench.started.length || 1))?.finish();
      await turnsOfLoop();
    }
    for (let at = 0; at < ids.length; at++) {
      begun(at).finish();
      await turnsOfLoop();
    }
    expect(bench.atWork.most).toBe(3);
    expect(idsBegun().toSorted()).toEqual(ids.toSorted());
    expect(outcomes()).toEqual(ids.map(() => "completed"));
  });

  it("take work that comes while they are looking for some", async () => {
    await use({ limit: 100 });
    bench.workers.start();
    const ids: Promise<string>[] = [];
    // In every order of microtasks that a few turns give.
    for (let at = 0; at < 60; at++) {
      ids.push(bench.submit());
      if (at % 3 === 0) await turnsOfLoop(at % 4);
      for (let tick = 0; tick < at % 7; tick++) await Promise.resolve();
    }
    await turnsOfLoop(200);
    expect(idsBegun().toSorted()).toEqual((await Promise.all(ids)).toSorted());
  });

  it("leave room beside dubs, and begin a waiting dub as soon as the one before has ended", async () => {
    await use({ limit: 3, dubLimit: 1 });
    await startWith(3, { kind: "dub" });
    expect(bench.atWork.now).toBe(1);
    const speech = [await bench.submit(), await bench.submit(), await bench.submit()];
    await turnsOfLoop();
    expect(idsBegun().slice(1)).toEqual(speech.slice(0, 2));
    begun(0).finish();
    await turnsOfLoop();
    expect(begun(3).task.kind).toBe("dub");
    expect(bench.atWork).toMatchObject({ most: 3, mostDubs: 1 });
  });

  it("give back what has more to do when others wait, and go on with it later", async () => {
    await use({ limit: 1 });
    const [long] = await startWith(1);
    const short = await bench.submit({ owner: "bob" });
    begun(0).finish({ is: "more", progress: 0.25 });
    await turnsOfLoop();
    expect(idsBegun()).toEqual([long, short]);
    expect(await bench.store.get(long)).toMatchObject({ status: "pending", progress: 0.25 });
    begun(1).finish();
    await turnsOfLoop();
    expect(begun(2).task).toMatchObject({ id: long, turn: 2, attempts: 1 });
    begun(2).finish();
    await turnsOfLoop();
    expect(outcomes()).toEqual(["more", "completed", "completed"]);
    expect(bench.turns.map(({ waitedMs }) => waitedMs)).toEqual([0, 0, undefined]);
  });

  it("remove what is of no use once the end is written, and not before", async () => {
    const [id] = await startWith(1);
    bench.setFull(true);
    begun(0).finish({ scraps: ["part"] });
    await turnsOfLoop();
    expect(bench.discarded).toEqual([]);
    bench.setFull(false);
    await bench.clock.advance(1000);
    await turnsOfLoop();
    expect(await bench.statusOf(id)).toBe("completed");
    expect(bench.discarded).toEqual(["part"]);
  });
});

describe("a cancelled task", () => {
  it("ends its runner at once, and frees its place", async () => {
    const [id] = await startWith(3);
    expect(begun(0).signal.aborted).toBe(false);
    await bench.store.cancel(id, start);
    expect(begun(0).signal.aborted).toBe(true);
    await turnsOfLoop();
    expect(outcomes()).toEqual(["cancelled"]);
    expect(bench.atWork.now).toBe(2);
    expect(await bench.store.get(id)).toMatchObject({ isCancelled: true });
  });

  it("is not begun when that happens while it is claimed", async () => {
    const id = await bench.submit();
    bench.workers.start();
    // The claim is in the same group of writes.
    const cancelled = bench.store.cancel(id, start);
    await turnsOfLoop();
    expect(await cancelled).toBe("cancelled");
    const running = bench.started.filter(({ signal }) => !signal.aborted);
    expect(running).toEqual([]);
    expect(bench.workers.busy).toBe(0);
  });

  it("stays cancelled whenever that happens, and nothing of it is kept", async () => {
    for (let moment = 0; moment < 12; moment++) {
      const id = await bench.submit();
      if (!bench.workers.isStarted) bench.workers.start();
      for (let turn = 0; turn < moment; turn++) {
        if (turn % 2 === 0) await turnsOfLoop(1);
        bench.started.at(-1)?.finish({ scraps: [`${id}_0.part`] });
      }
      const cancelled = await bench.store.cancel(id, start);
      await turnsOfLoop();
      expect(await bench.statusOf(id)).toBe(cancelled === "finished" ? "completed" : "failed");
      expect(bench.workers.busy).toBe(0);
      expect(bench.store.counts()).toEqual({ waiting: 0, processing: 0 });
    }
  });

  it("keeps its place until a runner has ended that ignores its signal, and throws away what it made", async () => {
    await use({ limit: 1, obeys: false });
    const [id, next] = await startWith(2);
    await bench.store.cancel(id, start);
    await turnsOfLoop();
    expect(idsBegun()).toEqual([id]);
    begun(0).finish({ scraps: ["part"] });
    await turnsOfLoop();
    expect(bench.discarded).toEqual([`${id}.wav`, "part"]);
    expect(idsBegun()).toEqual([id, next]);
    expect(bench.atWork.most).toBe(1);
    expect(outcomes()).toEqual(["cancelled"]);
  });

  it("is told as cancelled also when its runner gives it back or fails", async () => {
    await use({ obeys: false });
    const [first, second = ""] = await startWith(2);
    await bench.store.cancel(first, start);
    await bench.store.cancel(second, start);
    begun(0).finish({ is: "more", progress: 0.5 });
    begun(1).fail(new Error("broken"));
    await turnsOfLoop();
    expect(outcomes()).toEqual(["cancelled", "cancelled"]);
  });
});

describe("a disk that is full", () => {
  it("when tasks are claimed: nothing is lost, nobody asks all the time, and work goes on later", async () => {
    const id = await bench.submit();
    bench.setFull(true);
    bench.workers.start();
    await turnsOfLoop(50);
    expect(bench.claims.count).toBe(1);
    expect(bench.troubles).toMatchObject([{ code: "disk_full" }]);
    for (let second = 0; second < 10; second++) {
      await bench.clock.advance(1000);
      await turnsOfLoop();
    }
    expect(bench.claims.count).toBe(11);
    expect(bench.started).toEqual([]);
    expect(bench.store.counts()).toEqual({ waiting: 1, processing: 0 });
    bench.setFull(false);
    await bench.clock.advance(1000);
    await turnsOfLoop();
    expect(idsBegun()).toEqual([id]);
  });

  it("when a runner writes: its task waits and is done later, without losing a try", async () => {
    const [id] = await startWith(1);
    for (let at = 0; at < 5; at++) {
      begun(at).fail(full);
      await turnsOfLoop();
      expect(await bench.store.get(id)).toMatchObject({ status: "pending", attempts: 0 });
      expect(bench.started).toHaveLength(at + 1);
      await bench.clock.advance(1000);
      await turnsOfLoop();
      expect(bench.started).toHaveLength(at + 2);
    }
    begun(5).finish();
    await turnsOfLoop();
    expect(await bench.statusOf(id)).toBe("completed");
  });

  it("when an end is written: it is written later, once, and nothing is begun meanwhile", async () => {
    const [first, second = ""] = await startWith(3);
    bench.setFull(true);
    begun(0).finish();
    begun(1).fail(new Error("broken"));
    await turnsOfLoop();
    await bench.clock.advance(60_000);
    expect(bench.started).toHaveLength(2);
    expect(await bench.statusOf(first)).toBe("processing");
    expect(bench.discarded).toEqual([]);
    bench.setFull(false);
    await bench.clock.advance(1000);
    await turnsOfLoop();
    expect(await bench.statusOf(first)).toBe("completed");
    expect(await bench.statusOf(second)).toBe("failed");
    expect(outcomes().toSorted()).toEqual(["completed", "failed"]);
    await bench.clock.advance(1000);
    await turnsOfLoop();
    expect(bench.started).toHaveLength(3);
  });

  it("fails the task of somebody who waits on the line, as soon as that can be written", async () => {
    const [id] = await startWith(1, { origin: "sync" });
    begun(0).fail(full);
    await turnsOfLoop();
    expect(await bench.store.get(id)).toMatchObject({
      status: "failed",
      error: { code: "broken" },
    });
  });

  it("does not stand in the way of a cancellation", async () => {
    await use({ limit: 1 });
    const [id] = await startWith(1);
    bench.setFull(true);
    begun(0).finish();
    await turnsOfLoop();
    bench.setFull(false);
    await bench.store.cancel(id, start);
    await bench.clock.advance(1000);
    await turnsOfLoop();
    expect(outcomes()).toEqual(["cancelled"]);
    expect(bench.discarded).toEqual([`${id}.wav`]);
  });
});

describe("a store in trouble of another kind", () => {
  it("fails a task whose result cannot be kept", async () => {
    const [id] = await startWith(1);
    const loop: { self?: unknown } = {};
    loop.self = loop;
    begun(0).finish({ result: loop });
    await turnsOfLoop();
    expect(await bench.store.get(id)).toMatchObject({
      status: "failed",
      error: { code: "broken" },
    });
    expect(bench.discarded).toEqual([`${id}.wav`]);
  });

  it("never ends the process, whatever hears of a turn", async () => {
    await use({ limit: 1 });
    const [, second] = await startWith(2);
    const push = bench.turns.push.bind(bench.turns);
    bench.turns.push = () => {
      throw new Error("no log");
    };
    begun(0).finish();
    await turnsOfLoop();
    bench.turns.push = push;
    expect(bench.troubles).toMatchObject([{ message: "no log" }]);
    expect(idsBegun()[1]).toBe(second);
  });
});

describe("stop", () => {
  const stop = (graceMs = 100, mostMs = 300) => bench.workers.stop({ graceMs, mostMs });
  const isOver = async (promise: Promise<void>) => {
    let isDone = false;
    void promise.then(() => (isDone = true));
    await turnsOfLoop();
    return isDone;
  };

  it("ends at once when nothing is at work, and begins nothing more", async () => {
    await startWith(0);
    await stop();
    const id = await bench.submit();
    await turnsOfLoop();
    expect(bench.started).toEqual([]);
    expect(await bench.statusOf(id)).toBe("pending");
    expect(bench.clock.sleeping).toBe(0);
    expect(bench.workers.isStarted).toBe(false);
  });

  it("lets what is at work come to its end", async () => {
    const [id, , third = ""] = await startWith(3);
    const stopped = stop();
    begun(0).finish();
    await turnsOfLoop();
    expect(await bench.statusOf(id)).toBe("completed");
    expect(bench.started).toHaveLength(2);
    expect(await isOver(stopped)).toBe(false);
    begun(1).finish();
    await stopped;
    expect(await bench.statusOf(third)).toBe("pending");
    expect(bench.clock.sleeping).toBe(0);
  });

  it("gives the rest back when the grace is over, to be gone on with by the next start", async () => {
    const [id] = await startWith(1);
    await bench.store.progress(begun(0).task, 0.6);
    const stopped = stop();
    await bench.clock.advance(99);
    expect(begun(0).signal.aborted).toBe(false);
    await bench.clock.advance(1);
    await stopped;
    expect(begun(0).signal.reason).toMatchObject({ code: "engine_unavailable" });
    expect(await bench.store.get(id)).toMatchObject({
      ...{ status: "pending", attempts: 0, progress: 0.6 },
    });
    expect(outcomes()).toEqual(["given back"]);
    bench.reopen();
    bench.workers.start();
    await turnsOfLoop();
    expect(begun(1).task).toMatchObject({ id, attempts: 1, progress: 0.6 });
  });

  it("tells those who wait on the line, who would wait for nobody", async () => {
    await use({ limit: 2 });
    const [sync] = await startWith(1, { origin: "sync" });
    const stream = await bench.submit({ origin: "stream" });
    await turnsOfLoop();
    const told: unknown[] = [];
    for (const id of [sync, stream]) bench.store.watch(id, ({ error }) => told.push(error));
    const stopped = stop();
    await bench.clock.advance(100);
    await stopped;
    const error = { code: "interrupted", message: "The server is stopping." };
    expect(told).toEqual([error, error]);
  });

  it("waits for a claim that is under way, and gives that task back", async () => {
    const id = await bench.submit();
    bench.workers.start();
    await stop();
    expect(bench.started).toEqual([]);
    expect(await bench.store.get(id)).toMatchObject({ status: "pending", attempts: 0 });
    expect(bench.store.counts()).toEqual({ waiting: 1, processing: 0 });
  });

  it("is bounded when a runner ignores its signal: the next start finds the task at work", async () => {
    await use({ obeys: false });
    const [id] = await startWith(1);
    const stopped = stop(100, 300);
    await bench.clock.advance(299);
    expect(await isOver(stopped)).toBe(false);
    await bench.clock.advance(1);
    await stopped;
    expect(await bench.statusOf(id)).toBe("processing");
    bench.reopen();
    expect(await bench.store.get(id)).toMatchObject({ status: "pending", attempts: 1 });
    // It ends after all, with nobody there any more.
    begun(0).finish();
    await turnsOfLoop();
    expect(await bench.store.get(id)).toMatchObject({ status: "pending" });
  });

  it("is bounded when nothing can be written: what had been done is done again", async () => {
    const [id] = await startWith(2);
    bench.setFull(true);
    begun(0).finish();
    begun(1).fail(full);
    const stopped = stop(2500, 5000);
    await turnsOfLoop();
    await bench.clock.advance(2500);
    await stopped;
    expect(bench.clock.now()).toBe(2500);
    expect(bench.discarded).toEqual([]);
    expect(bench.clock.sleeping).toBe(0);
    bench.setFull(false);
    bench.reopen();
    expect(await bench.store.get(id)).toMatchObject({ status: "pending", attempts: 1 });
  });

  it("can be called twice, and during a pause", async () => {
    await startWith(0);
    bench.setFull(true);
    await bench.store.submit(makeNewTask({}), { mostWaiting: 9, mostOpen: 9 }).catch(() => {});
    bench.setFull(false);
    await bench.submit();
    bench.setFull(true);
    await turnsOfLoop();
    await Promise.all([stop(), stop()]);
    await turnsOfLoop();
    expect(bench.clock.sleeping).toBe(0);
  });
});
