/** The Silero model inside its child: where speech is in one stretch of sound. */
import type { Vad } from "sherpa-onnx-node";
import type { Slot } from "../core/segment.ts";
import { listeningRate } from "../core/sound.ts";
import { floatSamples } from "./sherpa-samples.ts";
import { refineStart } from "./speech-onset.ts";

/** Samples the model takes at a time; version 5 of it takes nothing else. */
const windowSize = 512;
/** Seconds. Measured on `jfk.wav`: with these every phrase begins and ends within 30 ms of its reference, before any correction. */
const minSilenceDuration = 0.25;
const minSpeechDuration = 0.25;
/**
 * Seconds. Past it the library raises its threshold to 0.9 until the speech ends; a stretch of sound is shorter. Very large numbers overflow
 * to negative ones, and then the threshold is always 0.9.
 */
const maxSpeechDuration = 120;

/** Loads the model. The library ends the process when it is none. */
export async function openVad(model: string): Promise<(samples: Int16Array) => readonly Slot[]> {
  const { Vad } = (await import("sherpa-onnx-node")).default;
  const settings = { threshold: 0.5, minSilenceDuration, minSpeechDuration, maxSpeechDuration };
  const vad = new Vad(
    {
      sileroVad: { model, windowSize, ...settings },
      sampleRate: listeningRate,
      numThreads: 1,
      provider: "cpu",
      debug: false,
    },
    maxSpeechDuration,
  );
  return (samples) => {
    vad.reset();
    const found: Slot[] = [];
    const sound = floatSamples(samples);
    // More at once would blur the times: the library asks whether any of its windows was speech.
    for (let at = 0; at < sound.length; at += windowSize) {
      vad.acceptWaveform(sound.subarray(at, at + windowSize));
      collect(vad, samples, found);
    }
    vad.flush();
    collect(vad, samples, found);
    return found;
  };
}

function collect(vad: Vad, sound: Int16Array, found: Slot[]): void {
  for (; !vad.isEmpty(); vad.pop()) {
    const { start, samples } = vad.front(false);
    const end = start + samples.length;
    const onset = Math.min(refineStart(sound, start), end);
    if (end > onset) found.push({ start: onset / listeningRate, end: end / listeningRate });
  }
}
