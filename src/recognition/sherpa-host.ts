/** A supervised sherpa-onnx child, as its parent sees it: one task, one model, a method that may be called again and again. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { siblingModule } from "../core/sibling-module.ts";
import { listeningRate } from "../core/sound.ts";
import { EngineHost } from "../host/engine-host.ts";
import type { SherpaRequest, SherpaSettings } from "./sherpa-settings.ts";
import { sherpaVersion } from "./sherpa-version.ts";

export type SherpaHost = AsyncDisposable & {
  /** Of the library: `sherpa-onnx-node 1.13.8`. */
  readonly version: string;
  readonly lanes: number;
  /**
   * Asks the child; calls know nothing of each other, so one that meets a child's death is answered by the next child.
   *
   * @throws DubberError `model_missing`, `model_corrupt`, `engine_unavailable`, `engine_failed`; the signal's reason.
   */
  ask(request: SherpaRequest, call?: Call): Promise<unknown>;
  close(): Promise<void>;
};

/** Loading the largest models from a slow disk takes most of a minute. */
const startTimeoutMs = 120_000;
/** What a call may take, and so much more for each second of sound: large models on small machines are slower than time. */
const callTimeoutMs = 60_000;
const timeoutMsPerSecond = 10_000;

/**
 * Opens a host for one model. No process starts before the first call.
 *
 * @param title begins messages: "The recogniser whisper-tiny".
 * @param lanes processes at most; each loads the model. Default 1.
 * @throws DubberError `engine_unavailable` when sherpa-onnx is not installed.
 */
export async function openSherpa(
  settings: SherpaSettings,
  { title, lanes = 1 }: { readonly title: string; readonly lanes?: number },
): Promise<SherpaHost> {
  const version = await sherpaVersion();
  const host = new EngineHost({
    title,
    modulePath: siblingModule(import.meta.url, "sherpa-engine"),
    settings,
    version,
    lanes,
    startTimeoutMs,
  });
  return {
    version,
    lanes,
    async ask(request, { signal } = {}) {
      signal?.throwIfAborted();
      const seconds = request.samples.length / listeningRate;
      const timeoutMs = callTimeoutMs + seconds * timeoutMsPerSecond;
      try {
        return await host.call(settings.task, request, { ...(signal && { signal }), timeoutMs });
      } catch (error) {
        throw withHint(error);
      }
    },
    close: () => host.close(),
    [Symbol.asyncDispose]: () => host.close(),
  };
}

/** A child that died has most likely been given a bad model: sherpa-onnx ends the process over one. */
function withHint(error: unknown): unknown {
  const hasDied = error instanceof DubberError && error.cause instanceof Error;
  if (!hasDied || !["engine_failed", "engine_unavailable"].includes(error.code)) return error;
  const { code, message, retryable, cause } = error;
  const hint = "Its model may be damaged or of another kind. Look with: dubber models verify";
  return new DubberError(code, message, { hint, retryable, cause });
}
