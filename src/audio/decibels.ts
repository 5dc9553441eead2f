/** Decibels ⇄ amplitude. */

/** Amplitude factor of a gain in dB: 0 dB → 1, −6.02 dB → 0.5. */
export function dbToAmplitude(db: number): number {
  return 10 ** (db / 20);
}

/** Gain in dB of an amplitude factor ≥ 0; 0 → −Infinity. */
export function amplitudeToDb(amplitude: number): number {
  return 20 * Math.log10(amplitude);
}
