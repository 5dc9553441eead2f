/** Runs ffmpeg: arguments in, progress out, and an error that says what went wrong. Every call of ffmpeg goes through here. */
import { resolve } from "node:path";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import { type ChildEnd, runChild } from "./child.ts";
import { installHint, type Tools } from "./tools.ts";

/** What ffmpeg and ffprobe may open for us: never the network, whatever a file or playlist asks for. */
const protocols = "file,pipe,crypto,data";
/**
 * The demuxers a person's file may use. Left out are those that open other files by name (playlists, concat scripts,
 * image sequences) and those that take any text for a picture (tty).
 */
const demuxers =
  "mov,matroska,avi,mp3,wav,w64,flac,ogg,mpegts,mpeg,mpegvideo,flv,asf,aac,ac3,eac3,aiff,caf,amr,mxf,h264,hevc,rm,wv,ape,tta,au,nut,ivf,dv";

/** What many functions here take last: cancellation, and progress in seconds of the finished output. */
export type Work = Call & {
  readonly onProgress?: ((seconds: Seconds) => void) | undefined;
  /** Leaves the processor to others where they want it. Default false. */
  readonly isPatient?: boolean | undefined;
};

export type FfmpegOptions = Work & {
  readonly cwd?: string | undefined;
  /** Bytes for `pipe:0`. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
  /** Default `warning`; measuring filters print their result at `info`. */
  readonly logLevel?: "warning" | "info";
};

/**
 * Runs ffmpeg with `args` (inputs, filters, outputs) and waits for its end.
 *
 * @param args paths in it must have gone through {@link localFile} or {@link mediaInput}.
 * @returns the end of what it wrote to stderr.
 * @throws DubberError `tool_failed` with the last lines of stderr (retryable when somebody else killed it),
 *   `disk_full`, `not_writable`, `missing_tool` when this ffmpeg lacks an encoder or filter; the signal's reason.
 */
export async function runFfmpeg(
  tools: Tools,
  args: readonly string[],
  { signal, onProgress, isPatient, cwd, input, logLevel = "warning" }: FfmpegOptions = {},
): Promise<{ readonly stderr: string }> {
  const fixed = ["-hide_banner", "-nostats", "-y", "-v", logLevel, "-progress", "pipe:1"];
  const stdin = input === undefined ? ["-nostdin"] : [];
  const end = await runChild(tools.ffmpeg, [...fixed, ...stdin, ...args], {
    ...(signal ? { signal } : {}),
    cwd,
    input,
    isPatient,
    onLine: (line) => {
      const match = /^out_time_us=(\d+)$/.exec(line);
      if (match) onProgress?.(Number(match[1]) / 1e6);
    },
  });
  // A full disk can end in exit code 0 with a file that is cut.
  if (end.exitCode !== 0 || /No space left on device/.test(end.stderr)) {
    throw describeFailure("ffmpeg", end);
  }
  return { stderr: end.stderr };
}

/** A path as ffmpeg must be given it: `a:b.mp4`, `-x.mp4` and `%d.mp4` are then plain file names. */
export function localFile(path: string): string {
  return `file:${resolve(path)}`;
}

/** Arguments that open a person's file as an input: no network, no demuxer that opens other files. */
export function mediaInput(path: string): string[] {
  return [...inputLimits, "-i", localFile(path)];
}

/** The limits {@link mediaInput} sets, for ffprobe, which takes them as well. */
export const inputLimits: readonly string[] = [
  "-protocol_whitelist",
  protocols,
  "-format_whitelist",
  demuxers,
];

/** Turns the unhappy end of ffmpeg or ffprobe into an error. */
export function describeFailure(name: string, end: ChildEnd): DubberError {
  const lines = end.stderr.trim().split(/\r?\n/).slice(-8).join("\n");
  const said = lines === "" ? "It said nothing." : lines;
  if (/No space left on device|Disk quota exceeded/.test(lines)) {
    return new DubberError("disk_full", `The disk is full; ${name} could not finish.\n${said}`, {
      hint: "Free some space and run the same command again; finished work is kept.",
    });
  }
  // ffmpeg catches SIGTERM and SIGINT, closes its files and leaves with 255.
  if (end.endedBySignal !== undefined || end.exitCode === 255) {
    const how = end.endedBySignal ?? "a signal";
    return new DubberError("tool_failed", `${name} was ended from outside (${how}).\n${said}`, {
      hint: "Run the same command again; if it repeats, look whether the machine runs out of memory.",
      retryable: true,
    });
  }
  if (/Permission denied|Read-only file system|Operation not permitted/.test(lines)) {
    return new DubberError("not_writable", `${name} may not write its output.\n${said}`, {
      hint: "Check the permissions, or choose another place with --workdir or --output.",
    });
  }
  const lacking = /(Unknown encoder|No such filter:|Unknown decoder) '([^']+)'/.exec(end.stderr);
  if (lacking) {
    return new DubberError("missing_tool", `This ${name} was built without ${lacking[2]}.`, {
      hint: `Use a full build. ${installHint()}`,
    });
  }
  return new DubberError("tool_failed", `${name} failed (exit code ${end.exitCode}).\n${said}`, {
    hint: "Run `dubber doctor` to check the installation, and check that the file plays.",
  });
}
