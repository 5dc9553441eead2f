/** A recording that stands for somebody's voice. */
import type { VoiceRecording } from "../synthesizer.ts";
import { encodeWavClip } from "../wav-clip.ts";

/** A tone at 16 kHz; each pitch is another voice. New bytes at every call. */
export function recordedTone(hertz: number, seconds = 4): VoiceRecording & { wav: Uint8Array } {
  const rate = 16_000;
  const tone = (at: number) => 9000 * Math.sin((2 * Math.PI * hertz * at) / rate);
  return {
    wav: encodeWavClip(
      Int16Array.from({ length: seconds * rate }, (_, at) => tone(at)),
      rate,
    ),
  };
}
