/** Answers kept under an Idempotency-Key, for a day. Used inside the writes of others. */
import type { DatabaseSync } from "node:sqlite";
import type { Idempotency, RememberedAnswer } from "../tasks/contract.ts";

const keptForMs = 24 * 3600_000;

export type Answers = {
  find(owner: string, key: string, nowMs: number): RememberedAnswer | undefined;
  keep(
    owner: string,
    answer: Idempotency & { readonly status: number; readonly body: unknown },
    nowMs: number,
  ): void;
  /** Drops those that are too old. */
  forget(nowMs: number): void;
};

export function openAnswers(sqlite: DatabaseSync): Answers {
  const find = sqlite.prepare(
    "SELECT request_hash, status, body FROM answers WHERE owner = ? AND key = ? AND at >= ?",
  );
  const keep = sqlite.prepare(
    "INSERT OR REPLACE INTO answers (owner, key, request_hash, status, body, at) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const forget = sqlite.prepare("DELETE FROM answers WHERE at < ?");
  return {
    find(owner, key, nowMs) {
      const row = find.get(owner, key, nowMs - keptForMs);
      if (row === undefined) return undefined;
      return {
        requestHash: String(row.request_hash),
        status: Number(row.status),
        body: JSON.parse(String(row.body)) as unknown,
      };
    },
    keep(owner, { key, requestHash, status, body }, nowMs) {
      keep.run(owner, key, requestHash, status, JSON.stringify(body), nowMs);
    },
    forget: (nowMs) => void forget.run(nowMs - keptForMs),
  };
}
