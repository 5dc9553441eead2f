/** A task as a row of SQLite, and back. */
import type { Task, TaskKind, TaskOrigin, TaskStatus } from "../tasks/contract.ts";

/** Columns as `SELECT *` gives them. */
export type TaskRow = {
  readonly id: string;
  readonly owner: string;
  readonly kind: TaskKind;
  readonly origin: TaskOrigin;
  readonly status: TaskStatus;
  readonly progress: number;
  readonly revision: number;
  readonly turn: number;
  readonly attempts: number;
  readonly request: string;
  readonly cost: number;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly completed_at: number | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly cancelled: number;
  readonly result: string | null;
  readonly files: string;
  readonly callback_url: string | null;
};

export function toTask(row: TaskRow): Task {
  const { id, owner, kind, origin, status, progress, revision, turn, attempts, cost } = row;
  return {
    ...{ id, owner, kind, origin, status, progress, revision, turn, attempts, cost },
    request: JSON.parse(row.request) as unknown,
    createdAt: row.created_at,
    ...(row.started_at !== null && { startedAt: row.started_at }),
    ...(row.completed_at !== null && { completedAt: row.completed_at }),
    ...(row.error_code !== null && {
      error: { code: row.error_code, message: row.error_message ?? "" },
    }),
    isCancelled: row.cancelled === 1,
    ...(row.result !== null && { result: JSON.parse(row.result) as unknown }),
    files: JSON.parse(row.files) as readonly string[],
    ...(row.callback_url !== null && { callbackUrl: row.callback_url }),
  };
}
