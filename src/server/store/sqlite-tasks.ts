/** Tasks in SQLite, for one process: rows are the truth, the queue in memory is made anew from them at the start. */
import type {
  Cancellation,
  NewTask,
  OutboxEntry,
  RememberedAnswer,
  Submission,
  SubmitOptions,
  Task,
  TaskEnd,
  TaskKind,
  TaskStore,
} from "../tasks/contract.ts";
import { FairQueue } from "../tasks/fair-queue.ts";
import { openAnswers } from "./answers.ts";
import type { Database } from "./database.ts";
import { listTasks } from "./task-list.ts";
import { fromNewTask, type TaskRow, toTask } from "./task-rows.ts";
import { TaskWatchers } from "./task-watchers.ts";

/** A task that was begun so often and never came to an end is not begun again: it may be what ends the process. */
const mostAttempts = 3;
/** How long the id of a swept task still answers that it was there, ms. */
const expiredForMs = 24 * 3600_000;
export const cancelledError = { code: "cancelled", message: "Task cancelled by user" } as const;
const interruptedError = {
  code: "interrupted",
  message: `The server was interrupted ${mostAttempts} times while it worked on this task.`,
} as const;

/** Makes the message for a webhook, of a task that has ended and has a `callbackUrl`. */
export type MakeMessage = (task: Task) => OutboxEntry;

export type SqliteTaskOptions = {
  /** Absent: nobody is told of ends. */
  readonly makeMessage?: MakeMessage | undefined;
  /** Unix ms. */
  readonly now: () => number;
};

/**
 * Opens the store. What was at work when the process ended waits again, or has failed when that was the third time; what somebody
 * waited for on the line is dropped with the line.
 */
