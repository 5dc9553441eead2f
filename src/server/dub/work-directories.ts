/** Where dubs are made, one directory for each task: kept while the task may go on, gone when it has ended. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { hasEnded } from "../tasks/await-end.ts";
import type { TaskStore } from "../tasks/contract.ts";

/** @param root the data directory. */
export function workDirectoryOf(root: string, taskId: string): string {
  return join(root, "work", taskId);
}

/**
 * Removes a task's directory once the task has ended; at once when it has. Until then a crash would cost all that was spoken. To be called
 * when nobody works in it any more.
 */
export async function removeOnceEnded(
  tasks: Pick<TaskStore, "get" | "watch">,
  id: string,
  directory: string,
): Promise<void> {
  const remove = () => rm(directory, { recursive: true, force: true }).catch(() => {});
  const unwatch = tasks.watch(id, (task) => {
    // Where it goes on, the next turn sees to it.
    if (task.status !== "processing") unwatch();
    if (hasEnded(task)) void remove();
  });
  const task = await tasks.get(id);
  if (task !== undefined && !hasEnded(task)) return;
  unwatch();
  await remove();
}

/**
 * Removes the directories of tasks that have ended or are gone: a server that was killed at the wrong moment leaves them behind.
 *
 * @param root the data directory.
 * @returns how many were removed.
 */
export async function sweepWorkDirectories({
  root,
  tasks,
}: {
  readonly root: string;
  readonly tasks: Pick<TaskStore, "get">;
}): Promise<number> {
  let removed = 0;
  for (const id of await readdir(join(root, "work")).catch(() => [])) {
    const task = await tasks.get(id);
    if (task !== undefined && !hasEnded(task)) continue;
    await rm(workDirectoryOf(root, id), { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}
