/** Who listens while a task is being spoken. In memory: a listener is a connection of this process. */

/** Takes samples as they are spoken. */
export type SoundSink = {
  /**
   * Resolves when there is room for more.
   *
   * @param sampleRate Hz; given with the first samples at the latest.
   * @throws when nobody listens any more.
   */
  write(samples: Int16Array, sampleRate?: number): Promise<void>;
  /** All has been said. */
  end(): Promise<void>;
  /** It broke off; the listener must be able to tell. */
  fail(error: unknown): void;
};

export class Sinks {
  readonly #sinks = new Map<string, SoundSink>();

  get(taskId: string): SoundSink | undefined {
    return this.#sinks.get(taskId);
  }

  /** @returns takes it away again. */
  add(taskId: string, sink: SoundSink): () => void {
    this.#sinks.set(taskId, sink);
    return () => void this.#sinks.delete(taskId);
  }
}
