/** Reads and writes the only sound the fakes take: 16-bit PCM WAV, mono. */
import { wavHeader, wavSamples } from "../../../src/core/wav-bytes.ts";

export type WavSound = {
  readonly samples: Int16Array;
  /** Hz. */
  readonly sampleRate: number;
};

/** The samples of a WAV; a size of 0xFFFFFFFF, or one beyond the file, means all that follows. Undefined for anything else. */
export function readWav(bytes: Buffer): WavSound | undefined {
  if (bytes.toString("latin1", 0, 4) !== "RIFF" || bytes.toString("latin1", 8, 12) !== "WAVE") {
    return undefined;
  }
  let sampleRate: number | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString("latin1", at, at + 4);
    const from = at + 8;
    const end = Math.min(bytes.length, from + bytes.readUInt32LE(at + 4));
    if (name === "fmt " && end - from >= 16) {
      const [channels, bits] = [bytes.readUInt16LE(from + 2), bytes.readUInt16LE(from + 14)];
      const isPcm = [1, 0xfffe].includes(bytes.readUInt16LE(from));
      if (isPcm && channels === 1 && bits === 16) sampleRate = bytes.readUInt32LE(from + 4);
    }
    if (name === "data") {
      if (sampleRate === undefined || sampleRate === 0) return undefined;
      const samples = new Int16Array((end - from) >> 1);
      Buffer.from(samples.buffer).set(bytes.subarray(from, from + samples.length * 2));
      return { samples, sampleRate };
    }
    // Chunks begin at even bytes.
    at = end + (end & 1);
  }
  return undefined;
}

/** A whole WAV with true sizes. */
export function writeWav(samples: Int16Array, sampleRate: number): Buffer {
  return Buffer.concat([wavHeader(samples.byteLength, sampleRate), wavSamples(samples)]);
}
