/** How many calls may be in flight: what the dispatcher tells the one who decides it. No clocks, no sockets. */

/** What a call brings back when it ends. */
export type Ticket = {
  /** Calls in flight when it started, itself among them. */
  readonly level: number;
  /** How often the limit had been halved before it started. */
  readonly era: number;
};

export type Finished = {
  readonly ms: number;
  /** How much was asked for, in whatever unit. */
  readonly size: number;
};

export interface LimitPolicy {
  /** Calls in flight at most, now. */
  readonly limit: number;
  /** What was found so far, to begin with next time; absent when nothing was. */
  readonly found: number | undefined;
  /** The same, once it has held for a good while. */
  readonly settled: number | undefined;
  /** Starts from what another run found; does nothing when this run has found something itself. */
  remember(limit: number): void;
  /** @param inFlight calls in flight, the one that starts among them. */
  started(inFlight: number): Ticket;
  succeeded(ticket: Ticket, finished: Finished): void;
  /** The service refused it as one too many, or said that it is overloaded. */
  throttled(ticket: Ticket): void;
  /** The service says how many calls at once it allows. */
  allowedAtOnce(allowed: number): void;
}
