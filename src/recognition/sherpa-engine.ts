/**
 * sherpa-onnx inside its child process; the only way Dubber loads it. Its native code ends the process over a model it dislikes, so what
 * can be seen from outside is refused here first, in words, and the host turns the rest into errors.
 */
import { DubberError } from "../core/error.ts";
import { keepHeapSmall } from "../core/small-heap.ts";
import type { HostedEngine } from "../host/engine-protocol.ts";
import { openDenoise } from "./sherpa-denoise.ts";
import { openDiarize } from "./sherpa-diarize.ts";
import { checkModelFile } from "./sherpa-model-file.ts";
import { openRecognize } from "./sherpa-recognize.ts";
import type { SherpaRequest, SherpaSettings } from "./sherpa-settings.ts";
import { openVad } from "./sherpa-vad.ts";
import { sherpaVersion } from "./sherpa-version.ts";
import { openPrint } from "./sherpa-voice-print.ts";

/**
 * Loads one model; the engine then has one method, of the task's name, that takes a `SherpaRequest`.
 *
 * @throws DubberError `engine_unavailable` without the library, `model_missing`, `model_corrupt`, `unreadable`.
 */
export async function openEngine(given: unknown): Promise<HostedEngine> {
  // Each window of 32 ms leaves garbage behind: 340 MB of it after an hour of sound, 130 MB this way.
  keepHeapSmall();
  const settings = given as SherpaSettings;
  const version = await sherpaVersion();
  for (const path of filesOf(settings)) await checkModelFile(path);
  await loadLibrary();
  return { version, methods: await methodsOf(settings) };
}

function filesOf(settings: SherpaSettings): readonly string[] {
  switch (settings.task) {
    case "vad":
    case "denoise":
      return [settings.model];
    case "recognize":
      return Object.values(settings.files);
    case "diarize":
      return [settings.segmentation, settings.embedding];
    case "voice-print":
      return [settings.embedding];
  }
}

async function loadLibrary(): Promise<void> {
  try {
    await import("sherpa-onnx-node");
  } catch (cause) {
    throw new DubberError("engine_unavailable", "sherpa-onnx has no build for this machine.", {
      hint: "Reinstall Dubber's dependencies without --omit=optional, or use a service: --stt openai",
      cause,
    });
  }
}

async function methodsOf(settings: SherpaSettings): Promise<HostedEngine["methods"]> {
  const onSamples = (work: (samples: Int16Array) => unknown) => (request: unknown) =>
    work((request as SherpaRequest).samples);
  switch (settings.task) {
    case "vad":
      return { vad: onSamples(await openVad(settings.model)) };
    case "denoise":
      return { denoise: onSamples(await openDenoise(settings.model)) };
    case "voice-print":
      return { "voice-print": onSamples(await openPrint(settings.embedding, settings.threads)) };
    case "recognize": {
      const recognize = await openRecognize(settings);
      return { recognize: (request) => recognize(request as SherpaRequest) };
    }
    case "diarize": {
      const diarize = await openDiarize(settings);
      return { diarize: (request) => diarize(request as SherpaRequest) };
    }
  }
}
