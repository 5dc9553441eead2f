/** Random work on a task store beside a model of it that is too simple to be wrong. */
import fc from "fast-check";
import { expect } from "vitest";
import type { Task, TaskStatus, TaskStore } from "../contract.ts";
import { makeNewTask, start } from "./new-task.ts";
import { makeMessage, type StorePlace } from "./store-bench.ts";

type Modelled = {
  readonly id: string;
  readonly owner: string;
  status: TaskStatus;
  progress: number;
  turn: number;
  attempts: number;
  isCancelled: boolean;
};

/** Everything a store was told about a task, as it came. */
type Seen = Pick<Task, "status" | "progress" | "revision">;

const owners = ["ann", "bob"] as const;
const at = fc.nat({ max: 30 });
const share = fc.double({ min: 0, max: 1.2, noNaN: true });
const command = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant("submit"), owner: fc.constantFrom(...owners) }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("claim") }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom("progress", "giveBack"), at, share }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom("complete", "fail"), at }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("cancel"), at }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("reopen") }) },
);
type Command = {
  readonly does: string;
  readonly owner?: string;
  readonly at?: number;
  readonly share?: number;
};

const most = { mostWaiting: 6, mostOpen: 5 };

export async function runRandomTasks(makePlace: () => Promise<StorePlace>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 60 }),
      fc.nat({ max: 3 }),
      async (commands, batch) => {
        const place = await makePlace();
        const options = { now: () => start, makeMessage };
        const run = new Run(await place.open(options), () => place.open(options));
        try {
          // Several at a time are done in one turn: what each of them gives is open then, what they leave is not.
          for (let next = 0; next < commands.length; next += batch + 1) {
            const together = commands.slice(next, next + batch + 1) as Command[];
            if (batch === 0 || together.some(({ does }) => does === "reopen")) {
              for (const one of together) await run.alone(one);
            } else {
              await Promise.all(together.map((one) => run.perform(one)));
              await run.adopt();
            }
            await run.check();
          }
        } finally {
          await run.close();
          await place.remove();
        }
      },
    ),
    { numRuns: 60 },
  );
}

type Opened = Awaited<ReturnType<StorePlace["open"]>>;

class Run {
  #opened: Opened;
  readonly #reopen: () => Promise<Opened>;
  readonly #tasks: Modelled[] = [];
  /** Every task as it was claimed, the old ones too. */
  readonly #claimed: Task[] = [];
  readonly #seen = new Map<string, Seen[]>();
  #count = 0;

  constructor(opened: Opened, reopen: () => Promise<Opened>) {
    this.#opened = opened;
    this.#reopen = reopen;
  }

