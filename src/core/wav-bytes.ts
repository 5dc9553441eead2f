/** The simplest WAV there is: 16 bits, mono, a header of 44 bytes before the samples. What has more to it belongs to `audio/`. */
import { endianness } from "node:os";

const bytesPerSample = 2;

/** Bytes before the first sample. */
export const wavHeaderBytes = 44;

/**
 * RIFF/WAVE with a `fmt ` chunk of 16 bytes and the `data` chunk, as in Microsoft's RIFF specification of 1991.
 *
 * @param dataBytes of all samples, below 4 GiB.
 * @param sampleRate Hz.
 */
export function wavHeader(dataBytes: number, sampleRate: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(wavHeaderBytes);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(wavHeaderBytes - 8 + dataBytes, 4);
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20); // PCM
  bytes.writeUInt16LE(1, 22); // mono
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * bytesPerSample, 28);
  bytes.writeUInt16LE(bytesPerSample, 32);
  bytes.writeUInt16LE(8 * bytesPerSample, 34);
  bytes.write("data", 36, "latin1");
  bytes.writeUInt32LE(dataBytes, 40);
  return bytes;
}

/** The samples as they stand in the file, little-endian; a view of `samples`, copied only where the machine is not. */
export function wavSamples({ buffer, byteOffset, byteLength }: Int16Array): Buffer {
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  return endianness() === "BE" ? Buffer.from(bytes).swap16() : bytes;
}
