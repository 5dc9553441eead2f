/** Random access to the samples of a WAV file; memory is what one read asks for. */
import { readSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { describeFileError } from "../core/error.ts";
import { parseWavHeader, type SampleFormat, sampleBytes, type WavLayout } from "./wav-header.ts";
import { decodeFloat, decodeInt16, isLittleEndian } from "./wav-samples.ts";

/**
 * Opens a WAV file and reads its header; see {@link parseWavHeader} for what is understood.
 *
 * @throws DubberError `not_found`, `not_writable`, `unreadable`; `invalid_media` when it is not readable WAV.
 */
export async function openWav(path: string): Promise<WavReader> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const { size } = await file.stat();
    return new WavReader(file, parseWavHeader(headReader(file.fd), size, path));
  } catch (error) {
    await file?.close();
    throw describeFileError(error, path);
  }
}

/** An open WAV file. Reads may overlap in time; close it when done, or hold it with `await using`. */
export class WavReader implements AsyncDisposable {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples per channel. */
  readonly frames: number;
  readonly format: SampleFormat;
  readonly #file: FileHandle;
  readonly #dataOffset: number;
  readonly #frameBytes: number;

  constructor(file: FileHandle, layout: WavLayout) {
    this.#file = file;
    this.sampleRate = layout.sampleRate;
    this.channels = layout.channels;
    this.frames = layout.frames;
    this.format = layout.format;
    this.#dataOffset = layout.dataOffset;
    this.#frameBytes = layout.channels * sampleBytes[layout.format];
  }

  /** Interleaved samples, −1 to 1, from `startFrame` on; fewer than `frames` frames at the end of the file. */
  async read(startFrame: number, frames: number): Promise<Float32Array> {
    const bytes = new Uint8Array(this.#byteLength(startFrame, frames));
    const filled = await this.#fill(startFrame, bytes);
    return decodeFloat(bytes.subarray(0, filled), this.format);
  }

  /**
   * Fills `into` (interleaved) from `startFrame` on, rounded to 16 bits; what lies past the end stays as it was.
   *
   * @returns the frames read.
   */
  async readInt16(startFrame: number, into: Int16Array): Promise<number> {
    const bytes = this.#bytesFor(startFrame, into);
    const filled = await this.#fill(startFrame, bytes);
    this.#decode(bytes.subarray(0, filled), into);
    return Math.floor(filled / this.#frameBytes);
  }

  /** {@link readInt16} that blocks its thread: a worker reads several times quicker so. Not for the main thread. */
  readInt16Sync(startFrame: number, into: Int16Array): number {
    const bytes = this.#bytesFor(startFrame, into);
    const position = this.#dataOffset + startFrame * this.#frameBytes;
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(
        this.#file.fd,
        bytes,
        filled,
        bytes.length - filled,
        position + filled,
      );
      if (count === 0) break;
      filled += count;
    }
    this.#decode(bytes.subarray(0, filled), into);
    return Math.floor(filled / this.#frameBytes);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** The memory a read goes to: `into` itself where the file holds exactly what it wants, else a new buffer. */
  #bytesFor(startFrame: number, into: Int16Array): Uint8Array {
    const length = this.#byteLength(startFrame, Math.floor(into.length / this.channels));
    if (this.format === "s16" && isLittleEndian)
      return new Uint8Array(into.buffer, into.byteOffset, length);
    return new Uint8Array(length);
  }

  /** Where the samples lie in `into` already, there is nothing to decode. */
  #decode(bytes: Uint8Array, into: Int16Array): void {
    if (bytes.buffer !== into.buffer) decodeInt16(bytes, this.format, into);
  }

  #byteLength(startFrame: number, frames: number): number {
    if (startFrame < 0) throw new RangeError(`startFrame is ${startFrame}, below 0`);
    return Math.max(0, Math.min(frames, this.frames - startFrame)) * this.#frameBytes;
  }

  async #fill(startFrame: number, bytes: Uint8Array): Promise<number> {
    const position = this.#dataOffset + startFrame * this.#frameBytes;
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.#file.read(
        bytes,
        filled,
        bytes.length - filled,
        position + filled,
      );
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  }
}

/** Reads the header in one go of 4 KB, which holds it almost always; such a read is too short to be worth a promise. */
function headReader(fd: number): (position: number, length: number) => Buffer {
  const head = readAt(fd, 0, 4096);
  return (position, length) =>
    position + length <= head.length
      ? head.subarray(position, position + length)
      : readAt(fd, position, length);
}

function readAt(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, position));
}
