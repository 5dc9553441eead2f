/** The GTCRN denoiser inside its child. */
import { listeningRate } from "../core/sound.ts";
import { floatSamples, wholeSamples } from "./sherpa-samples.ts";

/** Loads the model. The library ends the process when it is none. */
export async function openDenoise(model: string): Promise<(samples: Int16Array) => Int16Array> {
  const { OfflineSpeechDenoiser } = (await import("sherpa-onnx-node")).default;
  const denoiser = new OfflineSpeechDenoiser({
    model: { gtcrn: { model }, numThreads: 1, provider: "cpu", debug: 0 },
  });
  return (samples) => {
    const sound = { samples: floatSamples(samples), sampleRate: listeningRate };
    const clean = wholeSamples(denoiser.run({ ...sound, enableExternalBuffer: false }).samples);
    // It works in frames and leaves out the last, unfinished one: that stays as it was.
    const whole = samples.slice();
    whole.set(clean.subarray(0, whole.length));
    return whole;
  };
}
