/** What a run tells while it goes on, and the handle a caller holds on it. */
import type { Attempt } from "../scheduler/contract.ts";

/**
 * The parts of a run a person sees. `sound` is the extraction of the original sound; `recognition` and `polish` are parts of `prep`.
 */
export type StageName =
  | "recognition"
  | "polish"
  | "prep"
  | "sound"
  | "synth"
  | "mix"
  | "burn"
  | "youtube";

/** Something that happened in a run. */
export type DubEvent =
  | {
      readonly type: "stage";
      readonly stage: StageName;
      /** `skipped`: nothing changed since the last run, what it made is still there. */
      readonly status: "started" | "skipped" | "done";
      readonly language?: string;
    }
  | {
      readonly type: "progress";
      readonly stage: StageName;
      /** 0 ≤ done ≤ total. */
      readonly done: number;
      readonly total: number;
      readonly unit: "lines" | "seconds";
      /** While lines are spoken. */
      readonly speech?: SpeechProgress;
    }
  | ({ readonly type: "call"; readonly stage: "recognition" | "synth" } & Attempt)
  | {
      /** Which engine speaks; `isChosen` when somebody named it, else it is the best local one. */
      readonly type: "engine";
      readonly stage: "synth";
      readonly engine: string;
      readonly isChosen: boolean;
    }
  | { readonly type: "warning"; readonly stage: StageName; readonly message: string };

/** How far the speaking is. */
export type SpeechProgress = {
  readonly failed: number;
  /** Of the texts. */
  readonly charactersDone: number;
  readonly charactersTotal: number;
  /** Length of what was spoken now. */
  readonly spokenSeconds: number;
  /** Calls running, how many may, and how many were second or later tries; of everybody who shares the engine. */
  readonly inFlight: number;
  readonly limit: number;
  readonly retries: number;
  readonly etaSeconds?: number;
  /** US dollars so far, for engines that cost something. */
  readonly costUsd?: number;
};

export type Emit = (event: DubEvent) => void;

/**
 * A running piece of work: iterate over it for its events, await `result` for its end. Iterating is optional; an error
 * arrives through `result`, and ends the iteration without throwing a second time.
 */
export type Job<Result> = AsyncIterable<DubEvent> & { readonly result: Promise<Result> };

/** Starts `run` and returns the handle on it. */
export function startJob<Result>(run: (emit: Emit) => Promise<Result>): Job<Result> {
  const queue: DubEvent[] = [];
  let isOver = false;
  let wake: (() => void) | undefined;
  function emit(event: DubEvent): void {
    // A slow reader is shown the newest progress only, so that the queue cannot grow with the work.
    const last = queue.at(-1);
    const replaces = event.type === "progress" && last?.type === "progress";
    if (replaces && last.stage === event.stage) queue[queue.length - 1] = event;
    else queue.push(event);
    wake?.();
  }
  // One turn later, so that the caller holds the job before the first event happens.
  const result = Promise.resolve()
    .then(() => run(emit))
    .finally(() => {
      isOver = true;
      wake?.();
    });
  // A caller who only iterates must not bring the process down; whoever awaits `result` still sees the error.
  result.catch(() => {});
  async function* events(): AsyncGenerator<DubEvent> {
    while (true) {
      const event = queue.shift();
      if (event !== undefined) yield event;
      else if (isOver) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return { result, [Symbol.asyncIterator]: events };
}
