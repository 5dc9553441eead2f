/** The words of the scheduler: what it is asked for, what it tells. No code. */
import type { Clock } from "../../core/clock.ts";
import type { ErrorCode } from "../../core/error.ts";
import type { SpeakCall, SpeechRequest, SpeechResult, Synthesizer } from "../synthesizer.ts";

/** How an engine is asked: how many calls at once, how often, how long. */
export type SchedulerOptions = {
  /**
   * Calls in flight at most, over everything that is spoken through this scheduler: a whole number from 1 to 1,000, or
   * `auto` to find it. Default 5, and never more than a local engine's lanes.
   */
  readonly limit?: number | "auto";
  /**
   * Tries after the first for a call that failed in a way another try may mend. Default 4. With 0 nothing is tried again;
   * otherwise a call that is refused as one too many waits its turn and does not use tries up.
   */
  readonly retries?: number;
  /** How long one call may take, ms; then it is given up and tried again. Default 120,000. */
  readonly callTimeoutMs?: number;
  /** How long a service may be down or refuse everything before the lines are given up, ms. Default 120,000. */
  readonly outageMs?: number;
  /** What `auto` found last time. */
  readonly memory?: LimitMemory;
  /** Told once when a service stops answering, and once when it is back. */
  readonly onOutage?: (outage: Outage) => void;
  /** 0 ≤ x < 1; Math.random by default. */
  readonly random?: () => number;
  readonly clock?: Clock;
};

/** Keeps the limit that was found, from run to run. Its failures are nobody's business: they must not throw. */
export type LimitMemory = {
  load(): Promise<number | undefined>;
  save(limit: number): Promise<void>;
};

/** A service has stopped answering, or answers again. */
export type Outage =
  | { readonly isDown: true; readonly message: string; readonly patienceMs: number }
  | { readonly isDown: false; readonly afterMs: number };

/** One call to the engine, finished. */
export type Attempt = {
  /** The engine's name. */
  readonly engine: string;
  /** The line it was made for; empty when the caller named none. */
  readonly lineId: string;
  /** 1 for the first try. */
  readonly attempt: number;
  /** Which part of a text that had to be split, from 1; absent for a whole one. */
  readonly part?: number;
  readonly outcome: "ok" | "aborted" | ErrorCode;
  /** HTTP status, where a service answered. */
  readonly status?: number;
  readonly ms: number;
  /** Of the answer's body; of the sound for an engine that asks nobody. */
  readonly bytes: number;
  readonly characters: number;
  /** Of calls in flight, when this one ended. */
  readonly limit: number;
  readonly inFlight: number;
  /** Why it failed. */
  readonly message?: string;
  /** The wait before the next try; absent when there is none. */
  readonly retryInMs?: number;
};

/** What a caller may give along with a text, and hear about it. */
export type ScheduledCall = SpeakCall & {
  readonly lineId?: string;
  /** Called after every call to the engine; must not throw. */
  readonly onAttempt?: (attempt: Attempt) => void;
};

/** What a scheduler is doing, and has done. */
export type SchedulerState = {
  readonly inFlight: number;
  /** The limit now; `auto` moves it. */
  readonly limit: number;
  /** Since the scheduler was made: calls to the engine, second and later tries among them, calls it refused as too many. */
  readonly calls: number;
  readonly retries: number;
  readonly throttled: number;
};

/**
 * An engine that many may ask at once: calls wait for their turn, in the order they came; what fails for a moment is tried again; a
 * text of any length is split at sentences and joined. Closing it closes the engine.
 */
export interface ScheduledSynthesizer extends Synthesizer {
  /**
   * As the engine's own `speak`, for texts of any length. What a retry may mend has been retried when it throws.
   *
   * @throws DubberError as the engine does; `service_down` when it was down or refused everything for `outageMs`.
   */
  speak(request: SpeechRequest, call?: ScheduledCall): Promise<SpeechResult>;
  /** Tries after the first, as asked for. */
  readonly retries: number;
  state(): SchedulerState;
}
