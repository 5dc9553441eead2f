/** Waits for what becomes of a task. */
import type { Call } from "../../core/call.ts";
import type { Task, TaskStore } from "./contract.ts";

export function hasEnded({ status }: Pick<Task, "status">): boolean {
  return status === "completed" || status === "failed";
}

/**
 * Resolves with the task once `isWanted` holds for it; undefined when the time is over or the task is gone.
 *
 * @param timeoutMs Infinity waits for ever.
 * @throws the signal's reason.
 */
export async function awaitTask(
  store: TaskStore,
  id: string,
  isWanted: (task: Task) => boolean,
  { signal, timeoutMs = Number.POSITIVE_INFINITY }: Call & { readonly timeoutMs?: number } = {},
): Promise<Task | undefined> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Task | undefined>();
  // It may come while the store is still being asked.
  promise.catch(() => {});
  const unwatch = store.watch(id, (task) => isWanted(task) && resolve(task));
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const timer = Number.isFinite(timeoutMs) ? setTimeout(resolve, timeoutMs, undefined) : undefined;
  try {
    const now = await store.get(id);
    signal?.throwIfAborted();
    if (now === undefined || isWanted(now)) return now;
    return await promise;
  } finally {
    unwatch();
    signal?.removeEventListener("abort", abort);
    clearTimeout(timer);
  }
}
