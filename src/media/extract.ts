/** Takes sound and subtitles out of a video. */
import { stat } from "node:fs/promises";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import { localFile, mediaInput, runFfmpeg, type Work } from "./ffmpeg.ts";
import { type MediaInfo, mainSound } from "./probe.ts";
import type { Tools } from "./tools.ts";
import { wrongOutput } from "./verify.ts";
import { findWavData } from "./wav-data.ts";

/**
 * Writes one sound stream as 16-bit WAV (RF64 where it is longer than 4 GB) on the media's own timeline: sound that
 * starts late gets silence before it, gaps are filled, and the file is cut or padded to exactly
 * `round(duration · sampleRate)` frames.
 *
 * @param stream index among all streams of the file; default the default sound stream, else the first.
 * @param sampleRate Hz, default 48000. @param channels default 2.
 * @throws DubberError `invalid_media` when there is no such sound; what {@link runFfmpeg} throws.
 */
export async function extractSound(
  tools: Tools,
  {
    path,
    info,
    stream,
    outPath,
    duration,
    sampleRate = 48_000,
    channels = 2,
  }: {
    readonly path: string;
    readonly info: MediaInfo;
    readonly stream?: number;
    readonly outPath: string;
    readonly duration: Seconds;
    readonly sampleRate?: number;
    readonly channels?: 1 | 2;
  },
  { signal, ...work }: Work = {},
): Promise<void> {
  const index = stream ?? mainSound(info)?.index;
  if (index === undefined || !info.audio.some((one) => one.index === index)) {
    throw new DubberError("invalid_media", `${path} has no sound to take out.`, {
      hint: "Choose another sound stream, or a video with sound.",
    });
  }
  const frames = Math.round(duration * sampleRate);
  const filters = [
    `aresample=${sampleRate}:async=1:first_pts=0`,
    `aformat=sample_fmts=s16:channel_layouts=${channels === 1 ? "mono" : "stereo"}`,
    `apad=whole_len=${frames}`,
    `atrim=end_sample=${frames}`,
  ];
  const output = ["-map", `0:${index}`, "-af", filters.join(","), "-c:a", "pcm_s16le"];
  const wav = ["-map_metadata", "-1", "-fflags", "+bitexact", "-rf64", "auto", "-f", "wav"];
  await runFfmpeg(
    tools,
    [...timedInput(path, info.startTime), "-vn", ...output, ...wav, localFile(outPath)],
    { ...(signal ? { signal } : {}), ...work },
  );
  const written = await findWavData(outPath);
  if (written.frames !== frames || written.channels !== channels) {
    throw wrongOutput(outPath, `it has ${written.frames} frames instead of ${frames}`);
  }
}

/**
 * Writes a text subtitle stream as a file, on the media's own timeline.
 *
 * @param stream index among all streams of the file.
 * @param outPath its extension says the format: `.srt`, `.vtt` or `.ass`.
 * @throws DubberError `invalid_media` when the stream cannot become text.
 */
export async function extractSubtitles(
  tools: Tools,
  {
    path,
    info,
    stream,
    outPath,
  }: {
    readonly path: string;
    /** Without it the file's own zero counts as the start. */
    readonly info?: MediaInfo;
    readonly stream: number;
    readonly outPath: string;
  },
  { signal }: Call = {},
): Promise<void> {
  const call = signal ? { signal } : {};
  if (info?.subtitles.find(({ index }) => index === stream)?.isText === false) {
    throw new DubberError(
      "invalid_media",
      `Subtitle stream ${stream} of ${path} is made of pictures.`,
      {
        hint: "Give the text as a file with --subs.",
      },
    );
  }
  const input = timedInput(path, info?.startTime ?? 0);
  await runFfmpeg(
    tools,
    [...input, "-map", `0:${stream}`, "-vn", "-an", "-fflags", "+bitexact", localFile(outPath)],
    call,
  );
  const { size } = await stat(outPath);
  // A stream without a single cue gives an empty SRT; that is an answer, an empty ASS is not.
  if (size === 0 && !outPath.endsWith(".srt")) throw wrongOutput(outPath, "it is empty");
}

/**
 * Opens a file so that `startTime` becomes zero for every stream. ffmpeg's own shift is not used: for MPEG-TS it
 * depends on which streams are mapped, which would move sound that starts later than the picture.
 */
export function timedInput(path: string, startTime: Seconds): string[] {
  // Not to the microsecond: where the shift is just its own, ffmpeg 5.1 corrects it after all.
  const shift = startTime === 0 ? [] : ["-itsoffset", (0.000001 - startTime).toFixed(6)];
  return ["-copyts", ...shift, ...mediaInput(path)];
}
