/** Takes messages out of the outbox and delivers them, again and again where need be, until it is closed. */
import { type Clock, systemClock } from "../../core/clock.ts";
import type { Deliver, Delivery } from "./deliver.ts";
import type { Outbox, OutboxMessage } from "./outbox.ts";
import { retryWaitMs } from "./retry-schedule.ts";

/** Deliveries at once. */
const mostAtOnce = 8;
/** To one host, so that a slow one leaves room for the others. */
const mostPerHost = 2;
/** Between two looks at the outbox, ms: sleeps do not notice that the wall clock was set. */
const longestSleepMs = 5 * 60_000;
/** Before the outbox is asked again that has just failed, ms. */
const troubleWaitMs = 1000;

/** `now()` in Unix ms, since due times outlive the process. */
export const wallClock: Clock = { now: () => Date.now(), sleep: systemClock.sleep };

/** One try, for metrics and logs: nothing in it is secret. */
export type DeliveryReport = {
  readonly id: string;
  readonly host: string;
  readonly outcome: "delivered" | "will_retry" | "given_up";
  /** Absent when there was no answer. */
  readonly status?: number | undefined;
  /** Absent when it was delivered. */
  readonly reason?: string | undefined;
  /** Tries so far, this one included. */
  readonly attempts: number;
  /** How long this one took. */
  readonly ms: number;
};

export type CourierOptions = {
  readonly outbox: Outbox;
  readonly deliver: Deliver;
  /** Default {@link wallClock}. */
  readonly clock?: Clock;
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
  /** Told after each try, when the outbox knows of it. */
  readonly onDelivery?: (report: DeliveryReport) => void;
  /** Told what the outbox threw, and what else should not happen; the courier goes on. */
  readonly onTrouble?: (error: unknown) => void;
};

/** At least once: a process that ends between an answer and its note in the outbox sends the same message, with its id, again. */
export class Courier {
  readonly #outbox: Outbox;
  readonly #deliver: Deliver;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onDelivery: (report: DeliveryReport) => void;
  readonly #onTrouble: (error: unknown) => void;
  /** Under way, by id. */
  readonly #deliveries = new Map<string, { readonly host: string; readonly end: Promise<void> }>();
  /** Breaks off what is under way. */
  readonly #abort = new AbortController();
  /** Ends the sleep of {@link Courier.#work}. */
  #bell = new AbortController();
  #isClosing = false;
  readonly #worked: Promise<void>;
  #closed: Promise<void> | undefined;

  /** Starts at once with what is due. */
  constructor(options: CourierOptions) {
    this.#outbox = options.outbox;
    this.#deliver = options.deliver;
    this.#clock = options.clock ?? wallClock;
    this.#random = options.random ?? Math.random;
    this.#onDelivery = options.onDelivery ?? (() => {});
    this.#onTrouble = options.onTrouble ?? (() => {});
    this.#worked = this.#work();
  }

  /** To be called when something was written to the outbox; costs nothing when it was not. */
  wake(): void {
    this.#bell.abort();
  }

