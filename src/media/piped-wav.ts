/** Reads the WAV that ffmpeg writes into a pipe: its form from the header, then its samples as they come. */
import { DubberError } from "../core/error.ts";

export type WavPiece = {
  readonly sampleRate: number;
  readonly channels: number;
  /** s16le, whole frames. */
  readonly bytes: Buffer;
};

/** ffmpeg's own header has 44 bytes, or 68 with more than two channels. */
const longestHeader = 1024;

/**
 * Reads a 16-bit WAV of unknown length to its end. A first piece comes as soon as the header is known.
 *
 * @throws DubberError `tool_failed` when it is none; what `bytes` throws. Nothing at all gives no piece.
 */
export async function* readPipedWav(
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<WavPiece, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  let form: { readonly sampleRate: number; readonly channels: number } | undefined;
  for await (const chunk of bytes) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (form === undefined) {
      const found = readHeader(rest);
      if (found === undefined) continue;
      form = found;
      rest = rest.subarray(found.headerBytes);
    }
    const whole = rest.length - (rest.length % (2 * form.channels || 1));
    yield { ...form, bytes: rest.subarray(0, whole) };
    rest = rest.subarray(whole);
  }
}

type Header = {
  readonly sampleRate: number;
  readonly channels: number;
  readonly headerBytes: number;
};

/** Undefined while there is too little of it. */
function readHeader(bytes: Buffer): Header | undefined {
  if (bytes.length < 20) return undefined;
  const formatBytes = bytes.readUInt32LE(16);
  const headerBytes = 20 + formatBytes + 8;
  const isWav = bytes.toString("latin1", 0, 4) === "RIFF" && headerBytes <= longestHeader;
  if (isWav && bytes.length < headerBytes) return undefined;
  if (!isWav || bytes.toString("latin1", headerBytes - 8, headerBytes - 4) !== "data") {
    throw new DubberError(
      "tool_failed",
      "ffmpeg gave something else than the WAV it was asked for.",
    );
  }
  const { channels, sampleRate } = {
    channels: bytes.readUInt16LE(22),
    sampleRate: bytes.readUInt32LE(24),
  };
  return { sampleRate, channels, headerBytes };
}
