/** Sound as sherpa-onnx takes it, and back. */

/** 16-bit samples as numbers from −1 to 1. */
export function floatSamples(samples: Int16Array): Float32Array {
  return Float32Array.from(samples, (sample) => sample / 32_768);
}

/** Numbers from −1 to 1 as 16-bit samples; what is beyond them is clipped. */
export function wholeSamples(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))),
  );
}
