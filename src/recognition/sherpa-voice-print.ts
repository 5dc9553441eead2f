/** A speaker embedding model inside its child: what somebody sounds like, as a list of numbers. */
import type { SpeakerEmbeddingExtractor } from "sherpa-onnx-node";
import { listeningRate } from "../core/sound.ts";
import { floatSamples } from "./sherpa-samples.ts";

/** Loads the model. The library ends the process when it is none. */
export async function openPrint(
  model: string,
  threads: number,
): Promise<(samples: Int16Array) => readonly number[]> {
  const { SpeakerEmbeddingExtractor } = (await import("sherpa-onnx-node")).default;
  const settings = { numThreads: threads, provider: "cpu", debug: 0 };
  const extractor = new SpeakerEmbeddingExtractor({ model, ...settings });
  return (samples) => printOf(extractor, samples);
}

/** Of length 1; empty when there is too little sound, which is for the model to say. */
function printOf(extractor: SpeakerEmbeddingExtractor, samples: Int16Array): readonly number[] {
  const stream = extractor.createStream();
  stream.acceptWaveform({ samples: floatSamples(samples), sampleRate: listeningRate });
  stream.inputFinished();
  if (!extractor.isReady(stream)) return [];
  const print = [...extractor.compute(stream, false)];
  const length = Math.hypot(...print);
  return length > 0 ? print.map((value) => value / length) : [];
}
