/** Tasks in SQLite, for one process: rows are the truth, the queue in memory is made anew from them at the start. */
import type {
  Cancellation,
  NewTask,
  Submission,
  SubmitOptions,
  Task,
  TaskKind,
  TaskStore,
} from "../tasks/contract.ts";
import { FairQueue } from "../tasks/fair-queue.ts";
import { openAnswers } from "./answers.ts";
import { type Database, runAtOnce } from "./database.ts";
import { recoverTasks } from "./recover-tasks.ts";
import { cancelledError, type MakeMessage, writeEnd } from "./task-ends.ts";
import { listTasks } from "./task-list.ts";
import { type TaskRow, toTask } from "./task-rows.ts";
import { prepareTaskStatements } from "./task-statements.ts";
import { TaskWatchers } from "./task-watchers.ts";

/** How long the id of a swept task still answers that it was there, ms. */
const expiredForMs = 24 * 3600_000;
/** What is not the end is less than 1. */
const mostProgress = 0.999;

export type SqliteTaskOptions = {
  /** Absent: nobody is told of ends. */
  readonly makeMessage?: MakeMessage | undefined;
  /** Told when a message has been written. */
  readonly onMessage?: (() => void) | undefined;
  /** Unix ms. */
  readonly now: () => number;
};

/**
 * Opens the store. What was at work when the process ended waits again, or has failed when that was the third time; what somebody
 * waited for on the line is dropped with the line.
 *
 * @throws DubberError `disk_full`, `work_directory_corrupt`.
 */
