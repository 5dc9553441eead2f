/** Runs an engine in supervised child processes: starts them, shares calls among them, survives their deaths. */
import { availableParallelism } from "node:os";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { ChildEnded, EngineChild, type EngineChildOptions } from "./engine-child.ts";
import type { EngineCall } from "./engine-protocol.ts";

export type EngineHostOptions = Omit<EngineChildOptions, "startTimeoutMs"> & {
  /** Child processes at most, and so calls at once; one per core by default. They are started when needed. */
  readonly lanes?: number;
  /** How long a child may take to start, milliseconds. Default 20,000. */
  readonly startTimeoutMs?: number;
  /** How long a call may take once it runs, milliseconds, where the call itself says nothing. Default 60,000. */
  readonly callTimeoutMs?: number;
};

export type HostCall = Call & {
  /** How long it may take once it runs, milliseconds. */
  readonly timeoutMs?: number | undefined;
};

type Job = {
  readonly call: EngineCall;
  readonly deadlineMs: number;
  attempts: number;
  /** The child that works on it now. */
  child?: EngineChild;
  isSettled: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
};

/** After this many failed starts in a row the engine counts as unavailable. */
const mostStartFailures = 3;
/** A call that took its process with it is tried once more on a fresh one: the fault may not have been its own. */
const mostAttempts = 2;

/**
 * A pool of child processes with one engine each. Engines block while they work, so a call that is cancelled or
 * overdue ends its child, and another takes its place.
 */
export class EngineHost {
  readonly lanes: number;
  readonly #options: EngineHostOptions;
  readonly #children = new Set<EngineChild>();
  readonly #waiting: Job[] = [];
  #startFailures = 0;
  /** Fewer than `lanes` when not all of them could be started. */
  #usableLanes: number;
  #isClosed = false;

  constructor(options: EngineHostOptions) {
    this.#options = options;
    this.lanes = options.lanes ?? availableParallelism();
    this.#usableLanes = this.lanes;
  }

  /**
   * Calls one of the engine's methods; waits its turn when all lanes are busy.
   *
   * @param argument anything a structured clone can carry.
   * @returns what the method gives.
   * @throws DubberError what the engine refuses with; `engine_unavailable` when it does not start or is closed; `engine_failed`,
   * retryable, when it takes too long or has died on this call twice; the signal's reason.
   */
  call(method: string, argument?: unknown, call: HostCall = {}): Promise<unknown> {
    return this.#submit({ method, argument }, call);
  }

  /** Ends all children and waits until they are gone; calls waiting or running fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#rejectWaiting(this.#closedError());
    for (const child of this.#children) child.kill();
    await Promise.all([...this.#children].map(({ ended }) => ended));
  }

  #submit(call: EngineCall, { signal, timeoutMs }: HostCall): Promise<unknown> {
    const { callTimeoutMs = 60_000 } = this.#options;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#isClosed) throw this.#closedError();
      const settle = (deliver: () => void) => {
        if (job.isSettled) return;
        job.isSettled = true;
        signal?.removeEventListener("abort", abort);
        deliver();
      };
      const job: Job = {
        call,
        deadlineMs: timeoutMs ?? callTimeoutMs,
        attempts: 0,
        isSettled: false,
        resolve: (value) => settle(() => resolve(value)),
        reject: (error) => settle(() => reject(error)),
      };
      const abort = () => {
        const place = this.#waiting.indexOf(job);
        if (place >= 0) this.#waiting.splice(place, 1);
        job.child?.kill();
        job.reject(signal?.reason);
        this.#advance();
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.push(job);
      this.#advance();
    });
  }

  /** Gives waiting jobs to idle children, and starts children for the rest as far as there are lanes. */
  #advance(): void {
    for (const child of this.#children) {
      if (child.state !== "idle") continue;
      const job = this.#waiting.shift();
      if (job === undefined) return;
      void this.#run(child, job);
    }
    const starting = this.#count("starting");
    const free = this.#usableLanes - starting - this.#count("busy");
    const wanted = Math.min(this.#waiting.length - starting, free);
    for (let started = 0; started < wanted; started++) void this.#start();
  }

  async #run(child: EngineChild, job: Job): Promise<void> {
    job.child = child;
    job.attempts += 1;
    try {
      job.resolve(await child.run(job.call, job.deadlineMs));
    } catch (error) {
      if (!(error instanceof ChildEnded)) job.reject(error);
      else if (this.#isClosed) job.reject(this.#closedError());
      else if (job.attempts >= mostAttempts) job.reject(this.#diedError(error));
      else if (!job.isSettled) this.#waiting.unshift(job);
    }
    delete job.child;
    this.#advance();
  }

  async #start(): Promise<void> {
    const child = new EngineChild({ startTimeoutMs: 20_000, ...this.#options });
    this.#children.add(child);
    void child.ended.then(() => this.#children.delete(child));
    try {
      await child.ready;
      this.#startFailures = 0;
    } catch (error) {
      this.#startFailures += 1;
      // A refusal in words will not change; a process that merely died may have been unlucky.
      if (error instanceof DubberError) this.#giveUpStarting(error);
      else if (this.#startFailures >= mostStartFailures)
        this.#giveUpStarting(this.#startError(error));
    }
    this.#advance();
  }

  /** Goes on with the children there are; without any, fails every job, and the next job tries again. */
  #giveUpStarting(error: DubberError): void {
    this.#startFailures = 0;
    const left = this.#children.size - this.#count("ended");
    this.#usableLanes = left === 0 ? this.lanes : left;
    if (left === 0) this.#rejectWaiting(this.#isClosed ? this.#closedError() : error);
  }

  #rejectWaiting(error: DubberError): void {
    for (const job of this.#waiting.splice(0)) job.reject(error);
  }

  #count(state: EngineChild["state"]): number {
    return [...this.#children].filter((child) => child.state === state).length;
  }

  #closedError(): DubberError {
    return new DubberError("engine_unavailable", `${this.#options.title} is closed.`);
  }

  #diedError(cause: ChildEnded): DubberError {
    const message = `${this.#options.title} died twice on the same call (${cause.message}).`;
    return new DubberError("engine_failed", message, { retryable: true, cause });
  }

  #startError(cause: unknown): DubberError {
    const how = cause instanceof Error ? cause.message : String(cause);
    const message = `${this.#options.title} does not start (${how}).`;
    return new DubberError("engine_unavailable", message, {
      hint: "`dubber doctor` says what is missing; reinstalling Dubber's dependencies may help.",
      cause,
    });
  }
}
