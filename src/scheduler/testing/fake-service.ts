/** A service for the scheduler's tests: scripted answers on a clock that is passed in, and a record of what came. It speaks. */
import type { Clock } from "../../core/clock.ts";
import { DubberError, type ErrorCode } from "../../core/error.ts";
import type { AskCall, ServiceReply } from "../../core/service-reply.ts";
import type { Askable } from "../contract.ts";

/** One answer. Without anything: a good one after no time at all. */
export type Answer = {
  /** How long it takes, ms; `never` until the call is cancelled, `deaf` not even then. */
  readonly afterMs?: number | "never" | "deaf";
  /** What it fails with; retryable by itself for `rate_limited` and `service_down`. */
  readonly error?: ErrorCode;
  readonly isRetryable?: boolean;
  /** Thrown as it is, instead of `error`. */
  readonly thrown?: unknown;
  /** Told besides a fitting status and 100 bytes; `none` when no answer arrives. */
  readonly reply?: Partial<ServiceReply> | "none";
  readonly sampleRate?: number;
  readonly warnings?: readonly string[];
};

/** What is asked for. */
export type FakeRequest = { readonly text: string; readonly voice: string };
export type FakeResult = {
  /** One sample per character, its character code. */
  readonly audio: Int16Array;
  readonly sampleRate: number;
  readonly warnings: readonly string[];
};

/** A call as it reached the service. */
export type Received<Request extends FakeRequest = FakeRequest> = {
  readonly request: Request;
  /** From 0, in the order they came. */
  readonly index: number;
  /** Ms of the clock. */
  readonly at: number;
  /** Calls the service was busy with, this one among them. */
  readonly inFlight: number;
  readonly signal: AbortSignal | undefined;
};

export type FakeService<Request extends FakeRequest> = Askable<Request, FakeResult> & {
  readonly received: readonly Received<Request>[];
  /** The most it was ever busy with. */
  readonly mostInFlight: number;
  /** How often it was closed. */
  readonly closings: number;
  /** What it is busy with now. */
  readonly inFlight: number;
};

export type FakeServiceOptions<Request extends FakeRequest = FakeRequest> = {
  readonly clock: Clock;
  readonly answer?: (received: Received<Request>) => Answer | Promise<Answer>;
  /** Absent: it has none. */
  readonly check?: NonNullable<Askable<Request, FakeResult>["check"]>;
  readonly place?: "local" | "service";
  readonly lanes?: number;
};

const statuses: Partial<Record<ErrorCode, number>> = {
  rate_limited: 429,
  quota_exhausted: 429,
  service_down: 500,
  key_refused: 401,
  unknown_model: 404,
};

/** Opens a service. */
export function fakeService<Request extends FakeRequest = FakeRequest>({
  clock,
  answer = () => ({}),
  check,
  place = "service",
  lanes = 1_000,
}: FakeServiceOptions<Request>): FakeService<Request> {
  const received: Received<Request>[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  let closings = 0;

  async function ask(request: Request, { signal, onReply }: AskCall = {}) {
    signal?.throwIfAborted();
    inFlight += 1;
    mostInFlight = Math.max(mostInFlight, inFlight);
    try {
      const one = { request, index: received.length, at: clock.now(), inFlight, signal };
      received.push(one);
      const { afterMs, error, reply, ...said } = await answer(one);
      if (afterMs === "deaf") await new Promise(() => {});
      if (afterMs === "never") await clock.sleep(1e12, signal ? { signal } : {});
      if (typeof afterMs === "number") await clock.sleep(afterMs, signal ? { signal } : {});
      if (place === "service" && reply !== "none") {
        const status = error === undefined ? 200 : (statuses[error] ?? 400);
        onReply?.({ status, bytes: 100, ...reply });
      }
      if (said.thrown !== undefined) throw said.thrown;
      if (error !== undefined) {
        const retryable =
          said.isRetryable ?? (error === "rate_limited" || error === "service_down");
        throw new DubberError(error, `The fake service says ${error}.`, { retryable });
      }
      const audio = Int16Array.from(request.text, (character) => character.charCodeAt(0));
      return { audio, sampleRate: said.sampleRate ?? 8000, warnings: said.warnings ?? [] };
    } finally {
      inFlight -= 1;
    }
  }

  const close = async () => {
    closings += 1;
  };
  return {
    ...{ name: "fake", title: "The fake service" },
    ...{ place, lanes, ask, close, received },
    ...(check && { check }),
    sizeOf: ({ text }) => text.length,
    aspectOf: ({ voice }) => voice,
    bytesOf: ({ audio }) => audio.byteLength,
    get mostInFlight() {
      return mostInFlight;
    },
    get closings() {
      return closings;
    },
    get inFlight() {
      return inFlight;
    },
  };
}

/** How much a call of these takes: 200 ms, give or take up to 30 %. */
function noisyMs(random: () => number): number {
  return 200 * (0.7 + 0.6 * random());
}

/** Serves `capacity` calls at once and refuses the others at once, with 429. */
export function refusing(capacity: number, random: () => number) {
  return ({ inFlight }: Received): Answer =>
    inFlight > capacity
      ? { error: "rate_limited", afterMs: 5 + 10 * random() }
      : { afterMs: noisyMs(random) };
}

/** Serves `capacity` calls at once; the others wait for their turn. */
export function queueing(capacity: number, random: () => number, clock: Clock) {
  const freeAt = new Array<number>(capacity).fill(0);
  return (): Answer => {
    freeAt.sort((a, b) => a - b);
    const startsAt = Math.max(clock.now(), freeAt[0] ?? 0);
    freeAt[0] = startsAt + noisyMs(random);
    return { afterMs: freeAt[0] - clock.now() };
  };
}