export function openSqliteTasks(
  database: Database,
  { makeMessage, onMessage, now }: SqliteTaskOptions,
): TaskStore {
  const { sqlite, write } = database;
  const answers = openAnswers(sqlite);
  const watchers = new TaskWatchers();
  const queues: Readonly<Record<TaskKind, FairQueue>> = {
    speech: new FairQueue(),
    dub: new FairQueue(),
  };
  /** Tasks of each owner that wait or are at work. */
  const open = new Map<string, number>();
  const processing = new Set<string>();
  /** Tasks that are accepted and not in a queue yet. */
  let submitting = 0;
  const statements = prepareTaskStatements(sqlite);

  const read = (id: string): Task | undefined => changed(statements.get.get(id));
  const count = (owner: string, by: 1 | -1): void => {
    const left = (open.get(owner) ?? 0) + by;
    if (left > 0) open.set(owner, left);
    else open.delete(owner);
  };

  function wait({ id, owner, kind, origin, cost, progress, ...task }: WaitingTask): void {
    const [left, isUrgent] = [cost * (1 - progress), origin !== "async"];
    queues[kind].add({ id, owner, cost: left, createdAt: task.createdAt, isUrgent });
    watchers.waiting();
  }

  /** After the commit: what is in memory follows. */
  function ended(task: Task): void {
    processing.delete(task.id);
    count(task.owner, -1);
    watchers.tell(task);
    if (task.callbackUrl !== undefined) onMessage?.();
  }

  const left = runAtOnce(sqlite, () => recoverTasks(statements, { makeMessage, nowMs: now() }));
  for (const row of left) {
    count(row.owner, 1);
    wait({ ...row, createdAt: row.created_at });
  }

  async function submit(
    task: NewTask,
    { mostWaiting, mostOpen, remember }: SubmitOptions,
  ): Promise<Submission> {
    const { owner } = task;
    let isCounted = false;
    try {
      const submission = await write((): Submission => {
        const answer = remember && answers.find(owner, remember.key, task.createdAt);
        if (answer !== undefined) return { is: "remembered", answer };
        const mine = open.get(owner) ?? 0;
        if (mine >= mostOpen) return { is: "too_many_tasks", open: mine };
        if (queues.speech.size + queues.dub.size + submitting >= mostWaiting) {
          return { is: "queue_full" };
        }
        const { id, kind, origin, request, cost, createdAt, files, callbackUrl } = task;
        statements.insert.run(
          ...([id, owner, kind, origin, JSON.stringify(request), cost, createdAt] as const),
          ...([JSON.stringify(files), callbackUrl ?? null] as const),
        );
        if (remember !== undefined) answers.keep(owner, remember, createdAt);
        // At once, so that those who come in the same turn are counted.
        count(owner, 1);
        submitting += 1;
        isCounted = true;
        return { is: "accepted" };
      });
      if (isCounted) wait({ ...task, progress: 0 });
      return submission;
    } catch (error) {
      if (isCounted) count(owner, -1);
      throw error;
    } finally {
      if (isCounted) submitting -= 1;
    }
  }

  async function claim(kinds: readonly TaskKind[]): Promise<Task | undefined> {
    for (;;) {
      // Dubs first: there is room for few of them, and speech has the rest.
      const order: readonly TaskKind[] = ["dub", "speech"];
      const kind = order.find((one) => kinds.includes(one) && queues[one].size > 0);
      const next = kind && queues[kind].next();
      if (kind === undefined || next === undefined) return undefined;
      try {
        const task = changed(await write(() => statements.claim.get(now(), next.id)));
        // Cancelled in the meantime.
        if (task === undefined) continue;
        processing.add(task.id);
        watchers.tell(task);
        return task;
      } catch (error) {
        queues[kind].add(next);
        watchers.waiting();
        throw error;
      }
    }
  }

  return {
    submit,
    get: async (id) => read(id),
    list: async (query) => listTasks(sqlite, query),
    claim,
    async giveBack({ id, turn }, progress) {
      const below = Math.min(progress, mostProgress);
      const task = changed(await write(() => statements.giveBack.get(below, id, turn)));
      if (task === undefined) return false;
      processing.delete(id);
      wait(task);
      watchers.tell(task);
      return true;
    },
    async progress({ id, turn }, progress) {
      const below = Math.min(progress, mostProgress);
      const task = changed(await write(() => statements.progress.get(below, id, turn, below)));
      if (task !== undefined) watchers.tell(task);
    },
    async end(task, end) {
      const done = await write(() => {
        const before = read(task.id);
        const isMine = before?.status === "processing" && before.turn === task.turn;
        return isMine ? writeEnd(statements, before, end, makeMessage) : undefined;
      });
      if (done !== undefined) ended(done);
      return done !== undefined;
    },
    async cancel(id, atMs): Promise<Cancellation> {
      const { before, done } = await write(() => {
        const before = read(id);
        const isOpen = before?.status === "pending" || before?.status === "processing";
        const end = { is: "failed", atMs, error: cancelledError } as const;
        return {
          before,
          done: isOpen ? writeEnd(statements, before, end, makeMessage) : undefined,
        };
      });
      if (before === undefined) return "unknown";
      if (done === undefined) return before.isCancelled ? "already" : "finished";
      queues[done.kind].remove(id);
      ended(done);
      return "cancelled";
    },
    watch: (id, listener) => watchers.watch(id, listener),
    onWaiting: (listener) => watchers.onWaiting(listener),
    recall: async (owner, key, atMs) => answers.find(owner, key, atMs),
    remember: (owner, answer, atMs) => write(() => answers.keep(owner, answer, atMs)),
    async sweep(endedBeforeMs, atMs) {
      const files: string[] = [];
      for (;;) {
        const swept = await write(() => {
          const rows = statements.tooOld.all(endedBeforeMs) as SweptRow[];
          for (const { id, owner } of rows) {
            statements.remove.run(id);
            statements.expire.run(id, owner, atMs);
          }
          statements.forgetExpired.run(atMs - expiredForMs);
          answers.forget(atMs);
          return rows;
        });
        if (swept.length === 0) return files;
        files.push(...swept.flatMap((row) => JSON.parse(row.files) as string[]));
      }
    },
    isExpired: async (id, owner) =>
      statements.isExpired.get(id, owner, now() - expiredForMs) !== undefined,
    async fileNames() {
      const rows = statements.files.all() as Pick<TaskRow, "files">[];
      return new Set(rows.flatMap(({ files }) => JSON.parse(files) as string[]));
    },
    counts: () => ({
      waiting: queues.speech.size + queues.dub.size,
      processing: processing.size,
    }),
  };
}

type WaitingTask = Pick<
  Task,
  "id" | "owner" | "kind" | "origin" | "cost" | "progress" | "createdAt"
>;
type SweptRow = Pick<TaskRow, "id" | "owner" | "files">;

function changed(row: unknown): Task | undefined {
  return row === undefined ? undefined : toTask(row as TaskRow);
}
