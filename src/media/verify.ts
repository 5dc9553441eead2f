/** Looks at what ffmpeg wrote: its exit code alone has been wrong before. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Seconds } from "../core/segment.ts";
import { type MediaInfo, probe } from "./probe.ts";
import type { Tools } from "./tools.ts";

export type Expected = {
  readonly hasVideo: boolean;
  /** Number of sound streams. */
  readonly audio: number;
  /** Number of subtitle streams, where it matters. */
  readonly subtitles?: number;
  readonly duration: Seconds;
  /** How far the length may be off. */
  readonly tolerance: Seconds;
};

/**
 * Probes `path` and compares it with what was asked for.
 *
 * @throws DubberError `tool_failed` naming what differs.
 */
export async function verifyOutput(
  tools: Tools,
  path: string,
  expected: Expected,
  { signal }: Call = {},
): Promise<MediaInfo> {
  const info = await probe(tools, path, signal ? { signal } : {}).catch((cause: unknown) => {
    if (!(cause instanceof DubberError) || cause.code === "missing_tool") throw cause;
    throw wrongOutput(path, "it cannot be read", cause);
  });
  const hasVideo = info.video !== undefined;
  if (hasVideo !== expected.hasVideo)
    throw wrongOutput(path, "its video is missing or unasked for");
  for (const kind of ["audio", "subtitles"] as const) {
    const wanted = expected[kind];
    if (wanted !== undefined && info[kind].length !== wanted) {
      throw wrongOutput(path, `it has ${info[kind].length} ${kind} streams instead of ${wanted}`);
    }
  }
  if (Math.abs(info.duration - expected.duration) > expected.tolerance) {
    const lengths = `${info.duration.toFixed(3)} s instead of ${expected.duration.toFixed(3)} s`;
    throw wrongOutput(path, `it is ${lengths} long`);
  }
  return info;
}

/** The error for an output that is there and not what it should be. */
export function wrongOutput(path: string, why: string, cause?: unknown): DubberError {
  return new DubberError("tool_failed", `ffmpeg wrote ${path}, but ${why}.`, {
    hint: "Run the same command again; if it repeats, please report it with the output of `dubber doctor`.",
    cause,
  });
}
