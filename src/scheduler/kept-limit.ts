/** Asks for the limit of an earlier run, and keeps the one of this. What goes wrong with it is nobody's business. */
import type { LimitMemory } from "./contract.ts";

export class KeptLimit {
  readonly #memory: LimitMemory | undefined;
  #saving: Promise<void> = Promise.resolve();
  #saved: number | undefined;
  #isLoaded = false;

  constructor(memory: LimitMemory | undefined) {
    this.#memory = memory;
  }

  /** Tells what an earlier run found, if any did; asks only once. Nobody has to wait for it. */
  load(tell: (limit: number) => void): void {
    if (this.#memory === undefined || this.#isLoaded) return;
    this.#isLoaded = true;
    const memory = this.#memory;
    const load = async () => {
      const limit = await memory.load();
      if (limit !== undefined) tell(limit);
    };
    load().catch(() => {});
  }

  /** Keeps `limit` unless it is kept already; absent means that nothing was found. */
  save(limit: number | undefined): void {
    const memory = this.#memory;
    if (memory === undefined || limit === undefined || limit === this.#saved) return;
    this.#saved = limit;
    this.#saving = this.#saving.then(() => memory.save(limit)).catch(() => {});
  }

  /** Resolves when everything is kept. */
  async saved(): Promise<void> {
    await this.#saving;
  }
}
