/** What is in a media file: streams, times, chapters. The words every other file here works with. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import { type Container, findContainer } from "./container.ts";
import { readHeader } from "./probe-header.ts";
import type { ProbedHeader, ProbedStream } from "./probe-schema.ts";
import { findSoundEnd, findVideoEnd } from "./stream-end.ts";
import type { Tools } from "./tools.ts";

export type MediaInfo = {
  readonly path: string;
  /** ffprobe's name, e.g. `mov,mp4,m4a,3gp,3g2,mj2`. */
  readonly format: string;
  readonly container: Container;
  /** The timestamp the file itself calls its beginning; every other time here is relative to it. */
  readonly startTime: Seconds;
  /** Where the picture ends; without a picture, where the sound ends. What a dub has to be matched to. */
  readonly duration: Seconds;
  readonly video?: VideoStream;
  readonly audio: readonly AudioStream[];
  readonly subtitles: readonly SubtitleStream[];
  /** Cover art: a picture that stands still and is not the video. */
  readonly pictures: readonly { readonly index: number; readonly codec: string }[];
  /** Attached files, such as the fonts of a Matroska file. */
  readonly attachments: number;
  readonly chapters: number;
  readonly tags: Readonly<Record<string, string>>;
};

export type VideoStream = {
  /** Index among all streams of the file. */
  readonly index: number;
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** Frames per second on average; 25 where the file does not say. */
  readonly frameRate: number;
  readonly startTime: Seconds;
  /** From its own start to the end of its last frame. */
  readonly duration: Seconds;
};

export type AudioStream = {
  readonly index: number;
  readonly codec: string;
  readonly channels: number;
  /** Hz. */
  readonly sampleRate: number;
  /** As the file says it, usually ISO 639-2: `eng`. */
  readonly language?: string;
  /** Below zero where a decoder throws the first samples away. */
  readonly startTime: Seconds;
  readonly duration?: Seconds;
  readonly isDefault: boolean;
};

export type SubtitleStream = {
  readonly index: number;
  readonly codec: string;
  readonly language?: string;
  readonly title?: string;
  /** False for subtitles that are pictures (DVD, Blu-ray): nobody can read their text. */
  readonly isText: boolean;
  readonly isDefault: boolean;
};

/**
 * Reads what is in a file. Never changes it, never opens another file or the network for it.
 *
 * @throws DubberError `not_found`, `unreadable` (a folder, no permission, a pipe), `invalid_media` (empty, cut off,
 *   not media, nothing to see or hear); the signal's reason.
 */
export async function probe(tools: Tools, path: string, { signal }: Call = {}): Promise<MediaInfo> {
  const call = signal ? { signal } : {};
  const header = await readHeader(tools, path, call);
  const moving = header.streams.filter((one) => one.codec_type === "video" && !isPicture(one));
  const audio = header.streams.filter((one) => one.codec_type === "audio" && one.codec_name);
  const [video] = moving;
  const [sound] = audio;
  if (video === undefined && sound === undefined) {
    throw new DubberError("invalid_media", `${path} holds neither a video nor sound.`, {
      hint: "Give a video or sound file.",
    });
  }
  const container = await findContainer(path, header);
  const startTime = findStart(header, container);
  const end = video
    ? await findVideoEnd(tools, { path, header, video, startTime }, call)
    : await findSoundEnd(tools, { path, header, sound: sound as ProbedStream, startTime }, call);
  if (!(end > 0)) {
    throw new DubberError("invalid_media", `${path} has no length that can be found.`, {
      hint: "The file may be cut off; check that it plays to its end.",
    });
  }
  return {
    path,
    format: header.format.format_name,
    container,
    startTime,
    duration: end,
    ...(video && { video: describeVideo(video, startTime, end) }),
    audio: audio.map((one) => describeAudio(one, startTime)),
    subtitles: header.streams.filter((one) => one.codec_type === "subtitle").map(describeSubtitle),
    pictures: header.streams
      .filter((one) => one.codec_type === "video" && isPicture(one))
      .map((one) => ({ index: one.index, codec: one.codec_name ?? "unknown" })),
    attachments: header.streams.filter((one) => one.codec_type === "attachment").length,
    chapters: header.chapters.length,
    tags: header.format.tags,
  };
}

/** The sound to take when nobody chose one: the default stream, else the first. */
export function mainSound(info: MediaInfo): AudioStream | undefined {
  return info.audio.find(({ isDefault }) => isDefault) ?? info.audio[0];
}

/**
 * A Matroska file with Opus begins a few milliseconds before zero because the decoder throws samples away there
 * (CodecDelay); the video's zero is still zero.
 */
function findStart({ format }: ProbedHeader, container: Container): Seconds {
  const start = format.start_time ?? 0;
  const isDelay = (container === "mkv" || container === "webm") && start < 0 && start > -0.1;
  return isDelay ? 0 : start;
}

function isPicture({ disposition }: ProbedStream): boolean {
  return disposition.attached_pic === 1 || disposition.timed_thumbnails === 1;
}

function describeVideo(stream: ProbedStream, mediaStart: Seconds, end: Seconds): VideoStream {
  const startTime = (stream.start_time ?? mediaStart) - mediaStart;
  return {
    index: stream.index,
    codec: stream.codec_name ?? "unknown",
    width: stream.width ?? 0,
    height: stream.height ?? 0,
    frameRate: stream.avg_frame_rate ?? stream.r_frame_rate ?? 25,
    startTime,
    duration: end - startTime,
  };
}

function describeAudio(stream: ProbedStream, mediaStart: Seconds): AudioStream {
  const language = languageOf(stream);
  return {
    index: stream.index,
    codec: stream.codec_name ?? "unknown",
    channels: stream.channels ?? 0,
    sampleRate: stream.sample_rate ?? 0,
    ...(language !== undefined && { language }),
    startTime: (stream.start_time ?? mediaStart) - mediaStart,
    ...(stream.duration !== undefined && { duration: stream.duration }),
    isDefault: stream.disposition.default === 1,
  };
}

/** Subtitle codecs ffmpeg can turn into text. */
const textCodecs = "subrip srt ass ssa webvtt mov_text text microdvd mpl2 sami subviewer stl ttml";

function describeSubtitle(stream: ProbedStream): SubtitleStream {
  const language = languageOf(stream);
  const codec = stream.codec_name ?? "unknown";
  return {
    index: stream.index,
    codec,
    ...(language !== undefined && { language }),
    ...(stream.tags.title !== undefined && { title: stream.tags.title }),
    isText: textCodecs.split(" ").includes(codec),
    isDefault: stream.disposition.default === 1,
  };
}

function languageOf({ tags }: ProbedStream): string | undefined {
  const language = tags.language;
  return language === undefined || language === "und" || language === "" ? undefined : language;
}
