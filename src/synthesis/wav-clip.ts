/** Speech clips on disk: WAV, 16 bits, mono, with the plain 44-byte header. Not a reader of other people's files. */
import { open } from "node:fs/promises";
import { endianness } from "node:os";

const headerBytes = 44;
const bytesPerSample = 2;

/** A clip as the bytes of a WAV file. */
export function encodeWavClip(audio: Int16Array, sampleRate: number): Uint8Array {
  return Buffer.concat(wavClipParts(audio, sampleRate));
}

/**
 * The same as head and samples, which are not copied: with many calls in flight copies are what fills the memory.
 *
 * @param audio mono samples.
 * @param sampleRate Hz.
 */
export function wavClipParts(audio: Int16Array, sampleRate: number): readonly Uint8Array[] {
  const data = Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength);
  const samples = endianness() === "BE" ? Buffer.from(data).swap16() : data;
  return [header(data.byteLength, sampleRate), samples];
}

/**
 * True when `path` is a clip this module wrote, complete and not empty. Reads the header only: a clip is
 * written atomically, so what can go wrong later is a file cut, emptied or overwritten by something else.
 */
export async function isWholeWavClip(path: string): Promise<boolean> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { size } = await file.stat();
    if (size <= headerBytes) return false;
    const { buffer } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
    const sampleRate = buffer.readUInt32LE(24);
    return sampleRate > 0 && buffer.equals(header(size - headerBytes, sampleRate));
  } catch {
    return false; // A directory, or a disk that cannot read it: it has to be spoken again either way.
  } finally {
    await file.close();
  }
}

/** RIFF/WAVE with a `fmt ` chunk of 16 bytes and the `data` chunk, as in Microsoft's RIFF specification of 1991. */
function header(dataBytes: number, sampleRate: number): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  bytes.write("RIFF", 0, "latin1");
  bytes.writeUInt32LE(headerBytes - 8 + dataBytes, 4);
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
