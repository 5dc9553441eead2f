/** Turns the finished dub, a WAV, into what the output file carries. */

import { countParts, encodeAacInParts } from "./aac-parts.ts";
import { localFile, mediaInput, runFfmpeg, type Work } from "./ffmpeg.ts";
import type { SoundCodec } from "./output-format.ts";
import type { MediaInfo } from "./probe.ts";
import type { Tools } from "./tools.ts";
import { verifyOutput } from "./verify.ts";
import { findWavData } from "./wav-data.ts";

/** The file each codec is written as on its own: one that keeps the exact start and length. */
const muxers: Readonly<Record<SoundCodec, readonly string[]>> = {
  aac: ["-f", "ipod"],
  opus: ["-f", "ogg"],
  mp3: ["-f", "mp3"],
  flac: ["-f", "flac"],
  pcm: ["-rf64", "auto", "-f", "wav"],
};

/** Encoder frames at the end are padded; the longest is Opus with 60 ms. */
const paddingSeconds = 0.08;

/**
 * Encodes a 16-bit WAV. The bytes depend on the sound, the bit rate and the build of ffmpeg, not on `parts`.
 *
 * @param outPath `.m4a` for AAC, `.opus`, `.mp3`, `.flac`, `.wav` for PCM.
 * @param bitrateKbps for the codecs that lose something. Default 192.
 * @param parts ffmpeg processes at once; only AAC longer than a minute uses more than one. Default 1.
 * @returns what is in the file.
 * @throws what {@link runFfmpeg} throws; DubberError `invalid_media` when `path` is no 16-bit WAV.
 */
export async function encodeSound(
  tools: Tools,
  {
    path,
    outPath,
    codec,
    bitrateKbps = 192,
    parts = 1,
  }: {
    readonly path: string;
    readonly outPath: string;
    readonly codec: SoundCodec;
    readonly bitrateKbps?: number;
    readonly parts?: number;
  },
  { signal, onProgress }: Work = {},
): Promise<MediaInfo> {
  const wav = await findWavData(path);
  const duration = wav.frames / wav.sampleRate;
  const work = { ...(signal ? { signal } : {}), onProgress };
  if (codec === "aac" && wav.bitsPerSample === 16 && countParts(duration) > 1) {
    await encodeAacInParts(tools, { path, wav, outPath, bitrateKbps, parallel: parts }, work);
  } else {
    const encoder = encoderArguments(codec, bitrateKbps);
    const output = ["-map", "0:a:0", ...encoder, "-map_metadata", "-1", "-fflags", "+bitexact"];
    await runFfmpeg(
      tools,
      [
        ...mediaInput(path),
        ...output,
        "-flags:a",
        "+bitexact",
        ...muxers[codec],
        localFile(outPath),
      ],
      work,
    );
  }
  const expected = { hasVideo: false, audio: 1, duration, tolerance: paddingSeconds };
  return await verifyOutput(tools, outPath, expected, signal ? { signal } : {});
}

/** Output arguments that choose the encoder for every sound stream. */
export function encoderArguments(codec: SoundCodec, bitrateKbps: number, stream = "a"): string[] {
  const bitrate = [`-b:${stream}`, `${bitrateKbps}k`];
  switch (codec) {
    case "aac":
      return [`-c:${stream}`, "aac", ...bitrate];
    case "opus":
      return [`-c:${stream}`, "libopus", ...bitrate];
    case "mp3":
      return [`-c:${stream}`, "libmp3lame", ...bitrate];
    case "flac":
      return [`-c:${stream}`, "flac"];
    case "pcm":
      return [`-c:${stream}`, "pcm_s16le"];
  }
}
