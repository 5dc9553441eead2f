/** Brings calls to what is asked: each waits for its turn, has its deadline, and is tried again where that may help. */
import type { DubberError } from "../core/error.ts";
import type { ServiceReply } from "../core/service-reply.ts";
import { Alarm } from "./alarm.ts";
import { AutoLimit } from "./auto-limit.ts";
import { backoffMs } from "./backoff.ts";
import type { CheckedOptions } from "./checked-options.ts";
import type { Askable, Attempt, ScheduledAskCall, SchedulerState } from "./contract.ts";
import { closedError, givenUpError, outageMessage, toDubberError } from "./failures.ts";
import { fixedLimit } from "./fixed-limit.ts";
import { type Ending, type Entry, Gate } from "./gate.ts";
import { KeptLimit } from "./kept-limit.ts";
import { KeyCheck } from "./key-check.ts";
import type { LimitPolicy, Ticket } from "./limit-policy.ts";
import { oneTry, type Tried } from "./one-try.ts";
import { Slots } from "./slots.ts";
import { Verdicts } from "./verdicts.ts";

/** A call from its asking to its end. */
type Job = {
  /** Ends it wherever it is: in the queue, under way, or between two tries. */
  readonly stop: AbortController;
  /** See {@link Askable.aspectOf}. */
  readonly aspect: string | undefined;
  isTrying: boolean;
  /** Failures that count against `retries`, and refusals, which do not. */
  failures: number;
  refusals: number;
};

/** The right to one try. */
type Pass = { readonly entry: Entry; readonly ticket: Ticket };

/** What the dispatcher has to know of a request. */
type Asked = { readonly aspect: string | undefined; readonly size: number };

/** What a try has found, as `Attempt` tells it. */
type Found = Omit<
  Attempt,
  "engine" | "lineId" | "attempt" | "part" | "characters" | "seconds" | "retryInMs"
>;

export class Dispatcher<Request, Result> {
  readonly #askable: Askable<Request, Result>;
  readonly #options: CheckedOptions;
  readonly #limit: LimitPolicy;
  readonly #gate: Gate;
  readonly #kept: KeptLimit;
  readonly #alarm: Alarm;
  readonly #slots = new Slots<Pass>(() => this.#admit());
  readonly #jobs = new Set<Job>();
  readonly #counts = { calls: 0, retries: 0, throttled: 0 };
  readonly #keyCheck: KeyCheck;
  readonly #verdicts = new Verdicts();
  #lastTrouble: DubberError | undefined;

  constructor(askable: Askable<Request, Result>, options: CheckedOptions) {
    const { isAuto, highest, outageMs, memory, clock } = options;
    this.#askable = askable;
    this.#options = options;
    this.#limit = isAuto ? new AutoLimit(highest) : fixedLimit(highest);
    this.#gate = new Gate({ isGuarded: askable.place === "service", outageMs });
    this.#kept = new KeptLimit(isAuto ? memory : undefined);
    this.#keyCheck = new KeyCheck(askable, clock);
    this.#alarm = new Alarm(clock, () => this.#ring());
  }

