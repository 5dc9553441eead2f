/** Files of this machine. The only part of the client that needs Node, or something like it; loaded when a path is given. */
import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { writeFileThrough } from "../core/atomic-file.ts";
import { checkReadableFile } from "../core/readable-file.ts";

/** A file as a Blob that is read while it is sent. @throws DubberError `not_found`, `unreadable`. */
export async function openLocalFile(
  path: string,
): Promise<{ readonly blob: Blob; readonly fileName: string }> {
  await checkReadableFile(path);
  return { blob: await openAsBlob(path), fileName: basename(path) };
}

/**
 * Writes a file that is either whole or not there.
 *
 * @param check gets the SHA-256 of what was written, and its size; it throws where that is wrong.
 * @throws DubberError `disk_full`, `not_writable`; what `pieces` and `check` throw.
 */
export async function saveLocalFile(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  check: (sha256: string, sizeBytes: number) => void,
): Promise<void> {
  await writeFileThrough(path, async (temporaryPath) => {
    const hash = createHash("sha256");
    let sizeBytes = 0;
    const hashed = async function* () {
      for await (const piece of pieces) {
        hash.update(piece);
        sizeBytes += piece.length;
        yield piece;
      }
    };
    // Not a stream: one that is given up may open its file after the file was removed.
    const file = await open(temporaryPath, "w");
    try {
      await file.writeFile(hashed());
    } finally {
      await file.close();
    }
    check(hash.digest("hex"), sizeBytes);
  });
}
