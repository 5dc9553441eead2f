/** Who wants to hear of a task's changes, and who waits for work. In memory: both are gone with the process that listens. */
import type { Task } from "../tasks/contract.ts";

export class TaskWatchers {
  readonly #watchers = new Map<string, Set<(task: Task) => void>>();
  readonly #workers = new Set<() => void>();

  watch(id: string, listener: (task: Task) => void): () => void {
    const listeners = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#watchers.get(id) === listeners) this.#watchers.delete(id);
    };
  }

  tell(task: Task): void {
    for (const listener of this.#watchers.get(task.id) ?? []) listener(task);
  }

  onWaiting(listener: () => void): () => void {
    this.#workers.add(listener);
    return () => void this.#workers.delete(listener);
  }

  waiting(): void {
    for (const listener of this.#workers) listener();
  }
}
