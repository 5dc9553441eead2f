/** Encodes spoken sound while it is still being spoken: samples in, bytes out as soon as the encoder gives them. */
import type { Readable } from "node:stream";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { wavHeader, wavSamples } from "../core/wav-bytes.ts";
import { openFfmpegPipe, openPlainPipe } from "./byte-pipe.ts";
import { encoderArguments } from "./sound-encoder.ts";
import { type SoundFormat, soundFormats } from "./sound-format.ts";
import type { Tools } from "./tools.ts";

export type SoundStreamOptions = {
  readonly format: SoundFormat;
  /** Of what is written, Hz. */
  readonly sampleRate: number;
  /** Of what comes out, Hz; default `sampleRate`, or the nearest one the format has. One that it lacks is an error of the stream. */
  readonly outRate?: number | undefined;
  /** Default: see {@link soundFormats}. */
  readonly bitrateKbps?: number | undefined;
};

export type SoundStream = {
  readonly contentType: string;
  /**
   * Samples of one channel. Resolves when there is room for more; the array may be changed afterwards.
   *
   * @throws what the stream failed with; an AbortError when its reader has left.
   */
  write(samples: Int16Array): Promise<void>;
  /**
   * No more to come. Resolves when the last byte lies in `readable`, which somebody has to read for that.
   *
   * @throws what `write` throws; DubberError `invalid_media` when no sample was written, also to the reader.
   */
  end(): Promise<void>;
  /** Gives up: the reader gets `reason` (default an AbortError) as its error. Resolves when the encoder is gone; harmless after the end. */
  abort(reason?: unknown): Promise<void>;
  /** The encoded bytes. It ends only when all sound is in it; everything else is an error. Destroying it gives up, too. */
  readonly readable: Readable;
};

/**
 * Opens a stream: one ffmpeg, which is started at once so that it is ready for the first sample; none for `wav` and `pcm` at their own rate.
 *
 * WAV begins with sizes of 0xFFFFFFFF, as whoever streams it cannot know them. FLAC and MP3 say no length either.
 *
 * @throws DubberError `invalid_options` for rates that are none; the signal's reason. What fails later is an error of the stream:
 *   `tool_failed`, `missing_tool`, the signal's reason.
 */
export function openSoundStream(
  tools: Tools,
  { format, sampleRate, outRate, bitrateKbps }: SoundStreamOptions,
  { signal }: Call = {},
): SoundStream {
  for (const rate of [sampleRate, outRate ?? sampleRate]) checkRate(rate);
  const { contentType, codec, bitrateKbps: usual } = soundFormats[format];
  const call = signal ? { signal } : {};
  const resampled = resampling({ sampleRate, outRate });
  const isPlain = codec === "pcm" && resampled.length === 0;
  const encoder = encoderArguments(codec, bitrateKbps ?? usual);
  const args = [...rawInput(sampleRate), ...resampled, ...encoder, ...earlyOutput[format]];
  const pipe = isPlain ? openPlainPipe(call) : openFfmpegPipe(tools, [...args, "pipe:1"], call);
  if (format === "wav") pipe.readable.push(openWavHeader(outRate ?? sampleRate));
  let written = 0;
  return {
    contentType,
    readable: pipe.readable,
    abort: pipe.abort,
    async write(samples) {
      await pipe.write(wavSamples(samples));
      written += samples.length;
    },
    async end() {
      if (written === 0) await pipe.abort(nothingToEncode());
      await pipe.end();
    },
  };
}

/** Arguments that read s16le, one channel, from stdin, and look at none of it before they begin. */
export function rawInput(sampleRate: number, channels = 1): string[] {
  // Not "-fflags nobuffer", which would throw away what was looked at.
  const unseen = ["-probesize", "32", "-analyzeduration", "0"];
  const raw = ["-f", "s16le", "-ar", `${sampleRate}`, "-ac", `${channels}`];
  return ["-protocol_whitelist", "file,pipe", ...unseen, ...raw, "-i", "pipe:0"];
}

/** Output arguments for another rate; none where it is the same. */
export function resampling({
  sampleRate,
  outRate = sampleRate,
}: Pick<SoundStreamOptions, "sampleRate" | "outRate">): string[] {
  return outRate === sampleRate ? [] : ["-ar", `${outRate}`];
}

/** @throws DubberError `invalid_options`. */
export function checkRate(rate: number): void {
  if (Number.isInteger(rate) && rate >= 1000 && rate <= 384_000) return;
  throw new DubberError("invalid_options", `Sound cannot have a sample rate of ${rate} Hz.`, {
    hint: "Give a whole number from 1000 to 384000, such as 24000.",
  });
}

/** The error for a sound without a single sample, which no format can be made of. */
export function nothingToEncode(): DubberError {
  return new DubberError("invalid_media", "There is no sound to encode: it has no samples.", {
    hint: "Write at least one sample before the end.",
  });
}

const atOnce = ["-map_metadata", "-1", "-fflags", "+bitexact", "-flush_packets", "1"];

/** What makes each format come early, and without what can only be known at the end. */
const earlyOutput: Readonly<Record<SoundFormat, readonly string[]>> = {
  // Without the bit reservoir every frame stands alone: it need not wait for the ones before it.
  mp3: [...atOnce, "-reservoir", "0", "-write_xing", "0", "-id3v2_version", "0", "-f", "mp3"],
  // Ogg holds a page back until the next one begins; a second, its default, would come after two.
  opus: [...atOnce, "-frame_duration", "20", "-page_duration", "60000", "-f", "ogg"],
  aac: [...atOnce, "-f", "adts"],
  // Its 8 kB of room for tags would be the first thing sent.
  flac: [...atOnce, "-metadata_header_padding", "0", "-f", "flac"],
  wav: [...atOnce, "-f", "s16le"],
  pcm: [...atOnce, "-f", "s16le"],
};

function openWavHeader(sampleRate: number): Buffer {
  const header = wavHeader(0, sampleRate);
  header.writeUInt32LE(0xffff_ffff, 4);
  header.writeUInt32LE(0xffff_ffff, 40);
  return header;
}
