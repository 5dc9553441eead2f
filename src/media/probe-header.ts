/** Asks ffprobe about a file and turns every way this can fail into an error a person can act on. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { checkReadableFile } from "../core/readable-file.ts";
import { runChild } from "./child.ts";
import { describeFailure, inputLimits, localFile } from "./ffmpeg.ts";
import { headerSchema, type ProbedHeader } from "./probe-schema.ts";
import type { Tools } from "./tools.ts";

/** A crafted file can keep a demuxer busy for hours; an honest one answers in well under a second. */
const timeLimitMs = 30_000;

/** Reads the header; what it throws is what `probe` throws. */
export async function readHeader(
  tools: Tools,
  path: string,
  { signal }: Call,
): Promise<ProbedHeader> {
  await checkFile(path);
  const lines: string[] = [];
  const limit = AbortSignal.timeout(timeLimitMs);
  const args = ["-v", "warning", "-hide_banner", ...inputLimits];
  const shown = ["-show_format", "-show_streams", "-show_chapters", "-of", "json"];
  try {
    const end = await runChild(tools.ffprobe, [...args, ...shown, "-i", localFile(path)], {
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      onLine: (line) => lines.push(line),
    });
    if (end.exitCode === undefined || end.exitCode === 255) throw describeFailure("ffprobe", end);
    if (end.exitCode !== 0) throw notMedia(path, end.stderr);
    const header = headerSchema.parse(JSON.parse(lines.join("\n")));
    const isEstimated = /Estimating duration from bitrate/.test(end.stderr);
    return { ...header, isEstimated };
  } catch (error) {
    if (error instanceof DubberError || signal?.aborted) throw error;
    throw new DubberError(
      "invalid_media",
      limit.aborted
        ? `${path} could not be understood within ${timeLimitMs / 1000} s.`
        : `What is in ${path} could not be understood.`,
      { hint: "Check that the file plays; copying it with ffmpeg may mend it.", cause: error },
    );
  }
}

/** ffprobe would wait for ever on a named pipe, and its words for the rest are not for people. */
async function checkFile(path: string): Promise<void> {
  const { size } = await checkReadableFile(path);
  if (size === 0) {
    throw new DubberError("invalid_media", `${path} is empty (0 bytes).`, {
      hint: "Its download or recording did not finish; get it again.",
    });
  }
}

function notMedia(path: string, stderr: string): DubberError {
  // What ffprobe only took for MP4 for want of anything better has no moov atom because it is no MP4.
  const isGuess = /detected only with low score/.test(stderr);
  const isCut =
    !isGuess && /moov atom not found|Truncat|partial file|EBML header parsing failed/i.test(stderr);
  const said = stderr.trim().split(/\r?\n/).slice(-4).join("\n");
  const why = isCut ? "is cut off or damaged" : "is not a video or sound file Dubber can read";
  return new DubberError("invalid_media", `${path} ${why}.\n${said}`, {
    hint: isCut
      ? "Its recording or download did not finish; get it again."
      : "Give a video or sound file, such as MP4, MKV, WebM or WAV.",
  });
}
