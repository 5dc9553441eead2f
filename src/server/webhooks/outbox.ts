/** Messages that still have to be delivered, as the courier needs them. They are kept by the server's store. */

/** One message to one receiver. */
export type OutboxMessage = {
  /** `msg_…`, without dots; stays the same over all tries: the receiver's idempotency key. */
  readonly id: string;
  /** `href` of what `checkCallbackUrl` returned. */
  readonly url: string;
  /** Its `hostname`: the store can leave out hosts that are busy. */
  readonly host: string;
  /** The exact JSON that is signed and sent. */
  readonly body: string;
  /** Tries that failed so far; 0 for a new one. */
  readonly attempts: number;
  /** Unix ms; when it was written, for a new one. */
  readonly dueAtMs: number;
};

export type DueQuery = {
  readonly nowMs: number;
  /** ≥ 1. */
  readonly limit: number;
  /** What is being delivered at this moment. */
  readonly exceptIds: readonly string[];
  /** Hosts that get no more for now. Without this, the many messages of one slow host would hide everyone else's. */
  readonly exceptHosts: readonly string[];
};

export type FailedTry = {
  /** Tries so far, this one included. */
  readonly attempts: number;
  /** When to try again, Unix ms; undefined: never, the message has failed for good. */
  readonly dueAtMs: number | undefined;
  /** For people; no address, query or body in it. */
  readonly reason: string;
};

/** What is kept on disk. Only messages neither delivered nor given up are ever handed out; one courier per outbox. */
export interface Outbox {
  /** Messages due at `nowMs` or before, the longest due first. */
  due(query: DueQuery): Promise<readonly OutboxMessage[]>;
  /** The earliest due time later than `afterMs`, Unix ms; undefined when there is none. */
  nextDue(afterMs: number): Promise<number | undefined>;
  delivered(id: string): Promise<void>;
  failed(id: string, failed: FailedTry): Promise<void>;
}
