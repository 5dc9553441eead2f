import { findTools, type Tools } from "../../src/media/tools.ts";

let found: Promise<Tools> | undefined;

/** ffmpeg and ffprobe of this machine, looked for once by each process of the tests. */
export function foundTools(): Promise<Tools> {
  found ??= findTools({ env: process.env });
  return found;
}
