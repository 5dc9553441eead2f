/** The chunks before the samples of a WAV file: what they say, and how ours are written. Not the samples. */
import { DubberError } from "../core/error.ts";

/** How one sample is stored: whole numbers of 16, 24, 32 bits, or a 32-bit float; always little-endian. */
export type SampleFormat = "s16" | "s24" | "s32" | "f32";

export type WavLayout = {
  /** Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly format: SampleFormat;
  /** Samples per channel that are in the file. */
  readonly frames: number;
  /** The byte of the file where the first sample begins. */
  readonly dataOffset: number;
};

/** Reads `length` bytes at `position`, fewer at the end of the file. */
export type ReadBytes = (position: number, length: number) => Buffer;

/** Every file we write has its first sample here, RF64 or not, so a header can be replaced at any time. */
export const dataOffset = 80;

export const sampleBytes: Readonly<Record<SampleFormat, number>> = {
  s16: 2,
  s24: 3,
  s32: 4,
  f32: 4,
};

/**
 * Finds the format and the samples of a WAV file.
 *
 * Accepts any order of chunks, unknown ones, odd sizes with their pad byte, WAVE_FORMAT_EXTENSIBLE, RF64/BW64 with
 * `ds64`, the sizes 0 and 0xFFFFFFFF that programs leave when they write to a pipe (the samples then
 * reach to the end of the file), and a file that ends early (`frames` is what is there).
 *
 * @throws DubberError `invalid_media` when it is not WAV, or stores samples in a way we do not read.
 */
export function parseWavHeader(readBytes: ReadBytes, fileSize: number, path: string): WavLayout {
  const riff = readBytes(0, 12);
  const kind = riff.length < 12 ? "" : riff.toString("latin1", 0, 4);
  if (!["RIFF", "RF64", "BW64"].includes(kind) || riff.toString("latin1", 8, 12) !== "WAVE") {
    throw invalid(path, "it does not begin with a RIFF/WAVE header");
  }
  let format: ReturnType<typeof parseFormat> | undefined;
  let longDataSize: number | undefined;
  let data: { offset: number; size: number } | undefined;
  let position = 12;
  while (position + 8 <= fileSize && (format === undefined || data === undefined)) {
    const head = readBytes(position, 8);
    if (head.length < 8) break;
    const name = head.toString("latin1", 0, 4);
    const size = head.readUInt32LE(4);
    const body = position + 8;
    let actualSize = size;
    if (name === "fmt ") {
      format = parseFormat(readBytes(body, Math.min(size, 40)), path);
    } else if (name === "ds64") {
      const sizes = readBytes(body, 16);
      if (sizes.length === 16) longDataSize = Number(sizes.readBigUInt64LE(8));
    } else if (name === "data") {
      actualSize = dataSize({ size, longDataSize, left: fileSize - body });
      data = { offset: body, size: actualSize };
    }
    position = body + actualSize + (actualSize % 2);
  }
  if (format === undefined) throw invalid(path, "its fmt chunk is missing");
  if (data === undefined) throw invalid(path, "its data chunk is missing");
  const frameBytes = format.channels * sampleBytes[format.format];
  return { ...format, frames: Math.floor(data.size / frameBytes), dataOffset: data.offset };
}

/**
 * The first 80 bytes of a file with `frames` frames: plain RIFF, or RF64 where the sizes pass 32 bits. A JUNK chunk keeps
 * the place of RF64's `ds64` (EBU Tech 3306), so both are of one length.
 */
export function buildWavHeader(layout: Omit<WavLayout, "dataOffset">): Buffer {
  const { sampleRate, channels, format, frames } = layout;
  const frameBytes = channels * sampleBytes[format];
  const size = frames * frameBytes;
  const riffSize = dataOffset - 8 + size + (size % 2);
  const isLong = riffSize > 0xffff_ffff;
  const header = Buffer.alloc(dataOffset);
  header.write(isLong ? "RF64" : "RIFF", 0, "latin1");
  header.writeUInt32LE(isLong ? 0xffff_ffff : riffSize, 4);
  header.write(isLong ? "WAVEds64" : "WAVEJUNK", 8, "latin1");
  header.writeUInt32LE(28, 16);
  if (isLong) {
    header.writeBigUInt64LE(BigInt(riffSize), 20);
    header.writeBigUInt64LE(BigInt(size), 28);
    header.writeBigUInt64LE(BigInt(frames), 36);
  }
  header.write("fmt ", 48, "latin1");
  header.writeUInt32LE(16, 52);
  header.writeUInt16LE(format === "f32" ? 3 : 1, 56);
  header.writeUInt16LE(channels, 58);
  header.writeUInt32LE(sampleRate, 60);
  header.writeUInt32LE(sampleRate * frameBytes, 64);
  header.writeUInt16LE(frameBytes, 68);
  header.writeUInt16LE(sampleBytes[format] * 8, 70);
  header.write("data", 72, "latin1");
  header.writeUInt32LE(isLong ? 0xffff_ffff : size, 76);
  return header;
}

function dataSize(found: { size: number; longDataSize: number | undefined; left: number }): number {
  const { size, longDataSize, left } = found;
  if (size === 0xffff_ffff && longDataSize) return Math.min(longDataSize, left);
  if (size === 0 || size === 0xffff_ffff) return left;
  return Math.min(size, left);
}

function parseFormat(
  body: Buffer,
  path: string,
): { sampleRate: number; channels: number; format: SampleFormat } {
  if (body.length < 16) throw invalid(path, "its fmt chunk is cut short");
  let tag = body.readUInt16LE(0);
  const channels = body.readUInt16LE(2);
  const sampleRate = body.readUInt32LE(4);
  const bits = body.readUInt16LE(14);
  // WAVE_FORMAT_EXTENSIBLE keeps the real tag in the first two bytes of its sub-format.
  if (tag === 0xfffe && body.length >= 26) tag = body.readUInt16LE(24);
  const format = sampleFormat(tag, bits);
  if (format === undefined)
    throw invalid(path, `it stores ${bits}-bit samples with format tag ${tag}`);
  if (channels < 1) throw invalid(path, "it has 0 channels");
  if (sampleRate < 1) throw invalid(path, "its sample rate is 0 Hz");
  if (body.readUInt16LE(12) !== channels * sampleBytes[format]) {
    throw invalid(
      path,
      `its frames are ${body.readUInt16LE(12)} bytes, which does not fit its format`,
    );
  }
  return { sampleRate, channels, format };
}

function sampleFormat(tag: number, bits: number): SampleFormat | undefined {
  if (tag === 3) return bits === 32 ? "f32" : undefined;
  if (tag !== 1) return undefined;
  return ({ 16: "s16", 24: "s24", 32: "s32" } as const)[bits];
}

function invalid(path: string, reason: string): DubberError {
  return new DubberError("invalid_media", `${path} is not a WAV file Dubber can read: ${reason}.`, {
    hint: "Convert it to 16-bit PCM WAV.",
  });
}
