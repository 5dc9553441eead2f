/** Speech clips on disk: WAV, 16 bits, mono, with the plain 44-byte header. Not a reader of other people's files. */
import { open } from "node:fs/promises";
import { wavHeader, wavHeaderBytes, wavSamples } from "../core/wav-bytes.ts";

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
  return [wavHeader(audio.byteLength, sampleRate), wavSamples(audio)];
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
    if (size <= wavHeaderBytes) return false;
    const { buffer } = await file.read(Buffer.alloc(wavHeaderBytes), 0, wavHeaderBytes, 0);
    const sampleRate = buffer.readUInt32LE(24);
    return sampleRate > 0 && buffer.equals(wavHeader(size - wavHeaderBytes, sampleRate));
  } catch {
    return false; // A directory, or a disk that cannot read it: it has to be spoken again either way.
  } finally {
    await file.close();
  }
}
