/** The formats spoken sound is handed out in, as a file or as a stream. What a video's sound becomes stands in `output-format.ts`. */
import type { SoundCodec } from "./output-format.ts";

export type SoundFormat = "mp3" | "opus" | "aac" | "flac" | "wav" | "pcm";

export type SoundFormatFacts = {
  /** Media type, as for `Content-Type`. */
  readonly contentType: string;
  /** With the dot. */
  readonly extension: string;
  readonly codec: SoundCodec;
  /** ffmpeg's name of the container; raw AAC is ADTS, which can begin before its length is known. */
  readonly muxer: string;
  /** Where nobody chose one: one voice needs no more. Nothing for formats that lose nothing. */
  readonly bitrateKbps: number;
  /** Samples an encoder may add at both ends together: its delay and the rest of the last frame. */
  readonly paddingSamples: number;
};

/**
 * All that is to know of a format, in one place. `opus` is Ogg Opus, `pcm` is s16le with no header.
 *
 * Padding: MP3 1105 samples of delay and the rest of a frame of 1152, AAC a frame of 1024 and the rest of another one, Opus 312 samples at 48 kHz.
 */
export const soundFormats: Readonly<Record<SoundFormat, SoundFormatFacts>> = {
  mp3: describe("audio/mpeg", ".mp3", "mp3", "mp3", 128, 2 * 1152),
  opus: describe("audio/ogg", ".opus", "opus", "ogg", 64, 640),
  aac: describe("audio/aac", ".aac", "aac", "adts", 96, 2 * 1024),
  flac: describe("audio/flac", ".flac", "flac", "flac", 0, 0),
  wav: describe("audio/wav", ".wav", "pcm", "wav", 0, 0),
  pcm: describe("audio/pcm", ".pcm", "pcm", "s16le", 0, 0),
};

function describe(
  contentType: string,
  extension: string,
  codec: SoundCodec,
  muxer: string,
  bitrateKbps: number,
  paddingSamples: number,
): SoundFormatFacts {
  return { contentType, extension, codec, muxer, bitrateKbps, paddingSamples };
}
