/** Sound on its way to whoever listens for words: always 16 kHz, mono, 16 bit. */
import type { Seconds, Slot } from "./segment.ts";

/** Hz; what recognisers and speech detectors take. */
export const listeningRate = 16_000;

/** A stretch of sound on the media's timeline. Stretches follow each other without gap. */
export type SoundPiece = {
  readonly start: Seconds;
  /** At {@link listeningRate}. */
  readonly samples: Int16Array;
  /** Silences known to have ended, or to go on, before the end of this piece, and not told before; sorted. */
  readonly silences: readonly Slot[];
};
