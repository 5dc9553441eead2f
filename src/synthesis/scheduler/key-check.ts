/** Asks a service once whether it takes the key, before anybody speaks: a wrong key then costs one request, however slow the answer. */
import type { Call } from "../../core/call.ts";
import type { Clock } from "../../core/clock.ts";
import { DubberError } from "../../core/error.ts";
import { shareOnce } from "../service/shared-once.ts";
import type { Synthesizer } from "../synthesizer.ts";
import { withDeadline } from "./one-try.ts";

/** How long the lines wait for it; then they go on without. */
const patienceMs = 5_000;

export class KeyCheck {
  readonly #engine: Synthesizer;
  readonly #canAsk: boolean;
  readonly #clock: Clock;
  #share: (signal: AbortSignal) => Promise<void>;
  #isDone: boolean;

  /** An engine of this machine, or one without `check`, is not asked. */
  constructor(engine: Synthesizer, clock: Clock) {
    this.#engine = engine;
    this.#clock = clock;
    this.#canAsk = engine.place === "service" && engine.check !== undefined;
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
      const [engine, clock] = [this.#engine, this.#clock];
      try {
        const options = { engine, clock, timeoutMs: patienceMs, signal };
        await withDeadline(async (until) => engine.check?.({ signal: until }), options);
      } catch (error) {
        signal.throwIfAborted();
        if (isAboutKey(error)) throw error;
        // Anything else is found out by the first line, which knows what to make of it.
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
