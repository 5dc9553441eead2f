/** Is there room for a dub? Asked before its files fill the disk for everybody: a small upload may hold days of sound. */
import { readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { DubberError, describeFileError } from "../../core/error.ts";
import type { Seconds } from "../../core/segment.ts";

/** The original's sound and the dub's, both 48 kHz, 16 bits and stereo, and half as much for clips, bytes. */
const bytesPerSecond = 2.5 * 48_000 * 4;

/**
 * @param directory of the dub, which is there; what an earlier attempt has left in it counts as room.
 * @param duration of the video.
 * @param video its path: the finished one is about as large.
 * @throws DubberError `disk_full`, which may pass; `invalid_media` for what no disk of this size can hold.
 */
export async function checkRoom(
  directory: string,
  { duration, video }: { readonly duration: Seconds; readonly video: string },
): Promise<void> {
  const needed = duration * bytesPerSecond + (await sizeOf(video));
  const { blocks, bavail, bsize } = await statfs(directory).catch((error: unknown) => {
    throw describeFileError(error, directory);
  });
  if (needed > blocks * bsize) {
    const minutes = Math.round(duration / 60);
    throw new DubberError(
      "invalid_media",
      `The video is ${minutes} minutes long, which is more than this server has room for.`,
      { hint: "Send it in parts." },
    );
  }
  if (needed <= bavail * bsize + (await sizeWithin(directory))) return;
  throw new DubberError("disk_full", "The disk has no room for this dub.");
}

async function sizeWithin(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map((one) => sizeOf(join(one.parentPath, one.name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}
