/** Who works on tasks: so many at once, each to an end that is written down, whatever happens to it. */
import type { Call } from "../../core/call.ts";
import type { Clock } from "../../core/clock.ts";
import { DubberError } from "../../core/error.ts";
import { hasEnded } from "./await-end.ts";
import type { Task, TaskEnd, TaskError, TaskKind, TaskStore } from "./contract.ts";

/** What a turn of work came to. */
export type TurnOutcome =
  | { readonly is: "done"; readonly result: unknown; readonly files: readonly string[] }
  /** There is more to do, and others are waiting. */
  | { readonly is: "more"; readonly progress: number };

export type Runner = (task: Task, call: Required<Call>) => Promise<TurnOutcome>;

export type WorkersOptions = {
  readonly store: TaskStore;
  /** Tasks at work at once, and how many of them may be dubs. */
  readonly limit: number;
  readonly dubLimit: number;
  readonly runners: Readonly<Record<TaskKind, Runner>>;
  /** A failure in the words a client is told. */
  readonly describe: (error: unknown) => TaskError;
  /** Removes what a task has made that nobody will ask for. */
  readonly discard: (files: readonly string[]) => Promise<void>;
  readonly clock: Clock;
  /** Unix ms. */
  readonly now: () => number;
  readonly onTurn?: (turn: Turn) => void;
};

/** For logs and metrics. */
export type Turn = {
  readonly task: Task;
  readonly outcome: "completed" | "failed" | "cancelled" | "more" | "given back";
  /** Between submission and start, ms; of the first turn only. */
  readonly waitedMs?: number;
  readonly ms: number;
  readonly error?: unknown;
  readonly result?: unknown;
};

/** How long nothing new is begun after a write has failed for lack of space, ms. */
const pauseMs = 1000;
/** Why a task is stopped. */
const endedElsewhere = new Error("The task has ended.");
const stopping = new Error("The server stops.");

export class Workers {
  readonly #options: WorkersOptions;
  readonly #working = new Map<
    string,
    { readonly kind: TaskKind; readonly stop: AbortController; readonly done: Promise<void> }
  >();
  #claiming = 0;
  #isStopped = true;
  #isPaused = false;
  #unlisten: () => void = () => {};

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  get busy(): number {
    return this.#working.size;
  }

  get isStarted(): boolean {
    return !this.#isStopped;
  }

  start(): void {
    this.#isStopped = false;
    this.#unlisten = this.#options.store.onWaiting(() => this.#advance());
    this.#advance();
  }

  /**
   * Begins nothing new, lets what is at work come to its end for `graceMs`, then gives it back to be gone on with by the next start.
   */
  async stop(graceMs: number): Promise<void> {
    this.#isStopped = true;
    this.#unlisten();
    const all = () => Promise.all([...this.#working.values()].map(({ done }) => done));
    const over = new AbortController();
    await Promise.race([all(), this.#options.clock.sleep(graceMs, over).catch(() => {})]);
    over.abort();
    for (const { stop } of this.#working.values()) stop.abort(stopping);
    await all();
  }

  #advance(): void {
    if (this.#isStopped || this.#isPaused) return;
    const { limit } = this.#options;
    // One at a time: each claim tells whether there is another.
    if (this.#claiming > 0 || this.#working.size >= limit) return;
    void this.#claimNext();
  }

  async #claimNext(): Promise<void> {
    const { store, dubLimit, limit } = this.#options;
    this.#claiming += 1;
    try {
      while (!this.#isStopped && !this.#isPaused && this.#working.size < limit) {
        const dubs = [...this.#working.values()].filter(({ kind }) => kind === "dub").length;
        const kinds: readonly TaskKind[] = dubs < dubLimit ? ["dub", "speech"] : ["speech"];
        const task = await store.claim(kinds);
        if (task === undefined) break;
        this.#begin(task);
      }
    } catch {
      this.#pause();
    } finally {
      this.#claiming -= 1;
    }
  }

  #begin(task: Task): void {
    const stop = new AbortController();
    const done = this.#turn(task, stop).finally(() => {
      this.#working.delete(task.id);
      this.#advance();
    });
    this.#working.set(task.id, { kind: task.kind, stop, done });
    if (this.#isStopped) stop.abort(stopping);
  }

  async #turn(task: Task, stop: AbortController): Promise<void> {
    const { store, runners, describe, discard, now, onTurn } = this.#options;
    const startedAt = now();
    const unwatch = store.watch(task.id, (changed) => {
      if (hasEnded(changed)) stop.abort(endedElsewhere);
    });
    const tell = (outcome: Turn["outcome"], more: Partial<Turn> = {}) =>
      onTurn?.({
        ...{ task, outcome, ms: now() - startedAt },
        ...(task.progress === 0 && { waitedMs: startedAt - task.createdAt }),
        ...more,
      });
    const end = async (how: TaskEnd): Promise<boolean> => {
      unwatch();
      return await this.#insist(() => store.end(task, how));
    };
    try {
      const outcome = await runners[task.kind](task, { signal: stop.signal });
      if (outcome.is === "more") {
        await this.#insist(() => store.giveBack(task, outcome.progress));
        return tell("more");
      }
      const { result, files } = outcome;
      if (await end({ is: "completed", atMs: now(), result, files })) {
        return tell("completed", { result });
      }
      await discard(files);
      tell("cancelled");
    } catch (error) {
      if (stop.signal.reason === endedElsewhere) return tell("cancelled");
      if (stop.signal.reason === stopping || this.#mayWaitForSpace(task, error)) {
        if (stop.signal.reason !== stopping) this.#pause();
        await this.#insist(() => store.giveBack(task, 0));
        return tell("given back", { error });
      }
      const isMine = await end({ is: "failed", atMs: now(), error: describe(error) });
      tell(isMine ? "failed" : "cancelled", { error });
    } finally {
      unwatch();
    }
  }

  /** A task nobody waits for on the line can wait until there is space again. */
  #mayWaitForSpace(task: Task, error: unknown): boolean {
    return task.origin === "async" && error instanceof DubberError && error.code === "disk_full";
  }

  /** Writes what has to be written, as often as it takes; false only when the server stops first, and the next start finds the task at work. */
  async #insist(write: () => Promise<boolean>): Promise<boolean> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        this.#pause();
        if (this.#isStopped) return false;
        if (!(error instanceof DubberError && error.code === "disk_full")) throw error;
        await this.#options.clock.sleep(pauseMs);
      }
    }
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    void this.#options.clock.sleep(pauseMs).then(() => {
      this.#isPaused = false;
      this.#advance();
    });
  }
}
