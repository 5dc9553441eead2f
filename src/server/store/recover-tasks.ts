/** What the last process left: what waited, waits; what was at work, waits again or has been interrupted too often. */
import { type MakeMessage, writeEnd } from "./task-ends.ts";
import { type TaskRow, toTask } from "./task-rows.ts";
import type { TaskStatements } from "./task-statements.ts";

/** A task that was begun so often and never came to an end is not begun again: it may be what ends the process. */
const mostAttempts = 3;
const interruptedError = {
  code: "interrupted",
  message: `The server was interrupted ${mostAttempts} times while it worked on this task.`,
} as const;

/** What is known of a task without what it asks for. */
export type WaitingRow = Pick<
  TaskRow,
  "id" | "owner" | "kind" | "origin" | "status" | "progress" | "attempts" | "cost" | "created_at"
>;

/**
 * To be called inside a transaction. What somebody waited for on the line is dropped with the line.
 *
 * @returns all that waits now, the oldest first.
 */
export function recoverTasks(
  statements: TaskStatements,
  { makeMessage, nowMs }: { readonly makeMessage: MakeMessage | undefined; readonly nowMs: number },
): readonly WaitingRow[] {
  const rows = statements.unended.all() as WaitingRow[];
  return rows.filter(({ id, origin, status, attempts }) => {
    if (origin !== "async") {
      statements.remove.run(id);
      return false;
    }
    if (status === "pending") return true;
    if (attempts < mostAttempts) {
      statements.waitAgain.run(id);
      return true;
    }
    const task = toTask(statements.get.get(id) as TaskRow);
    writeEnd(statements, task, { is: "failed", atMs: nowMs, error: interruptedError }, makeMessage);
    return false;
  });
}
