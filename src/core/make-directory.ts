/** Makes a folder with everything above it, and says honestly why it cannot. */
import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { DubberError, describeFileError } from "./error.ts";

/**
 * Makes `path` and the folders above it; one that is there already is fine.
 *
 * @throws DubberError `not_writable`, `disk_full`, `unreadable` (a file is in the way).
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await make(resolve(path));
  } catch (error) {
    throw isAbsence(error) ? nowhere(path, error) : describeFileError(error, path);
  }
}

/** One folder after the other: asked for all at once, Node never ends where no folder can be made, as in `/proc`. */
async function make(path: string): Promise<void> {
  const above = dirname(path);
  if (!(await isThere(above))) await make(above);
  await mkdir(path).catch(async (error: unknown) => {
    if (!(await isFolder(path))) throw error;
  });
}

/** The folder above is there, and the system says that something is missing. */
function isAbsence(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function nowhere(path: string, cause: unknown): DubberError {
  return new DubberError("not_writable", `No folder can be made at ${path}.`, {
    hint: "Choose a place on a disk.",
    cause,
  });
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
