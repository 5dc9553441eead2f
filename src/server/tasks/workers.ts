/** Who works on tasks: so many at once, each to an end that is written down, whatever happens to it. */
import type { Call } from "../../core/call.ts";
import type { Clock } from "../../core/clock.ts";
import { DubberError } from "../../core/error.ts";
import { hasEnded } from "./await-end.ts";
import type { Task, TaskEnd, TaskError, TaskKind, TaskStore } from "./contract.ts";

/** What a turn of work came to. */
export type TurnOutcome =
  | {
      readonly is: "done";
      readonly result: unknown;
      readonly files: readonly string[];
      /** Files that nobody needs any more once the end is written. */
      readonly scraps?: readonly string[];
    }
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
  /** Told of what is nobody's task: above all a store that cannot write. It is tried again. */
  readonly onTrouble: (error: unknown) => void;
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

export type StopOptions = {
  /** What is at work may come to its end for so long, ms. */
  readonly graceMs: number;
  /** Nobody is waited for any longer than that, all in all, ms: what was not given back is found at work by the next start. */
  readonly mostMs: number;
};

/** How long nothing new is begun, and nothing tried again, after a write has failed, ms. */
const pauseMs = 1000;
/** Why a task is stopped. */
const endedElsewhere = new Error("The task has ended.");
const stopping = new DubberError("engine_unavailable", "The server is stopping.", {
  retryable: true,
});
/** For those who wait on the line: nobody goes on with what they have asked for. */
const stopped = { code: "interrupted", message: "The server is stopping." } as const;

type Work = {
  readonly kind: TaskKind;
  readonly stop: AbortController;
  readonly done: Promise<void>;
};

type Conclusion = Pick<Turn, "outcome" | "error" | "result">;

