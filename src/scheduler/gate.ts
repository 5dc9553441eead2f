/**
 * Whether a call may start now, besides the limit: the first call goes alone, a service that asks for a pause gets it, one that
 * is down is only probed, and after long enough it is given up. No clocks: everybody who asks brings the time, ms.
 */
import { obeyedMs } from "./backoff.ts";
import { Circuit, type Probe } from "./circuit.ts";

/** How long the others wait for the first call's answer: it may say that the model or the voice is unknown. */
const firstCallMs = 75;
/** A service that was given up is given its patience anew when nobody has asked for this long. */
const forgiveAfterMs = 60_000;

export type Entry = {
  readonly isFirst: boolean;
  readonly probe?: Probe | undefined;
};

/**
 * What a call's end says about the service: `answered` is a failure of this call alone, `refused` means too many at once, and
 * `unheard` that the service was not asked to the end.
 */
export type Ending = "ok" | "answered" | "refused" | "failed" | "unheard";

/** What an ending changed for everybody. */
export type Turn = { readonly is: "down" } | { readonly is: "back"; readonly afterMs: number };

export class Gate {
  readonly #circuit = new Circuit();
  readonly #isGuarded: boolean;
  readonly #outageMs: number;
  /** Time the first call started, until it has ended or the others need not wait for it any more. */
  #first: "missing" | "over" | { readonly startedAt: number };
  #pausedUntil = Number.NEGATIVE_INFINITY;
  /** Since when the service has been down or has only refused; absent when it is well. */
  #badSince: number | undefined;
  #lastEndedAt = 0;
  #isGivenUp = false;

  /**
   * @param isGuarded false for an engine of this machine: it starts whenever there is a slot.
   * @param outageMs how long the service may be down or refuse everything.
   */
  constructor({ isGuarded, outageMs }: { isGuarded: boolean; outageMs: number }) {
    this.#first = isGuarded ? "missing" : "over";
    this.#isGuarded = isGuarded;
    this.#outageMs = outageMs;
  }

  /** Whether the service is down; tries made now count for nobody. */
  get isDown(): boolean {
    return this.#circuit.isOpen;
  }

  /** Whether patience has ended: whoever would have to wait fails instead, until a probe succeeds. */
  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  mayStart(now: number): boolean {
    if (now < this.#pausedUntil || !this.#circuit.mayStart(now)) return false;
    return typeof this.#first === "string" || now >= this.#first.startedAt + firstCallMs;
  }

  /** Only after {@link Gate.mayStart}. */
  started(now: number): Entry {
    const isFirst = this.#first === "missing";
    this.#first = isFirst ? { startedAt: now } : "over";
    return { isFirst, probe: this.#circuit.started() };
  }

  /** @returns what changed for everybody, if anything did. */
  ended(
    { isFirst, probe }: Entry,
    ending: Ending,
    { now, pauseMs = 0 }: { readonly now: number; readonly pauseMs?: number | undefined },
  ): Turn | undefined {
    // A first call that was cancelled has told nothing: the next one goes alone.
    if (isFirst && this.#first !== "over") this.#first = ending === "unheard" ? "missing" : "over";
    this.#lastEndedAt = now;
    if (ending === "unheard") {
      this.#circuit.cancelled(probe);
      return undefined;
    }
    if (ending === "ok" || ending === "answered") return this.#wentWell(now);
    this.#pausedUntil = Math.max(this.#pausedUntil, now + obeyedMs(pauseMs));
    if (ending === "refused") {
      this.#badSince ??= now;
      this.#circuit.refused(now, probe);
      return undefined;
    }
    if (!this.#isGuarded || !this.#circuit.failed(now, probe)) return undefined;
    this.#badSince ??= now;
    return { is: "down" };
  }

  /** Lets patience run out. @returns true when it did so just now: everybody who waits is to be failed. */
  tick(now: number): boolean {
    if (this.#isGivenUp || this.#badSince === undefined) return false;
    if (now < this.#badSince + this.#outageMs) return false;
    this.#isGivenUp = true;
    this.#circuit.open(now);
    return true;
  }

  /** A call comes while no other is there. */
  awake(now: number): void {
    if (this.#isGivenUp && now >= this.#lastEndedAt + forgiveAfterMs) this.#isGivenUp = false;
    if (this.isDown && !this.#isGivenUp) this.#badSince = now;
  }

  /** The last call has left: patience is for those who wait. */
  asleep(): void {
    this.#badSince = undefined;
  }

  /** The next time at which an answer of the gate changes by itself; absent when it only waits for calls to end. */
  nextChange(now: number): number | undefined {
    const times = [
      this.#pausedUntil,
      this.#circuit.probeAt ?? now,
      typeof this.#first === "string" ? now : this.#first.startedAt + firstCallMs,
    ].filter((time) => time > now);
    // Patience that has run out stays due until somebody has noticed.
    if (!this.#isGivenUp && this.#badSince !== undefined) {
      times.push(this.#badSince + this.#outageMs);
    }
    return times.length === 0 ? undefined : Math.min(...times);
  }

  #wentWell(now: number): Turn | undefined {
    this.#badSince = undefined;
    this.#isGivenUp = false;
    const afterMs = this.#circuit.succeeded(now);
    return afterMs === undefined ? undefined : { is: "back", afterMs };
  }
}
