/** An engine with one voice only, somebody's own: for the pipeline it is like any other. */
import { hashValue } from "../../core/hash.ts";
import type { ScheduledSynthesizer } from "../../synthesis/schedule.ts";
import type { OwnVoice } from "./dub-protocol.ts";

/**
 * The same engine, whose every line is spoken with the own voice, whoever speaks it. Clips are named by the recording and its words.
 *
 * @param language the voice counts as one that speaks it: a recording has no say in that.
 */
export function withOwnVoice(
  engine: ScheduledSynthesizer,
  { id, recording: received, identity }: OwnVoice,
  language: string,
): ScheduledSynthesizer {
  // From a message it comes as a view that may begin at an odd byte, which is no place for samples.
  const recording = received && { ...received, wav: new Uint8Array(received.wav) };
  const { needsRecording: _, ...features } = engine.features;
  return {
    ...engine,
    features,
    version: `${engine.version} ${hashValue({ identity, text: recording?.text }).slice(0, 32)}`,
    voices: async () => [{ id, name: id, languages: [language], gender: "neutral" }],
    speak: (request, call) =>
      engine.speak(
        recording === undefined ? { ...request, voice: id } : { ...request, voice: "", recording },
        call,
      ),
  };
}
