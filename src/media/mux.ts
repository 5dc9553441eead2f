/** Puts picture, dub, original sound and subtitles into one file; the picture is copied bit for bit. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { DubberError, describeFileError } from "../core/error.ts";
import { attachCovers } from "./cover-art.ts";
import { timedInput } from "./extract.ts";
import { localFile, mediaInput, runFfmpeg, type Work } from "./ffmpeg.ts";
import { keptSubtitles, muxTracks, type SubtitleTrack } from "./mux-tracks.ts";
import { findOpusDelay } from "./opus-delay.ts";
import { formatOfExtension, type OutputContainer } from "./output-format.ts";
import { type AudioStream, type MediaInfo, mainSound } from "./probe.ts";
import type { Tools } from "./tools.ts";
import { verifyOutput, wrongOutput } from "./verify.ts";

export type { SubtitleTrack };

export type MuxRequest = {
  /** The source: its picture, cover art, chapters and tags go into the result. */
  readonly info: MediaInfo;
  readonly outPath: string;
  readonly container: OutputContainer;
  /** The dub, with what `encodeSound` says of the file it wrote; becomes the first and default sound. */
  readonly sound: { readonly info: MediaInfo; readonly language: string; readonly title?: string };
  /** Keep a sound of the source as the second track, up to the end of the picture. Default false. */
  readonly keepOriginal?: boolean | undefined;
  /** Which one. Default the main sound, and the language the source says. */
  readonly original?: {
    /** Index among all streams of the file. */
    readonly stream?: number | undefined;
    /** ISO 639-2, for a sound that does not say its own. */
    readonly language?: string | undefined;
  };
  /** New subtitle tracks; only for containers that can hold them. Default none. */
  readonly subtitles?: readonly SubtitleTrack[];
  /** Keep the source's own text subtitles (in Matroska all of them). Default false. */
  readonly keepSubtitles?: boolean | undefined;
  /** A video file that takes the place of the source's picture: what `burnSubtitles` wrote. */
  readonly picture?: string | undefined;
  /** Leave the picture out. Default false. */
  readonly audioOnly?: boolean | undefined;
};

/**
 * Writes the output file and checks it. Two runs give the same bytes.
 *
 * @returns what is in the file.
 * @throws DubberError `invalid_options` when the container cannot hold the picture; what {@link runFfmpeg} throws.
 */
export async function mux(
  tools: Tools,
  request: MuxRequest,
  { signal, onProgress }: Work = {},
): Promise<MediaInfo> {
  const call = signal ? { signal } : {};
  const { info, outPath, container, sound, subtitles = [], picture } = request;
  const { canHoldSubtitles } = formatOfExtension(`x.${container}`);
  if (subtitles.length > 0 && !canHoldSubtitles) {
    throw new DubberError(
      "invalid_options",
      `A file of the kind ${container} holds no subtitles.`,
      {
        hint: "Keep them beside it, or give an output that ends in .mkv or .mp4.",
      },
    );
  }
  const video = request.audioOnly ? undefined : info.video;
  const original = request.keepOriginal ? findOriginal(request) : undefined;
  const kept = request.keepSubtitles && canHoldSubtitles ? keptSubtitles(info, container) : [];
  // An AVI file knows no presentation times; without them nothing else can be written.
  const timing = info.container === "avi" ? ["-fflags", "+genpts"] : [];
  const inputs = [
    ...[...timing, ...timedInput(info.path, info.startTime)],
    ...(await soundInput(sound.info, container)),
    ...subtitles.flatMap(({ path }) => subtitleInput(path)),
    ...(picture === undefined ? [] : mediaInput(picture)),
    ...originalInput(info, original, container),
  ];
  const pictureInput = picture === undefined ? 0 : 2 + subtitles.length;
  const tracks = muxTracks({
    ...{ info, container, sound, subtitles, video, original, kept, pictureInput },
    originalInput: isDelayed(original, container)
      ? Math.max(1 + subtitles.length, pictureInput) + 1
      : 0,
  });
  const folder = await mkdtemp(join(tmpdir(), "dubber-mux-")).catch((error: unknown) => {
    throw describeFileError(error, tmpdir());
  });
  try {
    const covers = container === "mkv" ? await attachCovers(tools, { info, folder }, call) : [];
    const args = [...inputs, ...tracks, ...covers, localFile(outPath)];
    await runFfmpeg(tools, args, { ...call, onProgress });
  } catch (error) {
    throw describeMisfit(error, container);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const sounds = original === undefined ? 1 : 2;
  const expected = { hasVideo: video !== undefined, audio: sounds };
  const written = await verifyOutput(
    tools,
    outPath,
    {
      ...expected,
      subtitles: subtitles.length + kept.length,
      duration: info.duration,
      tolerance: tolerance(request),
    },
    call,
  );
  const [first] = written.audio;
  const isNamed = ["mp4", "mov", "mkv", "webm", "m4a"].includes(container);
  if (isNamed && sound.language !== "und" && first?.language !== sound.language) {
    throw wrongOutput(outPath, `its first sound is marked ${first?.language ?? "und"}`);
  }
  return written;
}

function findOriginal({ info, original = {} }: MuxRequest): AudioStream | undefined {
  const found = info.audio.find(({ index }) => index === original.stream) ?? mainSound(info);
  const { language } = original;
  return found && language !== undefined ? { language, ...found } : found;
}

/** Opens the dub so that its first real sample is at zero, whatever silence its encoder put before it. */
async function soundInput(
  { path, startTime, audio }: MediaInfo,
  container: OutputContainer,
): Promise<string[]> {
  const isMatroska = container === "mkv" || container === "webm";
  // ffmpeg's Matroska writer notes the codec's delay but leaves the timestamps where a reader then moves them back.
  const delay = isMatroska && audio[0]?.codec === "opus" ? await findOpusDelay(path) : 0;
  return timedInput(path, startTime - delay);
}

/** An SRT without a single cue is not recognised as one unless it is said. */
function subtitleInput(path: string): string[] {
  const isSrt = extname(path).toLowerCase() === ".srt";
  return [...(isSrt ? ["-f", "srt"] : []), "-i", localFile(path)];
}

/** Opus that is kept in Matroska needs the shift {@link soundInput} gives the dub, so the source is opened once more. */
function originalInput(
  info: MediaInfo,
  original: AudioStream | undefined,
  container: OutputContainer,
): string[] {
  if (!isDelayed(original, container)) return [];
  return timedInput(info.path, info.startTime + original.startTime);
}

function isDelayed(
  original: AudioStream | undefined,
  container: OutputContainer,
): original is AudioStream {
  const isMatroska = container === "mkv" || container === "webm";
  return isMatroska && original?.codec === "opus" && original.startTime < 0;
}

/**
 * A frame is what a copy may differ by. In another container the length of the last frame, which some do not store, is
 * a guess.
 */
function tolerance({ info, container, picture }: MuxRequest): number {
  const frame = 1 / (info.video?.frameRate ?? 25);
  const isCopy = container === info.container && picture === undefined;
  return Math.max(2 * frame, isCopy ? 0.1 : 0.5);
}

function describeMisfit(error: unknown, container: string): unknown {
  const pattern =
    /Could not find tag for codec (\w+)|codec not currently supported in container|Only (VP8 or VP9|\w+) or AV1|Unsupported codec id/;
  if (!(error instanceof DubberError) || !pattern.test(error.message)) return error;
  return new DubberError(
    "invalid_options",
    `A file of the kind ${container} cannot hold every stream of this video.\n${error.message}`,
    { hint: "Give an output that ends in .mkv: it holds any video.", cause: error },
  );
}
