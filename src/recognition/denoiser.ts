/** Takes the noise out of a sound before somebody listens for words in it, in a child process. */
import type { Call } from "../core/call.ts";
import { listeningRate } from "../core/sound.ts";
import { openSherpa } from "./sherpa-host.ts";
import { soundBlocks } from "./sound-blocks.ts";

export type Denoiser = AsyncDisposable & {
  /** Model and library: what the sound depends on. */
  readonly version: string;
  /** Gives back the whole sound, sample for sample as long, in pieces of about 20 s. Errors as in `Recognizer.recognize`. */
  denoise(pieces: AsyncIterable<Int16Array>, call?: Call): AsyncIterable<Int16Array>;
  close(): Promise<void>;
};

/** Seconds. The model needs a moment of sound before a block to know the noise. */
const lengths = { block: 20, lead: 1, tail: 0.5 };

/**
 * Opens the GTCRN denoiser. No process starts before sound comes.
 *
 * @param model absolute path of `gtcrn.onnx`.
 * @throws DubberError `engine_unavailable` when sherpa-onnx is not installed; from `denoise` as `openSileroDetector`.
 */
export async function openDenoiser({ model }: { readonly model: string }): Promise<Denoiser> {
  const host = await openSherpa({ task: "denoise", model }, { title: "The denoiser gtcrn" });
  return {
    version: `gtcrn ${host.version}`,
    async *denoise(pieces, call) {
      for await (const { from, to, start, samples } of soundBlocks(pieces, lengths)) {
        const clean = (await host.ask({ samples }, call)) as Int16Array;
        const sampleAt = (seconds: number) => Math.round((seconds - start) * listeningRate);
        yield clean.subarray(sampleAt(from), sampleAt(to));
      }
    },
    close: () => host.close(),
    [Symbol.asyncDispose]: () => host.close(),
  };
}
