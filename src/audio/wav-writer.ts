/** Writes a WAV file in pieces, in order or at any place. Not atomic: the caller writes to a temporary name. */
import { type FileHandle, open } from "node:fs/promises";
import { describeFileError } from "../core/error.ts";
import { buildWavHeader, dataOffset, type SampleFormat, sampleBytes } from "./wav-header.ts";
import { encodeSamples } from "./wav-samples.ts";

export type WavWriterOptions = {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** The exact length, when it is known: the file has it from the start, silent where nothing gets written. */
  readonly frames?: number;
  /** Default "s16". */
  readonly format?: SampleFormat;
};

/**
 * Makes (or empties) a WAV file. Its first sample is always at byte 80, and it becomes RF64 when its sizes pass 32 bits.
 *
 * @throws DubberError `disk_full`, `not_writable`.
 */
export async function createWav(path: string, options: WavWriterOptions): Promise<WavWriter> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "w");
    const writer = new WavWriter(file, path, options);
    await writer.begin();
    return writer;
  } catch (error) {
    await file?.close();
    throw describeFileError(error, path);
  }
}

/** A WAV file being written. It is a whole file only after `close()`. */
export class WavWriter implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #sampleRate: number;
  readonly #channels: number;
  readonly #format: SampleFormat;
  readonly #frameBytes: number;
  readonly #fixedFrames: number | undefined;
  #next = 0;
  #end = 0;
  #isClosed = false;

  constructor(file: FileHandle, path: string, options: WavWriterOptions) {
    this.#file = file;
    this.#path = path;
    this.#sampleRate = options.sampleRate;
    this.#channels = options.channels;
    this.#format = options.format ?? "s16";
    this.#frameBytes = options.channels * sampleBytes[this.#format];
    this.#fixedFrames = options.frames;
  }

  /** Writes the header for the length known so far. {@link createWav} has done it. */
  async begin(): Promise<void> {
    const frames = this.#fixedFrames ?? this.#end;
    const size = frames * this.#frameBytes;
    await this.#file.truncate(dataOffset + size + (size % 2));
    const header = buildWavHeader({
      sampleRate: this.#sampleRate,
      channels: this.#channels,
      format: this.#format,
      frames,
    });
    await this.#writeBytes(header, 0);
  }

  /** Writes interleaved samples after those of the last `write`. */
  async write(samples: Int16Array | Float32Array): Promise<void> {
    await this.writeAt(this.#next, samples);
    this.#next += samples.length / this.#channels;
  }

  /**
   * Writes interleaved samples so that the first frame lands on `frame`. Calls may overlap in time.
   *
   * @throws RangeError for part of a frame, or a place outside the length given at the start.
   */
  async writeAt(frame: number, samples: Int16Array | Float32Array): Promise<void> {
    const end = frame + samples.length / this.#channels;
    if (!Number.isInteger(frame) || frame < 0 || !Number.isInteger(end)) {
      throw new RangeError(`${samples.length} samples at frame ${frame} are not whole frames`);
    }
    if (end > (this.#fixedFrames ?? Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`frame ${end} is past the end, frame ${this.#fixedFrames}`);
    }
    this.#end = Math.max(this.#end, end);
    try {
      await this.#writeBytes(
        encodeSamples(samples, this.#format),
        dataOffset + frame * this.#frameBytes,
      );
    } catch (error) {
      throw describeFileError(error, this.#path);
    }
  }

  /** Makes the header fit what was written and closes the file; a second call does nothing. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      if (this.#fixedFrames === undefined) await this.begin();
    } catch (error) {
      throw describeFileError(error, this.#path);
    } finally {
      await this.#file.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #writeBytes(bytes: Uint8Array, position: number): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const { bytesWritten } = await this.#file.write(
        bytes,
        written,
        bytes.length - written,
        position + written,
      );
      written += bytesWritten;
    }
  }
}
