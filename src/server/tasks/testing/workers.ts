/** Workers on a store on disk, with runners that do what a test tells them to, and time that a test moves. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "../../../../test/support/virtual-clock.ts";
import { openDatabase } from "../../store/database.ts";
import { openSqliteTasks } from "../../store/sqlite-tasks.ts";
import { fillDisk } from "../../store/testing/full-disk.ts";
import type { NewTask, Task, TaskKind, TaskStore } from "../contract.ts";
import { type Turn, type TurnOutcome, Workers } from "../workers.ts";
import { makeNewTask, start } from "./new-task.ts";

/** A runner that was started; what it does is up to the test. */
export type Started = {
  readonly task: Task;
  readonly signal: AbortSignal;
  finish(outcome?: Partial<TurnOutcome>): void;
  fail(error: unknown): void;
};

export type WorkersBench = Awaited<ReturnType<typeof openWorkersBench>>;

export async function openWorkersBench({ limit = 2, dubLimit = 1, obeys = true } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "dubber-workers-"));
  const path = join(folder, "dubber.db");
  const clock = new VirtualClock();
  const started: Started[] = [];
  const turns: Turn[] = [];
  const troubles: unknown[] = [];
  const discarded: string[] = [];
  const atWork = { now: 0, most: 0, dubs: 0, mostDubs: 0 };
  const claims = { count: 0 };
  const now = () => start + clock.now();
  let [database, disk, store, workers] = openAll();

  function openAll() {
    const database = openDatabase(path);
    const kept = openSqliteTasks(database, { now });
    const disk = fillDisk(database);
    disk.isFull = false;
    const store: TaskStore = {
      ...kept,
      claim: (kinds) => {
        claims.count += 1;
        return kept.claim(kinds);
      },
    };
    const workers = new Workers({
      ...{ store, limit, dubLimit, clock, now },
      runners: { speech: runner("speech"), dub: runner("dub") },
      describe: (error) => ({ code: "broken", message: String(error) }),
      discard: async (files) => void discarded.push(...files),
      onTurn: (turn) => turns.push(turn),
      onTrouble: (error) => troubles.push(error),
    });
    return [database, disk, store, workers] as const;
  }

  function runner(kind: TaskKind) {
    return async (task: Task, { signal }: { readonly signal: AbortSignal }) => {
      atWork.now += 1;
      atWork.dubs += kind === "dub" ? 1 : 0;
      atWork.most = Math.max(atWork.most, atWork.now);
      atWork.mostDubs = Math.max(atWork.mostDubs, atWork.dubs);
      const { promise, resolve, reject } = Promise.withResolvers<TurnOutcome>();
      const done = { is: "done", result: { of: task.id }, files: [`${task.id}.wav`] } as const;
      started.push({
        ...{ task, signal, fail: reject },
        finish: (outcome) => resolve({ ...done, ...outcome } as TurnOutcome),
      });
      if (obeys) signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      try {
        return await promise;
      } finally {
        atWork.now -= 1;
        atWork.dubs -= kind === "dub" ? 1 : 0;
      }
    };
  }

  return {
    ...{ clock, started, turns, troubles, discarded, atWork, claims },
    get store() {
      return store;
    },
    get workers() {
      return workers;
    },
    /** Commits fail from now on, or do not. */
    setFull(isFull: boolean) {
      disk.isFull = isFull;
    },
    async submit(task: Partial<NewTask> = {}): Promise<string> {
      const one = makeNewTask({ createdAt: now(), ...task });
      await store.submit(one, { mostWaiting: 1e9, mostOpen: 1e9 });
      return one.id;
    },
    async statusOf(id: string) {
      return (await store.get(id))?.status;
    },
    /** As after a kill -9: nobody is told. */
    reopen() {
      database.close();
      [database, disk, store, workers] = openAll();
    },
    async close() {
      setImmediate(() => {
        for (const { finish } of started) finish();
      });
      disk.isFull = false;
      await workers.stop({ graceMs: 0, mostMs: 0 });
      await turnsOfLoop(20);
      database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Lets everything happen that needs no time. */
export async function turnsOfLoop(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
