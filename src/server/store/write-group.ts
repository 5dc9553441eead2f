/** Many writes, one flush: all that are asked for within one turn of the event loop are committed together, and answered after that. */
import type { DatabaseSync, StatementSync } from "node:sqlite";

type Write = {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * A flush takes about as long for one row as for a thousand, and it is what a durable write costs. So no write begins a
 * transaction of its own: they wait for the end of the turn, go into one, and learn of their success when the disk has it.
 *
 * A write that throws is undone by itself and fails alone; a commit that fails fails all.
 */
export class WriteGroup {
  readonly #database: DatabaseSync;
  readonly #savepoint: StatementSync;
  readonly #release: StatementSync;
  readonly #undo: StatementSync;
  #waiting: Write[] = [];

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#savepoint = database.prepare("SAVEPOINT one");
    this.#release = database.prepare("RELEASE one");
    this.#undo = database.prepare("ROLLBACK TO one");
  }

  /**
   * @param work runs inside a transaction, synchronously, later in this turn.
   * @returns what `work` returned, once it is on the disk.
   * @throws what `work` or the commit throws.
   */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (this.#waiting.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Commits at once what waits. */
  flush(): void {
    const writes = this.#waiting;
    if (writes.length === 0) return;
    this.#waiting = [];
    const done: (() => void)[] = [];
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      for (const write of writes) done.push(this.#one(write));
      this.#database.exec("COMMIT");
    } catch (error) {
      for (const { reject } of writes) reject(error);
      this.#rollBack();
      return;
    }
    for (const tell of done) tell();
  }

  #rollBack(): void {
    // After the close nothing is left to be undone; a full disk may have ended the transaction already.
    if (!this.#database.isOpen || !this.#database.isTransaction) return;
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // The next transaction cannot begin then, and tries again.
    }
  }

  /** @returns tells the caller, to be called after the commit. @throws what ended the whole transaction. */
  #one({ work, resolve, reject }: Write): () => void {
    this.#savepoint.run();
    try {
      const value = work();
      this.#release.run();
      return () => resolve(value);
    } catch (error) {
      if (!this.#database.isTransaction) throw error;
      this.#undo.run();
      this.#release.run();
      return () => reject(error);
    }
  }
}
