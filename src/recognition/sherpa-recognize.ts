/** A recogniser inside its child: hears one part, window by window. */
import { listeningRate } from "../core/sound.ts";
import { quietWindows, type Window } from "./quiet-windows.ts";
import type { RecognitionResult } from "./recognizer.ts";
import { familyFacts, recognizerConfig } from "./sherpa-family.ts";
import { type HeardWindow, readResult } from "./sherpa-result.ts";
import { floatSamples } from "./sherpa-samples.ts";
import type { RecognizerFamily, RecognizerFiles, SherpaRequest } from "./sherpa-settings.ts";
import { loudestMomentDb } from "./sound-level.ts";

/** A window that is nowhere louder, dBFS, is silent: recognisers invent words for it. */
const silentDb = -65;

/** What a network that fails looks like in Moonshine and Whisper: the library swallows the failure and gives an empty result. */
const nothingHeard =
  "A part that is not silent gave no result at all. If somebody speaks in it, look for damaged models with: dubber models verify";

/** Loads the model. The library ends the process when its files are none, or belong to another family. */
export async function openRecognize({
  family,
  files,
  threads,
}: {
  readonly family: RecognizerFamily;
  readonly files: RecognizerFiles;
  readonly threads: number;
}): Promise<(request: SherpaRequest) => RecognitionResult> {
  const { OfflineRecognizer } = (await import("sherpa-onnx-node")).default;
  const recognizer = new OfflineRecognizer(recognizerConfig(family, files, { threads }));
  let expected: string | undefined;
  const hear = (samples: Int16Array): unknown => {
    const stream = recognizer.createStream();
    stream.acceptWaveform({ samples: floatSamples(samples), sampleRate: listeningRate });
    recognizer.decode(stream);
    return recognizer.getResult(stream);
  };
  return ({ samples, language }) => {
    if (language !== expected) {
      const listening = { threads, ...(language !== undefined && { language }) };
      recognizer.setConfig(recognizerConfig(family, files, listening));
      expected = language;
    }
    return recognizeWindows(samples, familyFacts[family].window, hear);
  };
}

/**
 * Hears a sound in windows cut where it is quiet, and puts together what was heard.
 *
 * @param longest seconds of a window.
 * @param hear what the library says about one window: its JSON, parsed.
 */
export function recognizeWindows(
  samples: Int16Array,
  longest: number,
  hear: (samples: Int16Array) => unknown,
): RecognitionResult {
  const heard: HeardWindow[] = [];
  for (const window of quietWindows(samples, longest)) {
    const sound = samples.subarray(window.from, window.to);
    if (loudestMomentDb(sound, 0, sound.length) < silentDb) continue;
    heard.push(readResult(hear(sound), secondsOf(window)));
  }
  const isBlank = ({ phrases, language }: HeardWindow) => phrases.length === 0 && !language;
  const spoken = heard.filter(({ phrases }) => phrases.length > 0);
  const language = spoken.find((window) => window.language !== undefined)?.language;
  return {
    phrases: spoken.flatMap(({ phrases }) => phrases),
    hasTimes: spoken.every(({ hasTimes }) => hasTimes),
    ...(language !== undefined && { language }),
    warnings: heard.length > 0 && heard.every(isBlank) ? [nothingHeard] : [],
  };
}

function secondsOf({ from, to }: Window): { readonly start: number; readonly end: number } {
  return { start: from / listeningRate, end: to / listeningRate };
}
