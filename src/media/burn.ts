/** Draws subtitles into the picture. The sound is not touched: the result is video alone. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { DubberError, describeFileError } from "../core/error.ts";
import { timedInput } from "./extract.ts";
import { localFile, runFfmpeg, type Work } from "./ffmpeg.ts";
import type { MediaInfo } from "./probe.ts";
import { majorVersion, type Tools } from "./tools.ts";
import { verifyOutput } from "./verify.ts";

/**
 * Encodes the picture with the subtitles drawn in: H.264, or VP9 for `.webm`. Frames keep their times, variable frame
 * rates and a late start included.
 *
 * @param path the video; @param info what `probe` said of it.
 * @param subtitlePath `.srt` or `.ass`, UTF-8, on the media's timeline; any path, nothing has to be escaped.
 * @param crf quality, 0 (lossless) to 51, default 18. @param preset x264's speed, default `medium`.
 * @throws DubberError `invalid_media` without a picture; what {@link runFfmpeg} throws.
 */
export async function burnSubtitles(
  tools: Tools,
  {
    path,
    info,
    subtitlePath,
    outPath,
    crf = 18,
    preset = "medium",
  }: {
    readonly path: string;
    readonly info: MediaInfo;
    readonly subtitlePath: string;
    readonly outPath: string;
    readonly crf?: number;
    readonly preset?: string;
  },
  { signal, onProgress }: Work = {},
): Promise<void> {
  const { video } = info;
  if (video === undefined) {
    throw new DubberError("invalid_media", `${path} has no picture to draw subtitles into.`, {
      hint: "Use --burn-mode off for sound alone.",
    });
  }
  // The filter's argument needs three layers of escaping; a plain name in its own folder needs none.
  const folder = await mkdtemp(join(tmpdir(), "dubber-burn-")).catch((error: unknown) => {
    throw describeFileError(error, tmpdir());
  });
  try {
    const name = `subtitles${extname(subtitlePath).toLowerCase()}`;
    await copyFile(subtitlePath, join(folder, name)).catch((error: unknown) => {
      throw describeFileError(error, subtitlePath);
    });
    const output = [
      ...["-map", `0:${video.index}`, "-an", "-sn", "-dn", "-map_metadata", "-1"],
      ...["-map_chapters", "-1", "-vf", filters(name, video)],
      ...encoderOf(outPath, { crf, preset, tools }),
      ...["-flags:v", "+bitexact", "-fflags", "+bitexact"],
    ];
    await runFfmpeg(tools, [...timedInput(path, info.startTime), ...output, localFile(outPath)], {
      ...(signal ? { signal } : {}),
      onProgress,
      cwd: folder,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  // The file begins with its first frame where the source's picture starts late.
  const duration = video.startTime + video.duration;
  const tolerance = Math.max(0.5, video.startTime + 2 / video.frameRate);
  const expected = { hasVideo: true, audio: 0, duration, tolerance };
  await verifyOutput(tools, outPath, expected, signal ? { signal } : {});
}

function filters(
  name: string,
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const isOdd = width % 2 === 1 || height % 2 === 1;
  return [
    `subtitles=filename=${name}`,
    // 4:2:0, which every player shows, has no odd sizes.
    ...(isOdd ? ["scale=trunc(iw/2)*2:trunc(ih/2)*2"] : []),
    "format=yuv420p",
  ].join(",");
}

function encoderOf(
  outPath: string,
  { crf, preset, tools }: { readonly crf: number; readonly preset: string; readonly tools: Tools },
): string[] {
  const extension = extname(outPath).toLowerCase();
  const quality = ["-crf", String(crf)];
  const encoder =
    extension === ".webm"
      ? ["-c:v", "libvpx-vp9", ...quality, "-b:v", "0", "-row-mt", "1", ...vp9Speed(preset)]
      : ["-c:v", "libx264", ...quality, "-preset", preset];
  // AVI has one frame rate for the whole file.
  if (extension === ".avi") return encoder;
  const isOld = majorVersion(tools.version) === 5 && tools.version.startsWith("5.0");
  return [...encoder, isOld ? "-vsync" : "-fps_mode", "passthrough", "-enc_time_base", "1:90000"];
}

/** libvpx counts its speed from 0 (slowest) to 8. */
function vp9Speed(preset: string): string[] {
  const isFast = ["ultrafast", "superfast", "veryfast", "faster", "fast"].includes(preset);
  return ["-deadline", isFast ? "realtime" : "good", "-cpu-used", isFast ? "8" : "3"];
}
