/** The output side of a mux: which stream comes from where, how it is marked, and what the container needs. */
import type { OutputContainer } from "./output-format.ts";
import { formatOfExtension } from "./output-format.ts";
import type { AudioStream, MediaInfo, SubtitleStream, VideoStream } from "./probe.ts";
import { encoderArguments } from "./sound-encoder.ts";

export type SubtitleTrack = {
  /** An SRT, VTT or ASS file in UTF-8, on the media's timeline. */
  readonly path: string;
  /** ISO 639-2, e.g. `spa`. */
  readonly language: string;
  readonly title?: string;
  /** Shown without being asked for. Default false. */
  readonly isDefault?: boolean;
};

/** Bit rate of an original sound that has to be encoded anew because the container cannot hold it. */
const originalBitrateKbps = 192;

/** Sound codecs that can be copied into a container; Matroska takes any. */
const copyable: Readonly<Partial<Record<OutputContainer, RegExp>>> = {
  mp4: /^(aac|mp3|ac3|eac3|alac|opus)$/,
  m4a: /^(aac|alac)$/,
  mov: /^(aac|mp3|ac3|eac3|alac|pcm_.*)$/,
  webm: /^(opus|vorbis)$/,
  avi: /^(mp3|mp2|ac3|pcm_(s16le|u8))$/,
  ogg: /^(opus|vorbis|flac)$/,
  mp3: /^mp3$/,
  wav: /^pcm_(s16le|s24le|f32le)$/,
  flac: /^flac$/,
  opus: /^opus$/,
};

/** The source's subtitle streams that the container can hold: text everywhere, pictures in Matroska only. */
export function keptSubtitles(
  info: MediaInfo,
  container: OutputContainer,
): readonly SubtitleStream[] {
  return info.subtitles.filter(({ isText }) => isText || container === "mkv");
}

/** All output arguments but the path. Input 0 is the source, 1 the dub, 2… the new subtitles. */
export function muxTracks({
  info,
  container,
  sound,
  subtitles,
  video,
  original,
  kept,
  pictureInput,
  originalInput,
}: {
  readonly info: MediaInfo;
  readonly container: OutputContainer;
  readonly sound: { readonly language: string; readonly title?: string };
  readonly subtitles: readonly SubtitleTrack[];
  readonly video: VideoStream | undefined;
  readonly original: AudioStream | undefined;
  readonly kept: readonly SubtitleStream[];
  /** The input the picture is taken from. */
  readonly pictureInput: number;
  /** The input the original sound is taken from. */
  readonly originalInput: number;
}): string[] {
  const stillPictures = canHoldPictures(container) ? info.pictures : [];
  return [
    ...(video ? ["-map", pictureInput === 0 ? `0:${video.index}` : `${pictureInput}:v:0`] : []),
    ...["-map", "1:a:0"],
    ...(original ? ["-map", `${originalInput}:${original.index}`] : []),
    ...subtitles.flatMap((_, index) => ["-map", `${2 + index}:s:0`]),
    ...kept.flatMap(({ index }) => ["-map", `0:${index}`]),
    ...stillPictures.flatMap(({ index }) => ["-map", `0:${index}`]),
    ...(container === "mkv" && info.attachments > 0 ? ["-map", "0:t"] : []),
    ...["-map_metadata", tagSource(info), "-map_chapters", "0", "-c", "copy"],
    ...videoTag(info, container, video),
    ...mark("a:0", sound, container),
    ...["-disposition:a:0", "default"],
    ...(original ? originalArguments(original, container) : []),
    ...subtitles.flatMap((track, index) => [
      ...subtitleCodec(index, undefined, container),
      ...mark(`s:${index}`, track, container),
      ...[`-disposition:s:${index}`, track.isDefault ? "default" : "0"],
    ]),
    ...kept.flatMap((stream, index) => {
      const at = subtitles.length + index;
      const isSecond = subtitles.some(({ isDefault }) => isDefault);
      return [
        ...subtitleCodec(at, stream, container),
        ...(isSecond ? [`-disposition:s:${at}`, "0"] : []),
      ];
    }),
    // Sound before zero cannot be stored there; all streams would be moved later, the picture with them.
    ...(hasNegativeTimes(container) ? [] : ["-copypriorss:a", "0"]),
    // Half a frame more than the picture: cuts an original sound or subtitles that go on, and never a frame.
    ...["-t", (info.duration + 0.5 / (info.video?.frameRate ?? 25)).toFixed(6)],
    ...["-fflags", "+bitexact", "-f", muxers[container]],
  ];
}

/** An Ogg file of sound alone has no tags of its own: title and artist are those of its stream. */
function tagSource({ container, video, audio }: MediaInfo): string {
  const isInStream = (container === "opus" || container === "ogg") && video === undefined;
  return isInStream ? `0:s:${audio[0]?.index ?? 0}` : "0";
}

const muxers: Readonly<Record<OutputContainer, string>> = {
  mp4: "mp4",
  mov: "mov",
  mkv: "matroska",
  webm: "webm",
  avi: "avi",
  ogg: "ogg",
  m4a: "ipod",
  mp3: "mp3",
  wav: "wav",
  flac: "flac",
  opus: "opus",
};

function hasNegativeTimes(container: OutputContainer): boolean {
  return !["mkv", "webm", "avi"].includes(container);
}

/** As streams; Matroska takes them as attached files, see `attachCovers`. */
function canHoldPictures(container: OutputContainer): boolean {
  return ["mp4", "m4a", "mp3", "flac"].includes(container);
}

/** Apple's players want HEVC to be called hvc1. */
function videoTag(
  info: MediaInfo,
  container: OutputContainer,
  video: VideoStream | undefined,
): string[] {
  const isNew = (container === "mp4" || container === "mov") && !/^(mp4|mov)$/.test(info.container);
  return isNew && video?.codec === "hevc" ? ["-tag:v:0", "hvc1"] : [];
}

function mark(
  stream: string,
  { language, title }: { readonly language: string; readonly title?: string },
  container: OutputContainer,
): string[] {
  const specifier = `-metadata:s:${stream}`;
  // MP4 shows a track's name by its handler.
  const isMp4 = container === "mp4" || container === "mov";
  // Ogg would show the track's name as the title of the whole.
  const isShared = container === "opus" || container === "ogg";
  return [
    ...[specifier, `language=${language}`],
    ...(title === undefined || isShared ? [] : [specifier, `title=${title}`]),
    ...(title === undefined || !isMp4 ? [] : [specifier, `handler_name=${title}`]),
  ];
}

/** Copied where the container can hold it, else encoded anew; never the default. */
function originalArguments(original: AudioStream, container: OutputContainer): string[] {
  const isCopied = copyable[container]?.test(original.codec) ?? true;
  const { soundCodec } = formatOfExtension(`x.${container}`);
  const encoder = encoderArguments(soundCodec, originalBitrateKbps, "a:1");
  const { language } = original;
  return [
    ...(isCopied ? [] : [...encoder, "-flags:a:1", "+bitexact"]),
    ...(language === undefined ? [] : ["-metadata:s:a:1", `language=${language}`]),
    ...["-disposition:a:1", "0"],
  ];
}

function subtitleCodec(
  index: number,
  stream: SubtitleStream | undefined,
  container: OutputContainer,
): string[] {
  const codec = `-c:s:${index}`;
  if (container === "mp4" || container === "mov") return [codec, "mov_text"];
  if (container === "webm") return [codec, "webvtt"];
  // New files are copied as what they are (SRT, ASS); MP4's own kind of text does not exist in Matroska.
  return stream?.codec === "mov_text" ? [codec, "srt"] : [codec, "copy"];
}
