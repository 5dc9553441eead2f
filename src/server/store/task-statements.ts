/** Everything SQLite is asked about tasks, prepared once. What changes a task gives back the row as it is then, or none. */
import type { DatabaseSync } from "node:sqlite";

export type TaskStatements = ReturnType<typeof prepareTaskStatements>;

export function prepareTaskStatements(sqlite: DatabaseSync) {
  return {
    get: sqlite.prepare("SELECT * FROM tasks WHERE id = ?"),
    insert: sqlite.prepare(
      `INSERT INTO tasks (id, owner, kind, origin, status, request, cost, created_at, files, callback_url)
       VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?)`,
    ),
    claim: sqlite.prepare(
      `UPDATE tasks SET status = 'processing', turn = turn + 1, attempts = attempts + 1, revision = revision + 1,
       started_at = coalesce(started_at, ?) WHERE id = ? AND status = 'pending' RETURNING *`,
    ),
    giveBack: sqlite.prepare(
      `UPDATE tasks SET status = 'pending', attempts = attempts - 1, revision = revision + 1, progress = max(progress, ?)
       WHERE id = ? AND status = 'processing' AND turn = ? RETURNING *`,
    ),
    progress: sqlite.prepare(
      `UPDATE tasks SET progress = ?, revision = revision + 1
       WHERE id = ? AND status = 'processing' AND turn = ? AND progress < ? RETURNING *`,
    ),
    complete: sqlite.prepare(
      `UPDATE tasks SET status = 'completed', progress = 1, revision = revision + 1, completed_at = ?, result = ?, files = ?
       WHERE id = ? RETURNING *`,
    ),
    fail: sqlite.prepare(
      `UPDATE tasks SET status = 'failed', revision = revision + 1, completed_at = ?, error_code = ?, error_message = ?, cancelled = ?
       WHERE id = ? RETURNING *`,
    ),
    waitAgain: sqlite.prepare(
      "UPDATE tasks SET status = 'pending', revision = revision + 1 WHERE id = ?",
    ),
    remove: sqlite.prepare("DELETE FROM tasks WHERE id = ?"),
    // Not what they ask for: ten thousand long texts are more than should lie in memory.
    unended: sqlite.prepare(
      `SELECT id, owner, kind, origin, status, progress, attempts, cost, created_at FROM tasks
       WHERE status IN ('pending', 'processing') ORDER BY created_at`,
    ),
    tell: sqlite.prepare("INSERT INTO outbox (id, url, host, body, due_at) VALUES (?, ?, ?, ?, ?)"),
    tooOld: sqlite.prepare("SELECT id, owner, files FROM tasks WHERE completed_at < ? LIMIT 1000"),
    expire: sqlite.prepare("INSERT OR REPLACE INTO expired_tasks (id, owner, at) VALUES (?, ?, ?)"),
    forgetExpired: sqlite.prepare("DELETE FROM expired_tasks WHERE at < ?"),
    isExpired: sqlite.prepare("SELECT 1 FROM expired_tasks WHERE id = ? AND owner = ? AND at >= ?"),
    files: sqlite.prepare("SELECT files FROM tasks WHERE files <> '[]'"),
  };
}
