/** Is this a file one can read from beginning to end? Asked before anybody opens it. */
import type { Stats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { DubberError, describeFileError } from "./error.ts";

/**
 * Refuses everything that is no file with an end: a folder, a named pipe, on which a reader waits for ever, a device.
 *
 * @returns the file's facts.
 * @throws DubberError `not_found`, `unreadable`.
 */
export async function checkReadableFile(path: string): Promise<Stats> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) {
      throw new DubberError("unreadable", `${path} is a folder, not a file.`, {
        hint: "Give the file inside it.",
      });
    }
    if (!facts.isFile()) {
      throw new DubberError("unreadable", `${path} is a pipe or a device, not a file.`, {
        hint: "Save it as a file first.",
      });
    }
    await (await open(path, "r")).close();
    return facts;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EACCES" || code === "EPERM") {
      throw new DubberError("unreadable", `${path} may not be read.`, {
        hint: "Check the permissions of the file and of its folder.",
        cause: error,
      });
    }
    throw describeFileError(error, path);
  }
}