  get #store(): TaskStore {
    return this.#opened.store;
  }

  /** One command, and what has to come of it. */
  async alone(command: Command): Promise<void> {
    if (command.does === "reopen") {
      await this.#opened.close();
      this.#opened = await this.#reopen();
      for (const { id } of this.#tasks) this.#watch(id);
      for (const task of this.#tasks) {
        if (task.status !== "processing") continue;
        task.status = task.attempts >= 3 ? "failed" : "pending";
      }
      return;
    }
    const outcome = await this.perform(command);
    const claimed = this.#claimed[(command.at ?? 0) % (this.#claimed.length || 1)];
    const task = this.#tasks.find(({ id }) => id === claimed?.id);
    const isAtWork = task?.status === "processing" && task.turn === claimed?.turn;
    const below = Math.min(command.share ?? 0, 0.999);
    const open = (owner: string | undefined) =>
      this.#tasks.filter((one) => one.owner === owner && !hasEnded(one));
    const waiting = this.#tasks.filter(({ status }) => status === "pending").length;
    switch (command.does) {
      case "submit": {
        const mine = open(command.owner).length;
        const { id, submission } = outcome as { id: string; submission: unknown };
        if (mine >= most.mostOpen) expect(submission).toEqual({ is: "too_many_tasks", open: mine });
        else if (waiting >= most.mostWaiting) expect(submission).toEqual({ is: "queue_full" });
        else {
          expect(submission).toEqual({ is: "accepted" });
          this.#tasks.push({
            ...{ id, owner: command.owner ?? "", status: "pending", progress: 0 },
            ...{ turn: 0, attempts: 0, isCancelled: false },
          });
        }
        return;
      }
      case "claim": {
        const one = outcome as Task | undefined;
        expect(one === undefined).toBe(waiting === 0);
        const begun = this.#tasks.find(({ id }) => id === one?.id);
        if (begun === undefined) return;
        expect(begun.status).toBe("pending");
        begun.status = "processing";
        begun.turn += 1;
        begun.attempts += 1;
        return;
      }
      case "progress":
        if (isAtWork && task) task.progress = Math.max(task.progress, below);
        return;
      case "giveBack":
        expect(outcome ?? false).toBe(isAtWork);
        if (!isAtWork || task === undefined) return;
        task.progress = Math.max(task.progress, below);
        task.attempts -= 1;
        task.status = "pending";
        return;
      case "complete":
      case "fail":
        expect(outcome ?? false).toBe(isAtWork);
        if (!isAtWork || task === undefined) return;
        task.status = command.does === "fail" ? "failed" : "completed";
        if (task.status === "completed") task.progress = 1;
        return;
      case "cancel": {
        const one = this.#tasks[(command.at ?? 0) % (this.#tasks.length || 1)];
        if (one === undefined) return;
        if (hasEnded(one)) expect(outcome).toBe(one.isCancelled ? "already" : "finished");
        else {
          expect(outcome).toBe("cancelled");
          one.status = "failed";
          one.isCancelled = true;
        }
      }
    }
  }

  async perform({ does, owner = "", at = 0, share = 0 }: Command): Promise<unknown> {
    const store = this.#store;
    const claimed = this.#claimed[at % (this.#claimed.length || 1)];
    const atMs = start + 1;
    switch (does) {
      case "submit": {
        const createdAt = start + this.#count++;
        const task = makeNewTask({ owner, createdAt, callbackUrl: "https://hooks.example/a" });
        this.#watch(task.id);
        return { id: task.id, submission: await store.submit(task, most) };
      }
      case "claim": {
        const task = await store.claim(["speech"]);
        if (task !== undefined) this.#claimed.push(task);
        return task;
      }
      case "progress":
        return claimed && (await store.progress(claimed, share));
      case "giveBack":
        return claimed && (await store.giveBack(claimed, share));
      case "complete":
        return (
          claimed && (await store.end(claimed, { is: "completed", atMs, result: 1, files: [] }))
        );
      case "fail": {
        const error = { code: "broken", message: "" };
        return claimed && (await store.end(claimed, { is: "failed", atMs, error }));
      }
      default: {
        const one = this.#tasks[at % (this.#tasks.length || 1)];
        return one && (await store.cancel(one.id, atMs));
      }
    }
  }

  #watch(id: string): void {
    const seen = this.#seen.get(id) ?? [];
    this.#seen.set(id, seen);
    this.#store.watch(id, (task) => seen.push(task));
  }

  /** Takes what a turn of several commands has left as true; its history is still checked. */
  async adopt(): Promise<void> {
    for (const id of this.#seen.keys()) {
      const now = await this.#store.get(id);
      if (now === undefined) continue;
      const known = this.#tasks.find((one) => one.id === id);
      const { owner, status, progress, turn, attempts, isCancelled } = now;
      const task = { id, owner, status, progress, turn, attempts, isCancelled };
      if (known === undefined) this.#tasks.push(task);
      else Object.assign(known, task);
    }
  }

  /** What holds after everything. */
  async check(): Promise<void> {
    const store = this.#store;
    const count = (status: TaskStatus) => this.#tasks.filter((one) => one.status === status).length;
    expect(store.counts()).toEqual({ waiting: count("pending"), processing: count("processing") });
    for (const owner of owners) {
      const mine = this.#tasks.filter((one) => one.owner === owner);
      expect(mine.filter((one) => !hasEnded(one)).length).toBeLessThanOrEqual(most.mostOpen);
      expect((await store.list({ owner, limit: 1 })).total).toBe(mine.length);
    }
    for (const task of this.#tasks) {
      expect(await store.get(task.id)).toMatchObject(task);
      const seen = this.#seen.get(task.id) ?? [];
      for (const [at, now] of seen.entries()) {
        const before = seen[at - 1];
        if (before === undefined) continue;
        expect(hasEnded(before), "nothing comes after an end").toBe(false);
        expect(now.revision).toBeGreaterThan(before.revision);
        expect(now.progress).toBeGreaterThanOrEqual(before.progress);
      }
    }
    const ended = this.#tasks.filter(hasEnded).map(({ id }) => `msg_${id}`);
    expect((await this.#opened.outbox()).map(({ id }) => id).toSorted()).toEqual(ended.toSorted());
  }

  async close(): Promise<void> {
    await this.#opened.close();
  }
}

function hasEnded({ status }: Pick<Task, "status">): boolean {
  return status === "completed" || status === "failed";
}
