/** Samples as whole 16-bit numbers and as floats from −1 to 1. Plain loops: `from` with a function takes longer than what is done with them. */

export function toFloats(values: Int16Array): Float32Array {
  const samples = new Float32Array(values.length);
  for (let at = 0; at < values.length; at++) samples[at] = (values[at] as number) / 0x8000;
  return samples;
}

/** What is beyond −1 and 1 is clipped. */
export function toWholes(samples: Float32Array): Int16Array {
  const values = new Int16Array(samples.length);
  for (let at = 0; at < samples.length; at++) {
    const value = Math.round((samples[at] as number) * 0x8000);
    values[at] = Math.max(-0x8000, Math.min(0x7fff, value));
  }
  return values;
}
