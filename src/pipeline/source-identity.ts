/** Which file is this? Answers without reading a large file again when nothing changed. */
import { stat } from "node:fs/promises";
import { z } from "zod";
import type { Call } from "../core/call.ts";
import { describeFileError } from "../core/error.ts";
import { hashFile } from "../core/hash.ts";

export const identitySchema = z.object({
  sizeBytes: z.number(),
  modifiedMs: z.number(),
  inode: z.number(),
  sha256: z.string(),
});

/** A file's identity: cheap facts first, its content as the last word. */
export type Identity = Readonly<z.infer<typeof identitySchema>>;

/**
 * Identifies `path`. Its content is read only when size, time or inode differ from `known`.
 *
 * @returns `known` itself when the cheap facts agree; otherwise a fresh identity with the content's hash.
 * @throws DubberError `not_found`, `unreadable`, `not_writable`.
 */
export async function identify(
  path: string,
  known: Identity | undefined,
  { signal }: Call = {},
): Promise<Identity> {
  try {
    const { size: sizeBytes, mtimeMs: modifiedMs, ino: inode } = await stat(path);
    const isUnchanged =
      known?.sizeBytes === sizeBytes && known.modifiedMs === modifiedMs && known.inode === inode;
    if (isUnchanged) return known;
    return { sizeBytes, modifiedMs, inode, sha256: await hashFile(path, signal ? { signal } : {}) };
  } catch (error) {
    throw describeFileError(error, path);
  }
}
