/** Webhooks that still have to be delivered, in SQLite: written with the end they tell of, by the task store. */
import type { Outbox, OutboxMessage } from "../webhooks/outbox.ts";
import type { Database } from "./database.ts";

export function openSqliteOutbox({ sqlite, write }: Database): Outbox {
  const remove = sqlite.prepare("DELETE FROM outbox WHERE id = ?");
  const later = sqlite.prepare("UPDATE outbox SET attempts = ?, due_at = ? WHERE id = ?");
  const next = sqlite.prepare("SELECT min(due_at) AS due FROM outbox WHERE due_at > ?");
  const due = sqlite.prepare(
    `SELECT id, url, host, body, attempts, due_at AS dueAtMs FROM outbox WHERE due_at <= ?
     AND id NOT IN (SELECT value FROM json_each(?)) AND host NOT IN (SELECT value FROM json_each(?))
     ORDER BY due_at, id LIMIT ?`,
  );
  return {
    async due({ nowMs, limit, exceptIds, exceptHosts }) {
      const [ids, hosts] = [JSON.stringify(exceptIds), JSON.stringify(exceptHosts)];
      return due.all(nowMs, ids, hosts, limit) as OutboxMessage[];
    },
    async nextDue(afterMs) {
      const { due: dueAt } = next.get(afterMs) as { due: number | null };
      return dueAt ?? undefined;
    },
    delivered: (id) => write(() => void remove.run(id)),
    failed: (id, { attempts, dueAtMs }) =>
      write(() => void (dueAtMs === undefined ? remove.run(id) : later.run(attempts, dueAtMs, id))),
  };
}
