/** Names of speech clips: made from what decides the sound, so that a name never has to be checked for age. */
import { hashValue } from "../core/hash.ts";
import type { SpeechRequest } from "./synthesizer.ts";
import { recordingHash } from "./voice-recording.ts";

/** Everything that decides how a clip sounds. */
export type ClipIdentity = SpeechRequest & {
  /** `Synthesizer.name`. */
  readonly engine: string;
  /** `Synthesizer.version`: the engine's version, model and settings. */
  readonly version: string;
};

/**
 * The file name of a clip: 64 hexadecimal digits and `.wav`. The same identity always has the same name, any
 * other has another; members that are `undefined` do not count, and a speed of 1 is the same as none.
 */
export function clipName({
  engine,
  version,
  text,
  voice,
  recording,
  language,
  speed,
  instructions,
  seed,
  previousText,
  nextText,
}: ClipIdentity): string {
  const identity = {
    ...{ engine, version, text, voice, language, instructions, seed, previousText, nextText },
    speed: speed === 1 ? undefined : speed,
    recording: recording && { hash: recordingHash(recording), text: recording.text },
  };
  return `${hashValue(identity)}.wav`;
}
