/** How a task ends in SQLite, inside a write: its row, and the message to whoever wants to be told. */
import type { OutboxEntry, Task, TaskEnd } from "../tasks/contract.ts";
import { type TaskRow, toTask } from "./task-rows.ts";
import type { TaskStatements } from "./task-statements.ts";

export const cancelledError = { code: "cancelled", message: "Task cancelled by user" } as const;

/** Makes the message for a webhook, of a task that has ended and has a `callbackUrl`. */
export type MakeMessage = (task: Task) => OutboxEntry;

/**
 * @param task has not ended; whether it may end, the caller has looked in the same write.
 * @returns the task as it is then.
 */
export function writeEnd(
  statements: TaskStatements,
  { id, files, origin }: Task,
  end: TaskEnd,
  makeMessage: MakeMessage | undefined,
): Task {
  const row =
    end.is === "completed"
      ? statements.complete.get(
          ...([end.atMs, JSON.stringify(end.result)] as const),
          ...([JSON.stringify([...new Set([...files, ...end.files])]), id] as const),
        )
      : statements.fail.get(
          ...([end.atMs, end.error.code, end.error.message] as const),
          ...([end.error.code === cancelledError.code ? 1 : 0, id] as const),
        );
  const ended = toTask(row as TaskRow);
  if (ended.callbackUrl !== undefined && makeMessage !== undefined) {
    const message = makeMessage(ended);
    statements.tell.run(message.id, message.url, message.host, message.body, end.atMs);
  }
  // Nobody can ask for what was only said on the line.
  if (origin === "stream") statements.remove.run(id);
  return ended;
}
