/** Where the picture (or the sound) of a file really ends, for containers whose header does not say or is wrong. */
import type { Call } from "../core/call.ts";
import type { Seconds } from "../core/segment.ts";
import { runChild } from "./child.ts";
import { describeFailure, inputLimits, localFile } from "./ffmpeg.ts";
import type { ProbedHeader, ProbedStream } from "./probe-schema.ts";
import type { Tools } from "./tools.ts";

/** Covers the distance between key frames in all but extreme files; those are read whole. */
const tailSeconds = 12;

/**
 * The end of the last frame, relative to `startTime`. MP4, MOV and AVI say it in the header, edit lists included. In
 * the others the packets at the end are read: a header there is that of the longest stream, and tags go stale.
 */
export async function findVideoEnd(
  tools: Tools,
  {
    path,
    header,
    video,
    startTime,
  }: {
    readonly path: string;
    readonly header: ProbedHeader;
    readonly video: ProbedStream;
    readonly startTime: Seconds;
  },
  call: Call,
): Promise<Seconds> {
  const { format } = header;
  const isExact = /^(mov|avi)\b/.test(format.format_name);
  if (isExact && video.duration !== undefined && video.duration > 0) {
    return (video.start_time ?? startTime) + video.duration - startTime;
  }
  const frame = 1 / (video.avg_frame_rate ?? video.r_frame_rate ?? 25);
  const look = { path, index: video.index, frame };
  const formatEnd = format.duration && (format.start_time ?? 0) + format.duration;
  const tail =
    formatEnd !== undefined && formatEnd > 2 * tailSeconds
      ? await lastPacketEnd(tools, { ...look, from: formatEnd - tailSeconds }, call)
      : undefined;
  const end = tail ?? (await lastPacketEnd(tools, look, call)) ?? formatEnd;
  return (end ?? Number.NaN) - startTime;
}

/** The end of the sound, relative to `startTime`; the file is read whole only where its header is a guess. */
export async function findSoundEnd(
  tools: Tools,
  {
    path,
    header,
    sound,
    startTime,
  }: {
    readonly path: string;
    readonly header: ProbedHeader;
    readonly sound: ProbedStream;
    readonly startTime: Seconds;
  },
  call: Call,
): Promise<Seconds> {
  const length = sound.duration ?? header.format.duration;
  if (length !== undefined && length > 0 && !header.isEstimated) {
    return (sound.start_time ?? startTime) + length - startTime;
  }
  const end = await lastPacketEnd(tools, { path, index: sound.index, frame: 0 }, call);
  return (end ?? Number.NaN) - startTime;
}

/** Largest pts + duration of a stream's packets, `from` on; undefined when there is none. */
async function lastPacketEnd(
  tools: Tools,
  {
    path,
    index,
    frame,
    from,
  }: {
    readonly path: string;
    readonly index: number;
    readonly frame: Seconds;
    readonly from?: Seconds;
  },
  { signal }: Call,
): Promise<Seconds | undefined> {
  let last: Seconds | undefined;
  const interval = from === undefined ? [] : ["-read_intervals", `${from.toFixed(3)}%`];
  const shown = ["-show_entries", "packet=pts_time,dts_time,duration_time", "-of", "csv=p=0"];
  const args = ["-v", "error", ...inputLimits, ...interval, "-select_streams", String(index)];
  const end = await runChild(tools.ffprobe, [...args, ...shown, "-i", localFile(path)], {
    ...(signal ? { signal } : {}),
    onLine: (line) => {
      const [pts, dts, duration] = line.split(",").map(Number.parseFloat);
      const start = isNumber(pts) ? pts : dts;
      if (!isNumber(start)) return;
      const length = isNumber(duration) && duration > 0 ? duration : frame;
      last = Math.max(last ?? Number.NEGATIVE_INFINITY, start + length);
    },
  });
  // A damaged tail ends a whole read with an error as well; the packets before it still count.
  if (end.exitCode !== 0 && last === undefined && from === undefined) {
    throw describeFailure("ffprobe", end);
  }
  return last;
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}
