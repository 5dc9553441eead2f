/** The words of the scheduler: what it is asked for, what it tells. No code. */
import type { Call } from "../core/call.ts";
import type { Clock } from "../core/clock.ts";
import type { ErrorCode } from "../core/error.ts";
import type { AskCall } from "../core/service-reply.ts";

/** Something that answers one request per call and does not try again by itself: a voice engine, a recogniser, a chat model. */
export type Askable<Request, Result> = {
  /** For logs: `elevenlabs`. */
  readonly name: string;
  /** For messages, which begin with it: `The voice engine elevenlabs`. */
  readonly title: string;
  /** `service`: it asks somebody over the network, who may be slow, refuse, or charge. */
  readonly place: "local" | "service";
  /** How many calls are worth asking for at once; more only wait. */
  readonly lanes: number;
  /** What {@link Askable.sizeOf} counts; characters by default. */
  readonly unit?: "characters" | "seconds";
  /** Asks the service something free, to learn whether it takes the key. Only `key_missing` and `key_refused` count. */
  check?(call?: Call): Promise<void>;
  /**
   * Answers one request.
   *
   * @throws DubberError, `retryable` where another try may help; the signal's reason.
   */
  ask(request: Request, call?: AskCall): Promise<Result>;
  /** How much work a request is, 0 or more: for the log, and for `auto` to compare calls by. */
  sizeOf(request: Request): number;
  /** What `unknown_voice` is about, the voice: it fails requests with the same one only. Absent: it fails nobody else. */
  aspectOf?(request: Request): string;
  /** Bytes of a result, for the log where no service has said how many came; 0 by default. */
  bytesOf?(result: Result): number;
  /** Gives everything back and refuses calls from then on. */
  close(): Promise<void>;
};

/** What many may ask at once: calls wait for their turn, in the order they came; what fails for a moment is tried again. */
export type Scheduled<Request, Result> = AsyncDisposable & {
  /**
   * What a retry may mend has been retried when it throws.
   *
   * @throws DubberError as what is asked does; `service_down` when it was down or refused everything for `outageMs`.
   */
  ask(request: Request, call?: ScheduledAskCall): Promise<Result>;
  /** Tries after the first, as asked for. */
  readonly retries: number;
  /** How many requests are worth handing over at once: no slot lies idle, and few wait. */
  readonly lanes: number;
  state(): SchedulerState;
  /** Ends all calls with `engine_unavailable`, and closes what is asked. A second close does nothing. */
  close(): Promise<void>;
};

/** How an engine is asked: how many calls at once, how often, how long. */
export type SchedulerOptions = {
  /**
   * Calls in flight at most, over everything that is asked through this scheduler: a whole number from 1 to 1,000, or
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
  /** How long a service may be down or refuse everything before what waits is given up, ms. Default 120,000. */
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
  /** Of the answer's body; of the sound for a voice engine that asks nobody. */
  readonly bytes: number;
  /** Of the text that was asked with; 0 where it was a sound. */
  readonly characters: number;
  /** Of the sound that was asked with; absent where it was a text. */
  readonly seconds?: number;
  /** Of calls in flight, when this one ended. */
  readonly limit: number;
  readonly inFlight: number;
  /** Why it failed. */
  readonly message?: string;
  /** The wait before the next try; absent when there is none. */
  readonly retryInMs?: number;
};

/** What a caller may give along with a request, and hear about it. */
export type ScheduledCall = AskCall & {
  readonly lineId?: string;
  /** Called after every call to the engine; must not throw. */
  readonly onAttempt?: (attempt: Attempt) => void;
};

/** A call for a part of a longer request. */
export type ScheduledAskCall = ScheduledCall & {
  /** Which part, from 1, for the log. */
  readonly part?: number;
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
