/** Who may run now: a queue in front of what is asked. How many may run, and when, is the doorkeeper's affair. */
import type { Call } from "../core/call.ts";

type Waiting<Pass> = {
  readonly enter: (pass: Pass) => void;
  previous?: Waiting<Pass> | undefined;
  next?: Waiting<Pass> | undefined;
};

/**
 * Lets calls in one after the other, in the order they came; a call that comes back for another try goes before all
 * new ones.
 */
export class Slots<Pass> {
  #inFlight = 0;
  readonly #admit: () => Pass | undefined;
  readonly #retries = new Queue<Waiting<Pass>>();
  readonly #newcomers = new Queue<Waiting<Pass>>();

  /**
   * @param admit asked before each start: a pass for the next call, which is then in flight, or `undefined` when it
   * has to wait. {@link Slots.advance} asks again.
   */
  constructor(admit: () => Pass | undefined) {
    this.#admit = admit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Resolves when it is this call's turn; give the slot back with {@link Slots.release}. Rejects with the signal's reason. */
  acquire({ isRetry, signal }: { readonly isRetry: boolean } & Required<Call>): Promise<Pass> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const queue = isRetry ? this.#retries : this.#newcomers;
      const waiting: Waiting<Pass> = {
        enter: (pass) => {
          signal.removeEventListener("abort", leave);
          resolve(pass);
        },
      };
      const leave = () => {
        queue.remove(waiting);
        reject(signal.reason);
      };
      signal.addEventListener("abort", leave, { once: true });
      queue.add(waiting);
      this.advance();
    });
  }

  /** Gives a slot back, and lets the next call in. */
  release(): void {
    this.#inFlight -= 1;
    this.advance();
  }

  /** Lets in whoever may start now. */
  advance(): void {
    for (;;) {
      const queue = this.#retries.first ? this.#retries : this.#newcomers;
      const waiting = queue.first;
      if (waiting === undefined) return;
      const pass = this.#admit();
      if (pass === undefined) return;
      this.#inFlight += 1;
      queue.remove(waiting);
      waiting.enter(pass);
    }
  }
}

/** A linked list: calls that are cancelled leave from the middle, however many wait. */
class Queue<Item extends { previous?: Item | undefined; next?: Item | undefined }> {
  first: Item | undefined;
  #last: Item | undefined;

  add(item: Item): void {
    item.previous = this.#last;
    if (this.#last) this.#last.next = item;
    else this.first = item;
    this.#last = item;
  }

  /** The item must be in the queue. */
  remove(item: Item): void {
    if (item.previous) item.previous.next = item.next;
    else this.first = item.next;
    if (item.next) item.next.previous = item.previous;
    else this.#last = item.previous;
    item.previous = undefined;
    item.next = undefined;
  }
}