export class Workers {
  readonly #options: WorkersOptions;
  readonly #working = new Map<string, Work>();
  /** The one who claims; each claim tells whether there is another. */
  #claiming: Promise<void> | undefined;
  /** Somebody has said since the last claim that there may be something to do. */
  #isAsked = false;
  #pausing: Promise<void> | undefined;
  #isStopped = true;
  /** Ends with the grace. */
  #stopping = new AbortController();
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
    this.#stopping = new AbortController();
    this.#unlisten = this.#options.store.onWaiting(() => this.#advance());
    this.#advance();
  }

  /** Begins nothing new, lets what is at work come to its end for a while, then gives it back to be gone on with by the next start. */
  async stop({ graceMs, mostMs }: StopOptions): Promise<void> {
    this.#isStopped = true;
    this.#unlisten();
    const over = new AbortController();
    const after = (ms: number) => this.#options.clock.sleep(ms, over).catch(() => {});
    const all = this.#allDone();
    await Promise.race([all, after(graceMs)]);
    for (const { stop } of this.#working.values()) stop.abort(stopping);
    this.#stopping.abort();
    await Promise.race([all, after(mostMs - graceMs)]);
    over.abort();
  }

  async #allDone(): Promise<void> {
    await this.#claiming;
    await Promise.all([...this.#working.values()].map(({ done }) => done));
  }

  #advance(): void {
    this.#isAsked = true;
    this.#claiming ??= this.#claimAll().finally(() => {
      this.#claiming = undefined;
      // Between the last look and here somebody may have asked.
      if (this.#isAsked && this.#hasRoom) this.#advance();
    });
  }

  get #hasRoom(): boolean {
    const isOpen = !this.#isStopped && this.#pausing === undefined;
    return isOpen && this.#working.size < this.#options.limit;
  }

  async #claimAll(): Promise<void> {
    const { store, dubLimit } = this.#options;
    try {
      while (this.#hasRoom) {
        this.#isAsked = false;
        const dubs = [...this.#working.values()].filter(({ kind }) => kind === "dub").length;
        const task = await store.claim(dubs < dubLimit ? ["dub", "speech"] : ["speech"]);
        if (task !== undefined) this.#begin(task);
        else if (!this.#isAsked) return;
      }
    } catch (error) {
      void this.#pause(error);
    }
  }

  #begin(task: Task): void {
    const stop = new AbortController();
    if (this.#isStopped) stop.abort(stopping);
    const done = this.#turn(task, stop)
      .catch(this.#options.onTrouble)
      .finally(() => {
        this.#working.delete(task.id);
        this.#advance();
      });
    this.#working.set(task.id, { kind: task.kind, stop, done });
  }

  async #turn(task: Task, stop: AbortController): Promise<void> {
    const { now, onTurn } = this.#options;
    const startedAt = now();
    const conclusion = await this.#run(task, stop).then(
      (outcome) => this.#conclude(task, outcome),
      (error: unknown) => this.#giveUp(task, stop.signal, error),
    );
    onTurn?.({
      ...{ task, ms: now() - startedAt, ...conclusion },
      ...(task.turn === 1 && { waitedMs: startedAt - task.createdAt }),
    });
  }

  /** The runner, which ends with the task. */
  async #run(task: Task, stop: AbortController): Promise<TurnOutcome> {
    const { store, runners } = this.#options;
    const unwatch = store.watch(task.id, (changed) => {
      if (hasEnded(changed)) stop.abort(endedElsewhere);
    });
    try {
      // It may have ended before anybody watched.
      const before = await store.get(task.id);
      if (before === undefined || hasEnded(before)) stop.abort(endedElsewhere);
      stop.signal.throwIfAborted();
      return await runners[task.kind](task, { signal: stop.signal });
    } finally {
      unwatch();
    }
  }

  async #conclude(task: Task, outcome: TurnOutcome): Promise<Conclusion> {
    const { store, now } = this.#options;
    if (outcome.is === "more") {
      const isMine = await this.#insist(() => store.giveBack(task, outcome.progress));
      return { outcome: isMine === false ? "cancelled" : "more" };
    }
    const { result, files, scraps = [] } = outcome;
    const end: TaskEnd = { is: "completed", atMs: now(), result, files };
    let isMine: boolean | undefined;
    try {
      isMine = await this.#insist(() => store.end(task, end), isFull);
    } catch (error) {
      await this.#discard([...files, ...scraps]);
      return await this.#fail(task, error);
    }
    // What could not be written is done again by the next start, from what is there.
    if (isMine === undefined) return { outcome: "given back" };
    await this.#discard(isMine ? scraps : [...files, ...scraps]);
    return isMine ? { outcome: "completed", result } : { outcome: "cancelled" };
  }

  async #giveUp(task: Task, signal: AbortSignal, error: unknown): Promise<Conclusion> {
    const { store } = this.#options;
    if (signal.reason === endedElsewhere) return { outcome: "cancelled" };
    const isStopped = signal.reason === stopping;
    if (!isStopped && isFull(error)) void this.#pause(error);
    if (task.origin === "async" && (isStopped || isFull(error))) {
      const isMine = await this.#insist(() => store.giveBack(task, 0));
      return { outcome: isMine === false ? "cancelled" : "given back", error };
    }
    return await this.#fail(task, error, isStopped ? stopped : undefined);
  }

  async #fail(task: Task, error: unknown, said?: TaskError): Promise<Conclusion> {
    const { store, describe, now } = this.#options;
    const end: TaskEnd = { is: "failed", atMs: now(), error: said ?? describe(error) };
    const isMine = await this.#insist(() => store.end(task, end));
    return { outcome: isMine === false ? "cancelled" : "failed", error };
  }

  /**
   * Writes what has to be written, as often as it takes.
   *
   * @param isPassing of errors that are worth another try.
   * @returns undefined when the server stops first, and the next start finds the task at work.
   */
  async #insist(
    write: () => Promise<boolean>,
    isPassing: (error: unknown) => boolean = () => true,
  ): Promise<boolean | undefined> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (this.#stopping.signal.aborted) return undefined;
        await this.#pause(error);
      }
    }
  }

  async #discard(files: readonly string[]): Promise<void> {
    if (files.length > 0) await this.#options.discard(files).catch(this.#options.onTrouble);
  }

  /** @returns when it is over. */
  async #pause(error: unknown): Promise<void> {
    const { clock, onTrouble } = this.#options;
    if (this.#pausing === undefined) onTrouble(error);
    this.#pausing ??= clock
      .sleep(pauseMs, this.#stopping)
      .catch(() => {})
      .then(() => {
        this.#pausing = undefined;
        this.#advance();
      });
    await this.#pausing;
  }
}

function isFull(error: unknown): boolean {
  return error instanceof DubberError && error.code === "disk_full";
}
