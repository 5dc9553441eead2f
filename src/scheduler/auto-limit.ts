/**
 * Where the limit goes when it is to be found: up while more calls at once bring more, down when the service
 * refuses. No clocks and no sockets: it is fed with what happened. After TCP's additive increase, multiplicative decrease.
 */
import type { Finished, LimitPolicy, Ticket } from "./limit-policy.ts";
import { type Gain, Throughput } from "./throughput.ts";

/** Up to this level calls are taken not to wait for each other; the first few of them are what the others are compared with. */
const lowLevel = 3;
/** As long as there is no refusal, how far beyond the level that is known to work the limit may go. */
const reach = 1.5;
/** Calls, at least, after which a comparison that is not clear is decided as it looks. */
const patience = 10;
/** Calls that make a measure to decide by. */
const wellMeasured = 8;

export class AutoLimit implements LimitPolicy {
  #limit: number;
  /** The most it may be, as asked for, and after what the service allows. */
  readonly #most: number;
  #highest: number;
  /** The level that is known to work while the next is known not to; absent before the first refusal. */
  #ceiling: number | undefined;
  /** Whether the ceiling was found by a refusal; then the way up is probed in small steps. */
  #isRefusing = false;
  #era = 0;
  /** Whether a call has succeeded since the last halving: refusals alone tell nothing new. */
  #hasNews = true;
  /** Successes at the ceiling, and how many of them make the next probe worth while. */
  #stretch = 0;
  #longEnough = 0;
  /** How far above the ceiling the next probe goes. */
  #step = 1;
  /** The highest level at which calls hardly wait for each other, as far as is known before the first refusal. */
  #known = 2;
  #base = new Throughput();
  #fresh = new Throughput();
  #settled: number | undefined;
  #allowed: number | undefined;

  /** @param highest the most it may ever be, a whole number ≥ 1. */
  constructor(highest: number) {
    this.#most = highest;
    this.#highest = highest;
    this.#limit = Math.min(2, highest);
  }

  /** Calls in flight at most, now. */
  get limit(): number {
    return this.#limit;
  }

  /** What was found so far; absent before the first success. */
  get found(): number | undefined {
    return this.#ceiling ?? (this.#base.count > 0 ? this.#base.highestLevel : undefined);
  }

  /** The ceiling that held for a good stretch; absent before that. */
  get settled(): number | undefined {
    return this.#settled;
  }

