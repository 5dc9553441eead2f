/** Puts what a speech detector finds in the place of the silences that came with the sound. */
import type { Call } from "../core/call.ts";
import type { Seconds, Slot } from "../core/segment.ts";
import { listeningRate, type SoundPiece } from "../core/sound.ts";
import type { SpeechDetector } from "./recognizer.ts";
import { silencesFrom } from "./slots.ts";

/**
 * Hands the sound through the detector and on, with everything it takes for no speech as silence.
 *
 * A piece waits until the detector has made up its mind about it: {@link SpeechDetector.detect} never leaves that open for long.
 */
export async function* withDetectedSpeech(
  pieces: AsyncIterable<SoundPiece>,
  detector: SpeechDetector,
  call: Call = {},
): AsyncGenerator<SoundPiece, void, void> {
  const held: SoundPiece[] = [];
  let origin: Seconds | undefined;
  let speech: Slot[] = [];
  async function* samples(): AsyncGenerator<Int16Array, void, void> {
    for await (const piece of pieces) {
      origin ??= piece.start;
      held.push(piece);
      yield piece.samples;
    }
  }
  function settle(piece: SoundPiece): SoundPiece {
    const span = { start: piece.start, end: endOf(piece) };
    const silences = silencesFrom(speech, span);
    speech = speech.filter(({ end }) => end > span.end);
    return { ...piece, silences };
  }
  for await (const found of detector.detect(samples(), call)) {
    const zero = origin ?? 0;
    speech.push(
      ...found.speech.map(({ start, end }) => ({ start: zero + start, end: zero + end })),
    );
    while (held[0] !== undefined && endOf(held[0]) <= zero + found.until + 1e-6) {
      yield settle(held.shift() as SoundPiece);
    }
  }
  for (const piece of held) yield settle(piece);
}

function endOf({ start, samples }: SoundPiece): Seconds {
  return start + samples.length / listeningRate;
}