export function openSqliteTasks(
  database: Database,
  { makeMessage, now }: SqliteTaskOptions,
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
  let submitting = 0;

  const statements = {
    get: sqlite.prepare("SELECT * FROM tasks WHERE id = ?"),
    insert: sqlite.prepare(
      `INSERT INTO tasks (id, owner, kind, origin, status, request, cost, created_at, files, callback_url)
       VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?)`,
    ),
    claim: sqlite.prepare(
      `UPDATE tasks SET status = 'processing', attempts = attempts + 1, revision = revision + 1,
       started_at = coalesce(started_at, ?) WHERE id = ? AND status = 'pending' RETURNING *`,
    ),
    giveBack: sqlite.prepare(
      `UPDATE tasks SET status = 'pending', attempts = attempts - 1, revision = revision + 1, progress = max(progress, ?)
       WHERE id = ? AND status = 'processing' AND attempts = ? RETURNING *`,
    ),
    progress: sqlite.prepare(
      `UPDATE tasks SET progress = ?, revision = revision + 1
       WHERE id = ? AND status = 'processing' AND attempts = ? AND progress < ? RETURNING *`,
    ),
    complete: sqlite.prepare(
      `UPDATE tasks SET status = 'completed', progress = 1, revision = revision + 1, completed_at = ?, result = ?, files = ?
       WHERE id = ? AND status = 'processing' AND attempts = ? RETURNING *`,
    ),
    fail: sqlite.prepare(
      `UPDATE tasks SET status = 'failed', revision = revision + 1, completed_at = ?, error_code = ?, error_message = ?, cancelled = ?
       WHERE id = ? AND status IN ('pending', 'processing') RETURNING *`,
    ),
    tell: sqlite.prepare("INSERT INTO outbox (id, url, host, body, due_at) VALUES (?, ?, ?, ?, ?)"),
    ended: sqlite.prepare("SELECT id, owner, files FROM tasks WHERE completed_at < ? LIMIT 1000"),
    remove: sqlite.prepare("DELETE FROM tasks WHERE id = ?"),
    expire: sqlite.prepare("INSERT OR REPLACE INTO expired_tasks (id, owner, at) VALUES (?, ?, ?)"),
    forget: sqlite.prepare("DELETE FROM expired_tasks WHERE at < ?"),
    isExpired: sqlite.prepare("SELECT 1 FROM expired_tasks WHERE id = ? AND owner = ?"),
    files: sqlite.prepare("SELECT files FROM tasks WHERE files <> '[]'"),
  };
  const read = (id: string): Task | undefined => {
    const row = statements.get.get(id) as TaskRow | undefined;
    return row && toTask(row);
  };
  const changed = (row: unknown): Task | undefined => (row ? toTask(row as TaskRow) : undefined);

  function wait(task: Task): void {
    const { id, owner, cost, progress, createdAt, kind, origin } = task;
    queues[kind].add({
      ...{ id, owner, createdAt, cost: cost * (1 - progress), isUrgent: origin !== "async" },
    });
    watchers.waiting();
  }

  /** After the commit: what is in memory follows. */
  function ended(task: Task): void {
    processing.delete(task.id);
    const left = (open.get(task.owner) ?? 1) - 1;
    if (left > 0) open.set(task.owner, left);
    else open.delete(task.owner);
    watchers.tell(task);
  }

  /** Inside a write: the end, and the message about it. */
  function setEnd(task: Task, end: TaskEnd): Task | undefined {
    const { id, attempts, origin } = task;
    const row =
      end.is === "completed"
        ? statements.complete.get(
            end.atMs,
            JSON.stringify(end.result),
            JSON.stringify([...new Set([...task.files, ...end.files])]),
            id,
            attempts,
          )
        : statements.fail.get(
            end.atMs,
            end.error.code,
            end.error.message,
            end.error.code === cancelledError.code ? 1 : 0,
            id,
          );
    const done = changed(row);
    if (done?.callbackUrl !== undefined && makeMessage !== undefined) {
      const message = makeMessage(done);
      statements.tell.run(message.id, message.url, message.host, message.body, end.atMs);
    }
    // Nobody can ask for what was only said on the line.
    if (done !== undefined && origin === "stream") statements.remove.run(id);
    return done;
  }

  recover();
  function recover(): void {
    sqlite.exec("BEGIN IMMEDIATE");
    const rows = sqlite
      .prepare("SELECT * FROM tasks WHERE status IN ('pending', 'processing') ORDER BY created_at")
      .all() as TaskRow[];
    for (const task of rows.map(toTask)) {
      if (task.origin !== "async") {
        statements.remove.run(task.id);
        continue;
      }
      if (task.status === "processing" && task.attempts >= mostAttempts) {
        setEnd(task, { is: "failed", atMs: now(), error: interruptedError });
        continue;
      }
      if (task.status === "processing") {
        sqlite
          .prepare("UPDATE tasks SET status = 'pending', revision = revision + 1 WHERE id = ?")
          .run(task.id);
      }
      open.set(task.owner, (open.get(task.owner) ?? 0) + 1);
      wait(task);
    }
    sqlite.exec("COMMIT");
  }

  async function submit(
    task: NewTask,
    { mostWaiting, mostOpen, remember }: SubmitOptions,
  ): Promise<Submission> {
    const { owner } = task;
    const mine = open.get(owner) ?? 0;
    if (mine >= mostOpen) return { is: "too_many_tasks", open: mine };
    if (queues.speech.size + queues.dub.size + submitting >= mostWaiting) {
      return { is: "queue_full" };
    }
    // Taken at once, so that those who come in the same turn are counted.
    open.set(owner, mine + 1);
    submitting += 1;
    let isAccepted = false;
    try {
      const remembered = await write((): RememberedAnswer | undefined => {
        const known = remember && answers.find(owner, remember.key, task.createdAt);
        if (known !== undefined) return known;
        const { id, kind, origin, request, cost, createdAt, files, callbackUrl } = task;
        statements.insert.run(
          ...([id, owner, kind, origin, JSON.stringify(request), cost, createdAt] as const),
          ...([JSON.stringify(files), callbackUrl ?? null] as const),
        );
        if (remember !== undefined) answers.keep(owner, remember, createdAt);
        return undefined;
      });
      if (remembered !== undefined) return { is: "remembered", answer: remembered };
      isAccepted = true;
    } finally {
      submitting -= 1;
      if (!isAccepted) open.set(owner, (open.get(owner) ?? 1) - 1);
    }
    wait(fromNewTask(task));
    return { is: "accepted" };
  }

  async function claim(kinds: readonly TaskKind[]): Promise<Task | undefined> {
    for (;;) {
      // Dubs first: there is room for few of them, and speech has the rest.
      const next =
        (kinds.includes("dub") ? queues.dub.next() : undefined) ??
        (kinds.includes("speech") ? queues.speech.next() : undefined);
      if (next === undefined) return undefined;
      const waiting = read(next.id);
      try {
        const task = changed(await write(() => statements.claim.get(now(), next.id)));
        // Cancelled in the meantime.
        if (task === undefined) continue;
        processing.add(task.id);
        watchers.tell(task);
        return task;
      } catch (error) {
        if (waiting !== undefined) wait(waiting);
        throw error;
      }
    }
  }

  return {
    submit,
    get: async (id) => read(id),
    list: async (query) => listTasks(sqlite, query),
    claim,
    async giveBack({ id, attempts }, progress) {
      const task = changed(await write(() => statements.giveBack.get(progress, id, attempts)));
      if (task === undefined) return false;
      processing.delete(id);
      wait(task);
      watchers.tell(task);
      return true;
    },
    async progress({ id, attempts }, progress) {
      const below = Math.min(progress, 0.999);
      const task = changed(await write(() => statements.progress.get(below, id, attempts, below)));
      if (task !== undefined) watchers.tell(task);
    },
    async end(task, end) {
      const done = await write(() => {
        const now = read(task.id);
        const isMine = now?.status === "processing" && now.attempts === task.attempts;
        return isMine ? setEnd(task, end) : undefined;
      });
      if (done !== undefined) ended(done);
      return done !== undefined;
    },
    async cancel(id, atMs): Promise<Cancellation> {
      const { before, done } = await write(() => {
        const now = read(id);
        const isOpen = now?.status === "pending" || now?.status === "processing";
        const end = { is: "failed", atMs, error: cancelledError } as const;
        return { before: now, done: isOpen ? setEnd(now, end) : undefined };
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
          const rows = statements.ended.all(endedBeforeMs) as Pick<
            TaskRow,
            "id" | "owner" | "files"
          >[];
          for (const { id, owner } of rows) {
            statements.remove.run(id);
            statements.expire.run(id, owner, atMs);
          }
          statements.forget.run(atMs - expiredForMs);
          answers.forget(atMs);
          return rows;
        });
        if (swept.length === 0) return files;
        files.push(...swept.flatMap((row) => JSON.parse(row.files) as string[]));
      }
    },
    isExpired: async (id, owner) => statements.isExpired.get(id, owner) !== undefined,
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
