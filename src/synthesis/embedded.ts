/** The embedded voice: espeak-ng in child processes, one per core. Needs no key, no network and no system package. */
import type { Call } from "../core/call.ts";
import { siblingModule } from "../core/sibling-module.ts";
import type { Voice } from "../core/voice.ts";
import { EngineHost } from "../host/engine-host.ts";
import { clampSpeed } from "./clamp-speed.ts";
import { embeddedVersion } from "./embedded-version.ts";
import { engineTitle } from "./engine-title.ts";
import { speakableText } from "./speakable-text.ts";
import type {
  SpeechRequest,
  SpeechResult,
  Synthesizer,
  SynthesizerFeatures,
} from "./synthesizer.ts";
import { checkCloning } from "./voice-recording.ts";

const name = "embedded";
const title = "The embedded voice";
/** How long a text may take, ms, besides 20 ms a character. */
const longestCallMs = 60_000;
const features = {
  // espeak-ng takes 80 to 450 words a minute; 175 is its normal pace.
  speed: { min: 0.5, max: 2.5 },
  instructions: false,
  cloning: false,
  seed: false,
  context: false,
  // About three seconds of work, twenty minutes of sound.
  maxCharacters: 20_000,
} as const satisfies SynthesizerFeatures;

/**
 * Opens the embedded voice. No process starts before the first call, and only as many as there are calls.
 *
 * @param lanes processes at most, about 60 MB each; one per core by default.
 * @throws DubberError `engine_unavailable` when its optional package is not installed.
 */
export async function openEmbedded({ lanes }: { lanes?: number } = {}): Promise<Synthesizer> {
  const version = await embeddedVersion();
  const host = new EngineHost({
    title: engineTitle(name),
    modulePath: siblingModule(import.meta.url, "embedded-engine"),
    version,
    ...(lanes !== undefined && { lanes }),
  });
  let voices: readonly Voice[] | undefined;
  return {
    name,
    place: "local",
    version,
    lanes: host.lanes,
    features,
    async voices(call) {
      call?.signal?.throwIfAborted();
      voices ??= (await host.call("voices", undefined, call)) as readonly Voice[];
      return voices;
    },
    async findVoice(id, call) {
      call?.signal?.throwIfAborted();
      return (await host.call("findVoice", id, call)) as Voice;
    },
    async speak(request: SpeechRequest, call?: Call) {
      call?.signal?.throwIfAborted();
      checkCloning(request, { name, features });
      const warnings: string[] = [];
      const speed = clampSpeed(request.speed, { range: features.speed, title, warnings });
      if (request.instructions !== undefined) {
        warnings.push(`${title} cannot follow instructions; they were ignored.`);
      }
      const text = speakableText(request.text, features.maxCharacters);
      const result = (await host.call(
        "speak",
        { text, voice: request.voice, speed },
        { ...call, timeoutMs: longestCallMs + 20 * text.length },
      )) as SpeechResult;
      return { ...result, warnings: [...warnings, ...result.warnings] };
    },
    close: () => host.close(),
    [Symbol.asyncDispose]: () => host.close(),
  };
}
