/**
 * The loops that see every sample of the film. Each does one thing on plain arrays, so that it compiles well. Blocks are
 * floats in units of a 16-bit step, channels interleaved.
 */

/** block = samples · gain, for the samples from `start` to `end`. */
export function setScaled(
  block: Float32Array,
  samples: Int16Array,
  { start, end, gain }: { start: number; end: number; gain: number },
): void {
  for (let at = start; at < end; at++) block[at] = (samples[at] as number) * gain;
}

/** block = samples · ramp, for the samples from `start` to `end`; the ramp has one gain per frame. */
export function setRamped(
  block: Float32Array,
  samples: Int16Array,
  options: { start: number; end: number; ramp: Float32Array; channels: number },
): void {
  const { start, end, ramp, channels } = options;
  for (let at = start, frame = 0; at < end; frame++) {
    const gain = ramp[frame] as number;
    for (let channel = 0; channel < channels; channel++, at++) {
      block[at] = (samples[at] as number) * gain;
    }
  }
}

/** Adds samples · gain to the block from index `at` on. */
export function addToMono(
  block: Float32Array,
  at: number,
  samples: Int16Array,
  gain: number,
): void {
  for (let index = 0; index < samples.length; index++) {
    block[at + index] = (block[at + index] as number) + (samples[index] as number) * gain;
  }
}

/** Adds mono samples · gain to both channels of the block from index `at` on. */
export function addToStereo(
  block: Float32Array,
  at: number,
  samples: Int16Array,
  gain: number,
): void {
  for (let index = 0, left = at; index < samples.length; index++, left += 2) {
    // Told that 32 bits are enough, the compiler stays in them; a quarter of the whole mix's time.
    const value = Math.fround((samples[index] as number) * gain);
    block[left] = Math.fround((block[left] as number) + value);
    block[left + 1] = Math.fround((block[left + 1] as number) + value);
  }
}

/** True when no sample is over the limit. */
export function staysUnder(block: Float32Array, limit: number): boolean {
  for (let at = 0; at < block.length; at++) {
    if (Math.abs(block[at] as number) > limit) return false;
  }
  return true;
}

/**
 * Rounds to nearest; the shift above 0 makes truncation a floor, several times quicker than Math.round.
 *
 * @returns false, with worthless samples, as soon as one is over the limit.
 */
export function roundInto(
  samples: Int16Array,
  block: Float32Array,
  offset: number,
  limit: number,
): boolean {
  for (let at = 0; at < samples.length; at++) {
    const value = block[offset + at] as number;
    if (value > limit || value < -limit) return false;
    samples[at] = ((value + 32768.5) | 0) - 32768;
  }
  return true;
}