  get state(): SchedulerState {
    return { inFlight: this.#slots.inFlight, limit: this.#limit.limit, ...this.#counts };
  }

  /** As `Scheduled.ask`. */
  async ask(request: Request, call: ScheduledAskCall): Promise<Result> {
    const { signal } = call;
    signal?.throwIfAborted();
    const now = this.#options.clock.now();
    const aspect = this.#askable.aspectOf?.(request);
    if (this.#jobs.size === 0) this.#gate.awake(now);
    if (this.#verdicts.forget(now)?.code.startsWith("key_")) this.#keyCheck.again();
    const verdict = this.#verdicts.of(aspect, now);
    if (verdict !== undefined) throw verdict;
    // A service that was given up is only asked by one call at a time, to see whether it is back.
    if (this.#gate.isGivenUp && !this.#mayStart()) throw this.#givenUp();
    this.#kept.load((limit) => {
      this.#limit.remember(limit);
      this.#advance();
    });
    const stop = new AbortController();
    const job: Job = { stop, aspect, isTrying: false, failures: 0, refusals: 0 };
    const cancel = () => job.stop.abort(signal?.reason);
    signal?.addEventListener("abort", cancel, { once: true });
    this.#jobs.add(job);
    try {
      if (!this.#keyCheck.isDone) await this.#passKeyCheck(job);
      return await this.#tryUntilDone(job, request, call);
    } finally {
      signal?.removeEventListener("abort", cancel);
      this.#jobs.delete(job);
      if (this.#jobs.size === 0) this.#gate.asleep();
      this.#setAlarm();
    }
  }

  /** Ends every call with `engine_unavailable` and refuses later ones; resolves when what was found is kept. */
  async close(): Promise<void> {
    const error = closedError(this.#askable.title);
    this.#verdicts.end(error);
    for (const { stop } of this.#jobs) stop.abort(error);
    this.#kept.save(this.#limit.found);
    await this.#kept.saved();
  }

  async #passKeyCheck({ aspect, stop: { signal } }: Job): Promise<void> {
    try {
      await this.#keyCheck.pass({ signal });
    } catch (error) {
      signal.throwIfAborted();
      this.#judge(toDubberError(error, this.#askable.title), aspect);
      throw error;
    }
  }

  async #tryUntilDone(job: Job, request: Request, call: ScheduledAskCall): Promise<Result> {
    const { clock, callTimeoutMs: timeoutMs } = this.#options;
    const { signal } = job.stop;
    const size = this.#askable.sizeOf(request);
    const onReply = (reply: ServiceReply) => {
      if (reply.allowedAtOnce !== undefined) this.#limit.allowedAtOnce(reply.allowedAtOnce);
      call.onReply?.(reply);
    };
    for (let attempt = 1; ; attempt++) {
      const now = clock.now();
      const turn = this.#slots.acquire({ isRetry: attempt > 1, signal });
      this.#setAlarm(now);
      const pass = await turn;
      if (signal.aborted) {
        this.#giveBack(pass, "unheard");
        throw signal.reason;
      }
      job.isTrying = true;
      this.#counts.calls += 1;
      if (attempt > 1) this.#counts.retries += 1;
      const tried = await oneTry(request, {
        ...{ askable: this.#askable, clock, timeoutMs, signal, onReply },
      });
      job.isTrying = false;
      const found = this.#take(pass, tried, { aspect: job.aspect, size });
      const retryInMs = this.#waitBeforeNext(job, tried);
      call.onAttempt?.({
        ...{
          engine: this.#askable.name,
          lineId: call.lineId ?? "",
          attempt,
          ...found,
          ...(this.#askable.unit === "seconds"
            ? { characters: 0, seconds: size }
            : { characters: size }),
        },
        ...(call.part !== undefined && { part: call.part }),
        ...(retryInMs !== undefined && { retryInMs }),
      });
      if (tried.is === "ok") return tried.result;
      if (tried.is === "cancelled") throw signal.reason;
      if (retryInMs === undefined) throw this.#whyNoMore(tried.error, job);
      if (retryInMs > 0) await clock.sleep(retryInMs, { signal });
    }
  }

  /** Learns from a try, and gives its slot back. */
  #take({ entry, ticket }: Pass, tried: Tried<Result>, { aspect, size }: Asked): Found {
    const { ms, reply } = tried;
    const { limit } = this.#limit;
    const { inFlight } = this.#slots;
    const found = { ms, limit, inFlight, ...(reply && { status: reply.status }) };
    const ending = endingOf(tried);
    if (tried.is === "ok") {
      this.#verdicts.answered(aspect);
      this.#limit.succeeded(ticket, { ms, size });
      this.#kept.save(this.#limit.settled);
      this.#giveBack({ entry, ticket }, ending);
      const bytes = reply?.bytes ?? this.#askable.bytesOf?.(tried.result) ?? 0;
      return { ...found, outcome: "ok", bytes };
    }
    const bytes = reply?.bytes ?? 0;
    if (tried.is === "cancelled") {
      this.#giveBack({ entry, ticket }, ending);
      return { ...found, outcome: "aborted", bytes };
    }
    const { error } = tried;
    this.#lastTrouble = error;
    if (ending === "refused") this.#counts.throttled += 1;
    if (ending === "refused" || reply?.status === 503) this.#limit.throttled(ticket);
    if (this.#askable.place === "service") this.#judge(error, aspect);
    this.#giveBack({ entry, ticket }, ending, reply?.retryAfterMs);
    return { ...found, outcome: error.code, bytes, message: error.message };
  }

  /** Lets those who would only meet the same error fail with it at once. */
  #judge(error: DubberError, aspect: string | undefined): void {
    const now = this.#options.clock.now();
    const meant = this.#verdicts.learn(error, aspect, now);
    const why = this.#verdicts.of(aspect, now) ?? error;
    if (meant === "everybody") this.#failWaiting(why);
    if (meant === "aspect") this.#failWaiting(why, (job) => job.aspect === aspect);
  }

  /** @returns ms; absent when the call is not tried again. */
  #waitBeforeNext(job: Job, tried: Tried<Result>): number | undefined {
    if (tried.is !== "failed" || this.#gate.isGivenUp) return;
    if (this.#verdicts.of(job.aspect, this.#options.clock.now()) !== undefined) return;
    const { retries, random } = this.#options;
    const retryAfterMs = tried.reply?.retryAfterMs;
    const ending = endingOf(tried);
    // No tries at all were asked for: the caller has a loop of its own.
    if (retries === 0) return;
    if (ending === "refused") {
      job.refusals += 1;
      return backoffMs({ failures: job.refusals, retryAfterMs, random });
    }
    if (ending !== "failed") return;
    // While the service is down it is no fault of this call; the gate says when it may try again.
    if (this.#gate.isDown) return 0;
    job.failures += 1;
    if (job.failures > retries) return;
    return backoffMs({ failures: job.failures, retryAfterMs, random });
  }

  #whyNoMore(error: DubberError, { aspect }: Job): DubberError {
    if (!error.retryable) return error;
    const verdict = this.#verdicts.of(aspect, this.#options.clock.now());
    return verdict ?? (this.#gate.isGivenUp ? this.#givenUp() : error);
  }

  #givenUp(): DubberError {
    const { outageMs } = this.#options;
    return givenUpError(this.#askable.title, { outageMs, last: this.#lastTrouble });
  }

  #mayStart(): boolean {
    const hasRoom = this.#slots.inFlight < this.#limit.limit;
    return hasRoom && this.#gate.mayStart(this.#options.clock.now());
  }

  #admit(): Pass | undefined {
    if (!this.#mayStart()) return undefined;
    const entry = this.#gate.started(this.#options.clock.now());
    return { entry, ticket: this.#limit.started(this.#slots.inFlight + 1) };
  }

  #giveBack({ entry }: Pass, ending: Ending, pauseMs?: number): void {
    const { onOutage, outageMs: patienceMs, clock } = this.#options;
    const now = clock.now();
    const turn = this.#gate.ended(entry, ending, { now, pauseMs });
    this.#slots.release();
    this.#setAlarm(now);
    if (turn?.is === "back") onOutage?.({ isDown: false, afterMs: turn.afterMs });
    if (turn?.is === "down" && this.#lastTrouble !== undefined) {
      const message = outageMessage(this.#askable.title, this.#lastTrouble);
      onOutage?.({ isDown: true, message, patienceMs });
    }
  }

  #ring(): void {
    if (this.#gate.tick(this.#options.clock.now())) this.#failWaiting(this.#givenUp());
    this.#advance();
  }

  #failWaiting(error: DubberError, isMeant: (job: Job) => boolean = () => true): void {
    for (const job of this.#jobs) if (!job.isTrying && isMeant(job)) job.stop.abort(error);
  }

  #advance(): void {
    // Read before: what becomes due between the two, by a timer that rang a moment early, must still be waited for.
    const now = this.#options.clock.now();
    this.#slots.advance();
    this.#setAlarm(now);
  }

  #setAlarm(now = this.#options.clock.now()): void {
    const next = this.#gate.nextChange(now);
    if (this.#jobs.size === 0) this.#alarm.set(undefined);
    // Without a next change the alarm stays as it is: timers are late, and it may be due already.
    else if (next !== undefined) this.#alarm.set(next);
  }
}

/** What a try says about the service. */
function endingOf(tried: Tried<unknown>): Ending {
  if (tried.is === "ok") return "ok";
  if (tried.is === "cancelled") return "unheard";
  if (tried.error.code === "rate_limited") return "refused";
  if (tried.error.retryable) return "failed";
  return tried.reply === undefined ? "unheard" : "answered";
}
