/** What a webhook says: the task as its status shows it, and its result. */
import { randomBytes } from "node:crypto";
import { presentResult, presentStatus } from "../present/task.ts";
import type { OutboxEntry, Task } from "../tasks/contract.ts";

/** Of a task that has ended and has a `callbackUrl`. */
export function makeMessage(task: Task): OutboxEntry {
  const url = new URL(task.callbackUrl ?? "");
  const body = {
    type: `task.${task.status}`,
    timestamp: new Date(task.completedAt ?? 0).toISOString(),
    data: {
      ...presentStatus(task),
      ...(task.status === "completed" && { result: presentResult(task) }),
    },
  };
  const id = `msg_${randomBytes(16).toString("hex")}`;
  return { id, url: url.href, host: url.hostname, body: JSON.stringify(body) };
}
