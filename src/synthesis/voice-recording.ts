/** A recording instead of a voice: who may be given one, and what it is called. What is in it is checked elsewhere. */
import { DubberError } from "../core/error.ts";
import { hashBytes } from "../core/hash.ts";
import { engineTitle } from "./engine-title.ts";
import type { SpeechRequest, Synthesizer, VoiceRecording } from "./synthesizer.ts";

/**
 * Lets a request pass, unless it brings a recording to an engine that cannot speak with one.
 *
 * @throws DubberError `engine_unsupported`.
 */
export function checkCloning(
  { recording }: Pick<SpeechRequest, "recording">,
  { name, features }: Pick<Synthesizer, "name" | "features">,
): void {
  if (recording === undefined || features.cloning) return;
  const message = `${engineTitle(name)} cannot speak with the voice of a recording.`;
  throw new DubberError("engine_unsupported", message, {
    hint: "Two engines can: cosyvoice, with COSYVOICE_URL set, and elevenlabs, with ELEVENLABS_API_KEY set.",
  });
}

/** Long recordings take milliseconds to hash, and every request with one asks for it. */
const hashes = new WeakMap<Uint8Array, string>();

/** The name of a recording's sound, whatever is said in it: SHA-256, 64 hexadecimal digits. */
export function recordingHash({ wav }: VoiceRecording): string {
  const hash = hashes.get(wav) ?? hashBytes(wav);
  hashes.set(wav, hash);
  return hash;
}
