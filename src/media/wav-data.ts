/** Where the samples of a WAV file are: never at a fixed byte. */
import { open } from "node:fs/promises";
import { DubberError, describeFileError } from "../core/error.ts";

export type WavData = {
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
  /** First byte of the samples. */
  readonly offset: number;
  /** Whole frames that are really in the file. */
  readonly frames: number;
};

/**
 * Reads the chunks of a RIFF or RF64 file up to its samples.
 *
 * @throws DubberError `invalid_media` when it is no PCM WAV; `not_found`.
 */
export async function findWavData(path: string): Promise<WavData> {
  const file = await open(path, "r").catch((error) => {
    throw describeFileError(error, path);
  });
  try {
    const { size } = await file.stat();
    const chunk = Buffer.alloc(40);
    await file.read(chunk, 0, 12, 0);
    const isWav =
      /^(RIFF|RF64)$/.test(chunk.toString("latin1", 0, 4)) &&
      chunk.toString("latin1", 8, 12) === "WAVE";
    let format: { sampleRate: number; channels: number; bitsPerSample: number } | undefined;
    let wideSize: number | undefined;
    for (let at = 12; isWav && at + 8 <= size; ) {
      await file.read(chunk, 0, 40, at);
      const id = chunk.toString("latin1", 0, 4);
      const length = chunk.readUInt32LE(4);
      if (id === "ds64") wideSize = Number(chunk.readBigUInt64LE(16));
      if (id === "fmt ") {
        const [channels, sampleRate] = [chunk.readUInt16LE(10), chunk.readUInt32LE(12)];
        format = { channels, sampleRate, bitsPerSample: chunk.readUInt16LE(22) };
      }
      if (id === "data" && format !== undefined) {
        const offset = at + 8;
        const said = length === 0xffffffff ? (wideSize ?? size) : length;
        const bytes = Math.min(said, size - offset);
        const frameBytes = (format.channels * format.bitsPerSample) / 8;
        return { ...format, offset, frames: Math.floor(bytes / frameBytes) };
      }
      at += 8 + length + (length % 2);
    }
  } finally {
    await file.close();
  }
  throw new DubberError("invalid_media", `${path} is not a WAV file with samples in it.`);
}
