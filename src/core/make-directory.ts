/** Makes a folder with everything above it, and says honestly why it cannot. */
import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { describeFileError } from "./error.ts";

/**
 * Makes `path` and the folders above it; one that is there already is fine.
 *
 * @throws DubberError `not_writable`, `disk_full`, `unreadable` (a file is in the way).
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw describeFileError(await honest(error, path), path);
  }
}

/** Node says ENOENT where a folder cannot be made on a disk that may only be read; asked for one folder, the disk says why. */
async function honest(error: unknown, path: string): Promise<unknown> {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) return error;
  let missing = resolve(path);
  while (!(await isThere(dirname(missing)))) missing = dirname(missing);
  return await mkdir(missing).then(
    () => error,
    (reason: unknown) => reason,
  );
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