  /** Starts from what another run found. Comes too late when this run has found something itself. */
  remember(limit: number): void {
    if (!(Number.isSafeInteger(limit) && limit >= 1)) return;
    if (this.#ceiling !== undefined || this.#base.count > 0) return;
    this.#settleAt(Math.min(limit, this.#highest));
    this.#limit = this.#ceiling ?? this.#limit;
    // It may be what a short run had reached, or yesterday's.
    this.#longEnough = Math.max(20, 2 * this.#limit);
  }

  /** @param inFlight calls in flight, the one that starts among them. */
  started(inFlight: number): Ticket {
    return { level: inFlight, era: this.#era };
  }

  succeeded(ticket: Ticket, finished: Finished): void {
    this.#hasNews = true;
    if (this.#ceiling === undefined) this.#climbFreely(ticket, finished);
    else this.#climbTo(this.#ceiling, ticket, finished);
  }

  /** The service refused it as one too many, or said that it is overloaded. */
  throttled({ level, era }: Ticket): void {
    const works = Math.max(1, level - 1);
    if (era < this.#era) {
      // It set off before the halving: it only says more exactly where the wall is.
      this.#ceiling = Math.min(this.#ceiling ?? works, works);
      this.#limit = Math.min(this.#limit, this.#ceiling);
      if (this.#settled !== undefined) this.#settled = Math.min(this.#settled, this.#ceiling);
      return;
    }
    if (!this.#hasNews) return;
    this.#hasNews = false;
    this.#era += 1;
    this.#isRefusing = true;
    const ceiling = this.#ceiling;
    if (ceiling !== undefined && this.#limit > ceiling && works >= ceiling) {
      this.#endProbe(works);
      return;
    }
    this.#settled = undefined;
    this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, level) / 2));
    this.#settleAt(Math.min(ceiling ?? works, works));
  }

  /** The service says how many calls at once it allows: no need to search. */
  allowedAtOnce(allowed: number): void {
    if (!(Number.isSafeInteger(allowed) && allowed >= 1)) return;
    if (allowed === this.#allowed) return;
    this.#allowed = allowed;
    this.#highest = Math.min(this.#most, allowed);
    this.#settleAt(this.#highest);
    this.#limit = this.#highest;
  }

  /** Before the first refusal: two more for each success, but never far beyond what is known to bring more. */
  #climbFreely(ticket: Ticket, finished: Finished): void {
    if (ticket.level <= Math.max(lowLevel, this.#base.highestLevel)) {
      this.#base.add(ticket.level, finished);
    } else {
      this.#fresh.add(ticket.level, finished);
    }
    const gain = this.#fresh.gainOver(this.#base);
    const isEnough = this.#fresh.count >= Math.max(patience, 2 * this.#limit);
    const isMeasured = this.#base.count >= wellMeasured;
    if (gain.isWorthIt === false || (isEnough && isMeasured && !gain.looksWorthIt)) {
      this.#settleAt(usefulLevel(gain));
      this.#limit = Math.min(this.#limit, this.#ceiling ?? this.#limit);
      return;
    }
    if (gain.isWorthIt) {
      this.#known = Math.max(this.#known, this.#fresh.highestLevel / Math.max(1, gain.slower));
      this.#base.addAll(this.#fresh);
      this.#fresh = new Throughput();
    } else if (isEnough) {
      // The first few calls were a bad measure; these are a better one.
      this.#known = this.#fresh.highestLevel;
      this.#base = this.#fresh;
      this.#fresh = new Throughput();
    }
    const farthest = Math.min(Math.round(reach * this.#known) + 2, this.#highest);
    this.#limit = Math.max(this.#limit, Math.min(this.#limit + 2, farthest));
  }

  /** After it: back to the ceiling quickly, and above it only after a good stretch. */
  #climbTo(ceiling: number, ticket: Ticket, finished: Finished): void {
    if (this.#limit < ceiling) {
      this.#limit += 1;
      return;
    }
    if (this.#limit > ceiling) {
      if (ticket.level > ceiling && ticket.era === this.#era)
        this.#fresh.add(ticket.level, finished);
      const enough = this.#isRefusing ? Math.max(10, this.#limit) : Math.max(20, 2 * this.#limit);
      if (this.#fresh.count < enough) return;
      // A service that refuses what is too much may have one more as long as nothing speaks against it.
      const { isWorthIt = this.#isRefusing || undefined } = this.#fresh.gainOver(this.#base);
      if (isWorthIt === undefined && this.#fresh.count < 3 * enough) return;
      if (isWorthIt) this.#probeWentWell();
      else this.#endProbe(ceiling);
      return;
    }
    this.#base.add(ticket.level, finished);
    this.#stretch += 1;
    if (this.#stretch < this.#longEnough) return;
    this.#settled = ceiling;
    const step = this.#isRefusing ? this.#step : Math.max(this.#step, Math.ceil(ceiling / 4));
    this.#limit = Math.min(this.#highest, ceiling + step);
    this.#stretch = 0;
  }

  #probeWentWell(): void {
    const longEnough = Math.max(10, this.#limit, Math.ceil(this.#longEnough / 2));
    const step = this.#step * 2;
    this.#settleAt(this.#limit);
    this.#longEnough = longEnough;
    this.#step = step;
  }

  #endProbe(ceiling: number): void {
    const longEnough = this.#longEnough * 2;
    this.#settleAt(ceiling);
    this.#limit = ceiling;
    this.#longEnough = longEnough;
  }

  #settleAt(ceiling: number): void {
    this.#ceiling = ceiling;
    this.#stretch = 0;
    this.#longEnough = this.#isRefusing ? Math.max(20, 8 * ceiling) : Math.max(10, 4 * ceiling);
    this.#step = 1;
    this.#base = new Throughput();
    this.#fresh = new Throughput();
  }
}

/** The level at which all that was gained would have been gained without anybody waiting. */
function usefulLevel({ level, ratio }: Gain): number {
  return Math.max(1, Math.round(level * ratio));
}
