/** What a service said to a request, and the call that wants to hear of it: for everything that asks services. */
import type { Call } from "./call.ts";

/** What a service said to one request, good or bad. Engines that ask nobody report none. */
export type ServiceReply = {
  /** HTTP status. */
  readonly status: number;
  /** Bytes of the body that arrived. */
  readonly bytes: number;
  /** How long the service asks to be left alone, ms, as it said it: not capped. */
  readonly retryAfterMs?: number;
  /** How many calls at once the service says it allows this key. */
  readonly allowedAtOnce?: number;
};

/** A call to something that may ask a service, and what its caller wants to hear about it. */
export type AskCall = Call & {
  /** Called once for every answer of a service, when its body has been read or has failed; must not throw. */
  readonly onReply?: (reply: ServiceReply) => void;
};
