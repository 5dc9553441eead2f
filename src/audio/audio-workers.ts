/** A pool of threads for work on sound, so that the main thread stays free and every core is used. */
import { Worker } from "node:worker_threads";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { siblingModule } from "../core/sibling-module.ts";
import type { AudioAnswer, AudioResult, AudioTask, SentError } from "./audio-worker.ts";
import type { TempoJob } from "./change-tempo.ts";
import type { ClipInspection, FitJob } from "./fit-clip.ts";
import { type MixCall, type MixJob, mixDub } from "./mix.ts";
import type { MixPart } from "./mix-part.ts";

/** Threads that inspect, fit and mix. Close it when done, or hold it with `await using`. */
export type AudioWorkers = AsyncDisposable & {
  /** The most tasks at work at once. */
  readonly count: number;
  /** {@link inspectClip} in a worker. */
  inspect(path: string, call?: Call): Promise<ClipInspection>;
  /** {@link fitClip} in a worker. */
  fit(job: FitJob, call?: Call): Promise<void>;
  /** {@link mixDub} with all workers: the job's bytes, whatever their number. */
  mix(job: MixJob, call?: MixCall): Promise<void>;
  /** {@link changeTempo} in a worker. */
  changeTempo(job: TempoJob, call?: Call): Promise<Int16Array>;
  /** Ends the threads. What still waits or runs fails with `internal`. */
  close(): Promise<void>;
};

export type AudioWorkersOptions = {
  /** Threads at most, a whole number ≥ 1; they start when there is work for them. */
  readonly count: number;
  /** Path of the module a thread runs. Default: `audio-worker` beside this file. */
  readonly modulePath?: string;
};

/**
 * Makes a pool; nothing starts yet. A task's error arrives with its code and message. A thread that dies fails its own task
 * with `internal`, and the next task gets a new thread. An aborted task that has not begun never begins; one at work is
 * waited for, so that nothing is written behind the caller's back.
 */
export function openAudioWorkers(options: AudioWorkersOptions): AudioWorkers {
  const { count } = options;
  if (!Number.isInteger(count) || count < 1) {
    throw new DubberError("invalid_options", `Audio needs at least 1 worker, not ${count}.`);
  }
  const pool = new WorkerPool(
    count,
    options.modulePath ?? siblingModule(import.meta.url, "audio-worker"),
  );
  const mixPart = async (part: MixPart, call: Call): Promise<void> =>
    void (await pool.run({ kind: "mix", part }, call));
  return {
    count,
    inspect: async (path, call) =>
      (await pool.run({ kind: "inspect", path }, call)) as ClipInspection,
    fit: async (job, call) => void (await pool.run({ kind: "fit", job }, call)),
    mix: (job, call) => mixDub(job, { count, mixPart }, call),
    changeTempo: async (job, call) => (await pool.run({ kind: "tempo", job }, call)) as Int16Array,
    close: () => pool.close(),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

type Pending = {
  readonly task: AudioTask;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: AudioResult) => void;
  readonly reject: (error: unknown) => void;
};

class WorkerPool {
  readonly #count: number;
  readonly #modulePath: string;
  readonly #waiting: Pending[] = [];
  readonly #idle: Worker[] = [];
  /** Every living thread, with the task it works on. */
  readonly #workers = new Map<Worker, Pending | undefined>();
  #isClosed = false;

  constructor(count: number, modulePath: string) {
    this.#count = count;
    this.#modulePath = modulePath;
  }

  run(task: AudioTask, { signal }: Call = {}): Promise<AudioResult> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw stopped("The audio workers are closed.");
      this.#waiting.push({ task, signal, resolve, reject });
      this.#dispatch();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const pending of this.#waiting.splice(0))
      pending.reject(stopped("The audio workers were closed."));
    await Promise.all([...this.#workers.keys()].map((worker) => worker.terminate()));
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const next = this.#waiting[0] as Pending;
      if (next.signal?.aborted) {
        this.#waiting.shift();
        next.reject(next.signal.reason);
        continue;
      }
      const worker =
        this.#idle.pop() ?? (this.#workers.size < this.#count ? this.#start() : undefined);
      if (worker === undefined) return;
      this.#waiting.shift();
      this.#workers.set(worker, next);
      worker.ref();
      worker.postMessage(next.task);
    }
  }

  #start(): Worker {
    // A small young generation: the samples live in a few fixed buffers, and every thread would else keep tens of MB.
    const worker = new Worker(this.#modulePath, {
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    let cause: unknown;
    this.#workers.set(worker, undefined);
    worker.on("message", (answer: AudioAnswer) => {
      const pending = this.#workers.get(worker);
      this.#workers.set(worker, undefined);
      this.#idle.push(worker);
      // An idle thread must not keep a program alive that forgot to close the pool.
      worker.unref();
      if (answer.ok) pending?.resolve(answer.result);
      else pending?.reject(toError(answer.error));
      this.#dispatch();
    });
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", (exitCode) => {
      const pending = this.#workers.get(worker);
      this.#workers.delete(worker);
      const place = this.#idle.indexOf(worker);
      if (place >= 0) this.#idle.splice(place, 1);
      const reason = cause instanceof Error ? cause.message : `exit code ${exitCode}`;
      pending?.reject(
        stopped(`An audio worker stopped in the middle of its work (${reason}).`, cause),
      );
      if (!this.#isClosed) this.#dispatch();
    });
    return worker;
  }
}

function stopped(message: string, cause?: unknown): DubberError {
  return new DubberError("internal", message, cause === undefined ? {} : { cause });
}

function toError({ code, message, stack, hint, retryable }: SentError): Error {
  const error =
    code === undefined
      ? new Error(message)
      : new DubberError(code, message, {
          ...(hint !== undefined && { hint }),
          ...(retryable !== undefined && { retryable }),
        });
  if (stack !== undefined) error.stack = stack;
  return error;
}
