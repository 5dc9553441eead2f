/** Names nobody can guess. */
import { randomBytes } from "node:crypto";

/** `task_` and 144 random bits, hexadecimal. */
export function newTaskId(): string {
  return `task_${randomBytes(18).toString("hex")}`;
}

/** The task a file of the store was made for; undefined for other files. */
export function taskOfFile(name: string): string | undefined {
  return /^(task_[0-9a-f]+)[._]/.exec(name)?.[1];
}
