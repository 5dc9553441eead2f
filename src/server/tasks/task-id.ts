/** Names nobody can guess. */
import { randomBytes } from "node:crypto";

/** `task_` and 144 random bits, hexadecimal. */
export function newTaskId(): string {
  return `task_${randomBytes(18).toString("hex")}`;
}
