/** The calls an engine has under way: each ends with its caller's signal, all end when the engine is closed. */
import { DubberError } from "../core/error.ts";

export type ServiceCalls = {
  /**
   * Runs `work` with a signal that follows the caller's and the engine's end. Nothing stays behind on the caller's signal.
   *
   * @throws the caller's reason; `engine_unavailable` when the engine is closed, before or meanwhile; what `work` throws.
   */
  run<Result>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result>;
  /** Ends all calls and refuses later ones; a second time does nothing. */
  close(): void;
};

/** @param title what is asked, for the message: `The voice engine openai`. */
export function trackCalls(title: string): ServiceCalls {
  const running = new Set<AbortController>();
  let isClosed = false;
  return {
    async run(signal, work) {
      signal?.throwIfAborted();
      if (isClosed) throw closedError(title);
      // Not AbortSignal.any: a signal that lives as long as the engine would remember every call.
      const controller = new AbortController();
      const abort = () => controller.abort(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      running.add(controller);
      try {
        return await work(controller.signal);
      } catch (error) {
        controller.signal.throwIfAborted();
        throw error;
      } finally {
        running.delete(controller);
        signal?.removeEventListener("abort", abort);
      }
    },
    close() {
      isClosed = true;
      for (const controller of running) controller.abort(closedError(title));
    },
  };
}

function closedError(title: string): DubberError {
  return new DubberError("engine_unavailable", `${title} is closed.`, {
    hint: "Open it again.",
  });
}
