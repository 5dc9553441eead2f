/** Files that are either whole or not there: a temporary file beside the target, fsync, rename. */
import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { describeFileError } from "./error.ts";
import { flushDirectory } from "./flush-directory.ts";
import { makeDirectory } from "./make-directory.ts";

/** How a temporary file's name starts; what a killed run left behind is found and removed by this. */
export const temporaryPrefix = ".tmp-";

/**
 * Lets `write` make a file under a temporary name in the target's folder (made if missing), then
 * flushes it to the disk and renames it to `path`. On any failure the temporary file is removed and the old file,
 * if there was one, is untouched.
 *
 * @param write gets the temporary path; it keeps the target's extension, which ffmpeg needs.
 * @returns what `write` returned.
 * @throws DubberError `disk_full`, `not_writable`; anything else `write` throws, unchanged.
 */
export async function writeFileThrough<T>(
  path: string,
  write: (temporaryPath: string) => Promise<T>,
): Promise<T> {
  return await replace(path, async (temporaryPath) => {
    const result = await write(temporaryPath);
    await flush(temporaryPath);
    return result;
  });
}

/** Writes `data`, or its parts one after the other, to `path` atomically; see {@link writeFileThrough}. */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  await replace(path, async (temporaryPath) => {
    const file = await open(temporaryPath, "w");
    try {
      await file.writeFile(Array.isArray(data) ? data : [data]);
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

async function replace<T>(
  path: string,
  writeThrough: (temporaryPath: string) => Promise<T>,
): Promise<T> {
  const directory = dirname(path);
  const unique = randomBytes(6).toString("hex");
  const temporaryPath = join(directory, `${temporaryStem(path)}${unique}${extname(path)}`);
  try {
    await makeDirectory(directory);
    const result = await writeThrough(temporaryPath);
    await rename(temporaryPath, path);
    await flushDirectory(directory);
    return result;
  } catch (error) {
    await rm(temporaryPath, { force: true }).catch(() => {});
    throw describeFileError(error, path);
  }
}

/** Writes a value as indented JSON with a final newline, atomically. */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`);
}

/**
 * Removes temporary files and folders that killed runs left in a directory; one that is not there has none. Only for directories, or targets,
 * that nobody else is writing to.
 *
 * @param target only leftovers of this path; default: all of the directory's.
 */
export async function removeLeftovers(directory: string, target?: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const leftovers = names.filter((name) =>
    target === undefined ? name.startsWith(temporaryPrefix) : isLeftoverOf(target, name),
  );
  await Promise.all(
    leftovers.map(async (name) => {
      const path = join(directory, name);
      // Some are folders, such as the parts of a long sound.
      await rm(path, { force: true, recursive: true }).catch((error: unknown) => {
        throw describeFileError(error, path);
      });
    }),
  );
}

/** Exactly a name {@link writeFileThrough} gives this target: another's that only begins like it is left alone. */
function isLeftoverOf(target: string, name: string): boolean {
  const stem = temporaryStem(target);
  const unique = name.slice(stem.length, name.length - extname(target).length);
  return name.startsWith(stem) && name.endsWith(extname(target)) && /^[0-9a-f]{12}$/.test(unique);
}

function temporaryStem(path: string): string {
  return `${temporaryPrefix}${basename(path, extname(path)).slice(0, 40)}-`;
}

async function flush(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
