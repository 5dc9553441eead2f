/** What the result is written as: which container, which sound codec, and what it can hold. */
import { extname } from "node:path";
import { DubberError } from "../core/error.ts";
import type { Container } from "./container.ts";
import type { MediaInfo } from "./probe.ts";

export type SoundCodec = "aac" | "opus" | "mp3" | "flac" | "pcm";

export type OutputContainer = Exclude<Container, "other">;

export type OutputFormat = {
  readonly container: OutputContainer;
  /** With the dot. */
  readonly extension: string;
  readonly soundCodec: SoundCodec;
  /** Extension of the encoded sound on its own, with the dot. */
  readonly soundExtension: string;
  /** Whether text subtitles can be tracks of the file. */
  readonly canHoldSubtitles: boolean;
  /** False for containers of sound alone. */
  readonly canHoldVideo: boolean;
  /** Whether the original sound can be a second track. */
  readonly canHoldOriginal: boolean;
};

const formats: Readonly<Record<OutputContainer, OutputFormat>> = {
  mp4: describe("mp4", "aac", { subtitles: true, video: true }),
  mov: describe("mov", "aac", { subtitles: true, video: true }),
  mkv: describe("mkv", "aac", { subtitles: true, video: true }),
  webm: describe("webm", "opus", { subtitles: true, video: true }),
  avi: describe("avi", "mp3", { video: true }),
  ogg: describe("ogg", "opus", { video: true }),
  m4a: describe("m4a", "aac"),
  mp3: describe("mp3", "mp3"),
  wav: describe("wav", "pcm"),
  flac: describe("flac", "flac"),
  opus: describe("opus", "opus"),
};

/** Extensions besides those of the formats themselves. */
const aliases: Readonly<Record<string, OutputContainer>> = {
  ".m4v": "mp4",
  ".m4b": "m4a",
  ".qt": "mov",
  ".ogv": "ogg",
  ".oga": "ogg",
};

/**
 * The input's own container when it can hold the result; else MKV, which holds any video, or M4A for sound.
 *
 * @param audioOnly true when only the sound of a video is written. Default false.
 */
export function outputFormat(
  info: MediaInfo,
  { audioOnly = false }: { readonly audioOnly?: boolean } = {},
): OutputFormat {
  const own = info.container === "other" ? undefined : formats[info.container];
  if (info.video !== undefined && !audioOnly) return own?.canHoldVideo ? own : formats.mkv;
  return own === undefined || own.canHoldVideo ? formats.m4a : own;
}

/**
 * The format a file name asks for.
 *
 * @param info what goes in; a file of sound alone keeps no video, a WebM only VP8, VP9 and AV1.
 * @throws DubberError `invalid_options` for an extension that cannot be written, or that cannot hold this video.
 */
export function formatOfExtension(path: string, info?: MediaInfo): OutputFormat {
  const extension = extname(path).toLowerCase();
  const container = aliases[extension] ?? extension.slice(1);
  const format = Object.hasOwn(formats, container)
    ? formats[container as OutputContainer]
    : undefined;
  if (format === undefined) {
    throw new DubberError(
      "invalid_options",
      `Files of the kind "${extension}" cannot be written.`,
      {
        hint: `Use one of ${Object.keys(formats).join(", ")}.`,
      },
    );
  }
  const video = info?.video?.codec;
  if (container === "webm" && video !== undefined && !["vp8", "vp9", "av1"].includes(video)) {
    throw new DubberError("invalid_options", `A WebM file cannot hold ${video} video.`, {
      hint: "Give an output that ends in .mkv or .mp4.",
    });
  }
  return { ...format, extension };
}

function describe(
  container: OutputContainer,
  soundCodec: SoundCodec,
  { subtitles = false, video = false } = {},
): OutputFormat {
  return {
    container,
    extension: `.${container}`,
    soundCodec,
    soundExtension: { aac: ".m4a", opus: ".opus", mp3: ".mp3", flac: ".flac", pcm: ".wav" }[
      soundCodec
    ],
    canHoldSubtitles: subtitles,
    canHoldVideo: video,
    canHoldOriginal: video || container === "m4a",
  };
}
