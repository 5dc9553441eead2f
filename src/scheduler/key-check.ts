/** Asks a service once whether it takes the key, before anything else: a wrong key then costs one request, however slow the answer. */
import type { Call } from "../core/call.ts";
import type { Clock } from "../core/clock.ts";
import { DubberError } from "../core/error.ts";
import { shareOnce } from "../service/shared-once.ts";
import type { Askable } from "./contract.ts";
import { withDeadline } from "./one-try.ts";

/** How long the calls wait for it; then they go on without. */
const patienceMs = 5_000;

type CheckedAskable = Pick<Askable<never, unknown>, "title" | "place" | "check">;

export class KeyCheck {
  readonly #askable: CheckedAskable;
  readonly #canAsk: boolean;
  readonly #clock: Clock;
  #share: (signal: AbortSignal) => Promise<void>;
  #isDone: boolean;

  /** An engine of this machine, or one without `check`, is not asked. */
  constructor(askable: CheckedAskable, clock: Clock) {
    this.#askable = askable;
    this.#clock = clock;
    this.#canAsk = askable.place === "service" && askable.check !== undefined;
    this.#isDone = !this.#canAsk;
    this.#share = this.#shared();
  }

  /** Whether {@link KeyCheck.pass} has been waited for already, or need not be. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /**
   * Asks, or waits for the answer somebody else has asked for. It ends when all who wait have gone.
   *
   * @throws DubberError `key_missing`, `key_refused`; the signal's reason, at once.
   */
  pass({ signal }: Required<Call>): Promise<void> {
    return this.#share(signal);
  }

  /** Lets it be asked again: the key was refused, and may have been mended. */
  again(): void {
    this.#isDone = !this.#canAsk;
    this.#share = this.#shared();
  }

  #shared(): (signal: AbortSignal) => Promise<void> {
    const ask = async (signal: AbortSignal): Promise<void> => {
      const askable = this.#askable;
      const { title } = askable;
      try {
        const options = { title, clock: this.#clock, timeoutMs: patienceMs, signal };
        await withDeadline(async (until) => askable.check?.({ signal: until }), options);
      } catch (error) {
        signal.throwIfAborted();
        if (isAboutKey(error)) throw error;
        // Anything else is found out by the first call, which knows what to make of it.
      }
      this.#isDone = true;
    };
    return shareOnce(ask, () => false);
  }
}

function isAboutKey(error: unknown): error is DubberError {
  return (
    error instanceof DubberError && (error.code === "key_missing" || error.code === "key_refused")
  );
}
