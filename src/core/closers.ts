/** What was opened one after the other, to be closed in the other order: as `AsyncDisposableStack`, which Node 22 does not have. */

export class Closers {
  readonly #all: (() => unknown)[] = [];

  /** Remembers what closes something; called once, after everything that is added later. */
  add(close: () => unknown): void {
    this.#all.push(close);
  }

  /** Remembers something that can be disposed. @returns it. */
  use<T extends AsyncDisposable>(resource: T): T {
    this.add(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  /**
   * Closes everything, one after the other, even where one of them fails.
   *
   * @throws the first failure, when all have been closed.
   */
  async close(): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    for (let next = this.#all.pop(); next !== undefined; next = this.#all.pop()) {
      try {
        await next();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
  }
}
