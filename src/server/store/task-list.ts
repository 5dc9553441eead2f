/** Pages of tasks, newest first. The cursor names the last task of the page before, so that what is added meanwhile shifts nothing. */
import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { DubberError } from "../../core/error.ts";
import type { TaskPage, TaskQuery } from "../tasks/contract.ts";
import { type TaskRow, toTask } from "./task-rows.ts";

const cursorSchema = z.tuple([z.number(), z.string()]);

/** All columns but two, which no list shows. */
const listed = `id, owner, kind, origin, status, progress, revision, turn, attempts, 'null' AS request, cost, created_at, started_at,
  completed_at, error_code, error_message, cancelled, NULL AS result, files, callback_url`;

/** @throws DubberError `invalid_options` for a cursor that no page has given. */
export function listTasks(
  sqlite: DatabaseSync,
  { owner, status, limit, cursor }: TaskQuery,
): TaskPage {
  const where = `owner = ? AND origin = 'async'${status ? " AND status = ?" : ""}`;
  const values = status ? [owner, status] : [owner];
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const page = sqlite
    .prepare(
      `SELECT ${listed} FROM tasks WHERE ${where}${after ? " AND (created_at, id) < (?, ?)" : ""}
       ORDER BY created_at DESC, id DESC LIMIT ?`,
    )
    .all(...values, ...(after ?? []), limit + 1) as TaskRow[];
  const count = sqlite.prepare(`SELECT count(*) AS total FROM tasks WHERE ${where}`);
  const { total } = count.get(...values) as { total: number };
  const shown = page.slice(0, limit);
  const last = shown.at(-1);
  return {
    tasks: shown.map((row) => {
      const { request: _request, ...task } = toTask(row);
      return task;
    }),
    total,
    ...(page.length > limit && last && { nextCursor: writeCursor(last) }),
  };
}

function writeCursor({ created_at, id }: TaskRow): string {
  return Buffer.from(JSON.stringify([created_at, id])).toString("base64url");
}

function readCursor(cursor: string): readonly [number, string] {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
  } catch (cause) {
    throw new DubberError("invalid_options", "The cursor is none that a page has given.", {
      hint: "Take next_cursor of the page before, or leave it out.",
      cause,
    });
  }
}