  /**
   * Starts nothing more, lets what is under way end for `graceMs` (3,000 by default), then breaks it off. What was broken off
   * stays in the outbox as it was. Resolves when nothing is under way any more.
   */
  close({ graceMs = 3000 }: { readonly graceMs?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  async #close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.wake();
    const ended = this.#worked.then(() =>
      Promise.all([...this.#deliveries.values()].map(({ end }) => end)),
    );
    const grace = new AbortController();
    const isOver = this.#clock.sleep(graceMs, { signal: grace.signal });
    isOver.then(
      () => this.#abort.abort(),
      () => {},
    );
    await ended;
    grace.abort();
  }

  async #work(): Promise<void> {
    while (!this.#isClosing) {
      // Before the look, so that what is written during it is not slept over.
      this.#bell = new AbortController();
      const { signal } = this.#bell;
      const waitMs = await this.#startDue().catch((error: unknown) => {
        this.#onTrouble(error);
        return troubleWaitMs;
      });
      await this.#clock.sleep(Math.min(waitMs, longestSleepMs), { signal }).catch(() => {});
    }
  }

  /** Starts what is due and has room. Resolves to how long nothing more will be due, ms. */
  async #startDue(): Promise<number> {
    const nowMs = this.#clock.now();
    while (!this.#isClosing && this.#deliveries.size < mostAtOnce) {
      const due = await this.#outbox.due({
        nowMs,
        limit: mostAtOnce - this.#deliveries.size,
        exceptIds: [...this.#deliveries.keys()],
        exceptHosts: this.#fullHosts(),
      });
      const startable = due.filter((message) => this.#tryStart(message));
      if (startable.length === 0) break;
    }
    const next = await this.#outbox.nextDue(nowMs);
    return next === undefined ? longestSleepMs : Math.max(0, next - this.#clock.now());
  }

  #fullHosts(): readonly string[] {
    const hosts = [...this.#deliveries.values()].map(({ host }) => host);
    return [...new Set(hosts)].filter((host) => this.#toHost(host) >= mostPerHost);
  }

  #toHost(host: string): number {
    return [...this.#deliveries.values()].filter((delivery) => delivery.host === host).length;
  }

  #tryStart(message: OutboxMessage): boolean {
    const { id, host } = message;
    const hasRoom = !this.#deliveries.has(id) && this.#toHost(host) < mostPerHost;
    if (!hasRoom || this.#isClosing) return false;
    const end = this.#attempt(message).then(
      () => this.#leave(id),
      (error: unknown) => {
        // Broken off by closing is what was asked for.
        if (!this.#abort.signal.aborted) this.#onTrouble(error);
        this.#leave(id);
      },
    );
    this.#deliveries.set(id, { host, end });
    return true;
  }

  #leave(id: string): void {
    this.#deliveries.delete(id);
    this.wake();
  }

  async #attempt(message: OutboxMessage): Promise<void> {
    const startMs = this.#clock.now();
    const delivery = await this.#send(message);
    const endMs = this.#clock.now();
    const attempts = message.attempts + 1;
    const dueAtMs = this.#nextTry(delivery, attempts, endMs);
    await this.#note(() =>
      delivery.outcome === "delivered"
        ? this.#outbox.delivered(message.id)
        : this.#outbox.failed(message.id, { attempts, dueAtMs, reason: delivery.reason }),
    );
    this.#onDelivery({
      id: message.id,
      host: message.host,
      outcome: reportedOutcome(delivery, dueAtMs),
      status: delivery.status,
      reason: delivery.outcome === "delivered" ? undefined : delivery.reason,
      attempts,
      ms: Math.max(0, endMs - startMs),
    });
  }

  async #send(message: OutboxMessage): Promise<Delivery> {
    const { signal } = this.#abort;
    try {
      return await this.#deliver(message, { signal });
    } catch (error) {
      signal.throwIfAborted();
      // A mistake of ours must not send the message for ever.
      this.#onTrouble(error);
      return { outcome: "failed", reason: "It could not be sent." };
    }
  }

  #nextTry(delivery: Delivery, attempts: number, nowMs: number): number | undefined {
    if (delivery.outcome !== "failed") return undefined;
    const { retryAfterMs } = delivery;
    const waitMs = retryWaitMs({ attempts, retryAfterMs, random: this.#random });
    return waitMs === undefined ? undefined : Math.round(nowMs + waitMs);
  }

  /** Until it is noted the message counts as under way: a full disk must not make us send it over and over. */
  async #note(write: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        this.#onTrouble(error);
        await this.#clock.sleep(troubleWaitMs, { signal: this.#abort.signal });
      }
    }
  }
}

function reportedOutcome(
  { outcome }: Delivery,
  dueAtMs: number | undefined,
): DeliveryReport["outcome"] {
  if (outcome === "delivered") return "delivered";
  return dueAtMs === undefined ? "given_up" : "will_retry";
}
