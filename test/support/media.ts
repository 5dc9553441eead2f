/** Makes small media files and measures finished ones, with the real ffmpeg. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { copyOnceMade } from "./made-once.ts";
import { measuredOnce } from "./measured-once.ts";

const run = promisify(execFile);

/** Runs ffmpeg with these arguments; the last one is the output. */
export async function ffmpeg(...args: readonly string[]): Promise<void> {
  await run("ffmpeg", ["-hide_banner", "-loglevel", "error", "-nostdin", "-y", ...args]);
}

/** A small moving picture with a tone; `extra` are output arguments before the path. */
export async function makeVideo(
  path: string,
  { seconds = 4, extra = [] }: { seconds?: number; extra?: readonly string[] } = {},
): Promise<string> {
  const sound = `sine=f=220:r=48000:d=${seconds},volume=0.3,aformat=channel_layouts=stereo`;
  await copyOnceMade(JSON.stringify(["video", seconds, extra]), path, (place) =>
    ffmpeg(
      ...["-f", "lavfi", "-i", `testsrc=s=160x90:r=25:d=${seconds}`, "-f", "lavfi", "-i", sound],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-shortest", ...extra],
      place,
    ),
  );
  return path;
}

export type Probed = {
  readonly format: {
    readonly duration: string;
    readonly start_time?: string;
    readonly format_name: string;
    readonly tags?: Record<string, string>;
  };
  readonly streams: readonly {
    readonly index: number;
    readonly codec_type: string;
    readonly codec_name: string;
    readonly duration?: string;
    readonly tags?: Record<string, string>;
    readonly disposition: Record<string, number>;
  }[];
  readonly chapters: readonly unknown[];
};

export function ffprobe(path: string): Promise<Probed> {
  return measuredOnce(path, "probe", () => probeFile(path));
}

async function probeFile(path: string): Promise<Probed> {
  const args = [
    "-v",
    "error",
    "-show_format",
    "-show_streams",
    "-show_chapters",
    "-of",
    "json",
    path,
  ];
  const { stdout } = await run("ffprobe", args);
  return JSON.parse(stdout) as Probed;
}

/**
 * A hash of each packet of one stream, e.g. `0:v`, or of all of them: equal lists are equal streams, bit for bit. A line begins with the
 * stream's index among those that were asked for.
 */
export function packetHashes(path: string, streams = "0"): Promise<string> {
  const args = ["-v", "error", "-i", path, "-map", streams, "-c", "copy", "-f", "framemd5", "-"];
  return measuredOnce(path, `hashes ${streams}`, async () => {
    const { stdout } = await run("ffmpeg", args, { maxBuffer: 64e6 });
    const lines = stdout.split("\n");
    return lines.filter((line) => line !== "" && !line.startsWith("#")).join("\n");
  });
}

/** EBU R128 loudness (LUFS) and true peak (dBTP) of a stretch of a file's first sound stream. */
export async function loudness(
  path: string,
  { start, seconds }: { start?: number; seconds?: number } = {},
): Promise<{ integrated: number; truePeak: number }> {
  const args = [
    ...["-hide_banner", "-nostats", ...(start === undefined ? [] : ["-ss", String(start)])],
    ...(seconds === undefined ? [] : ["-t", String(seconds)]),
    ...[
      "-i",
      path,
      "-map",
      "0:a:0",
      "-af",
      "ebur128=framelog=verbose:peak=true",
      "-f",
      "null",
      "-",
    ],
  ];
  const { stderr } = await run("ffmpeg", args, { maxBuffer: 64e6 });
  const summary = stderr.slice(stderr.lastIndexOf("Summary:"));
  const find = (pattern: RegExp): number => Number(pattern.exec(summary)?.[1] ?? Number.NaN);
  return {
    integrated: find(/I:\s+(-?[\d.]+|-inf) LUFS/),
    truePeak: find(/Peak:\s+(-?[\d.]+|-inf) dBFS/),
  };
}

/** RMS level of a stretch, dBFS; −91 for digital silence. */
export async function level(path: string, start: number, seconds: number): Promise<number> {
  const args = [
    ...["-hide_banner", "-nostats", "-ss", String(start), "-t", String(seconds), "-i", path],
    ...["-map", "0:a:0", "-af", "volumedetect", "-f", "null", "-"],
  ];
  const { stderr } = await run("ffmpeg", args);
  return Number(/mean_volume: (-?[\d.]+) dB/.exec(stderr)?.[1] ?? Number.NaN);
}
