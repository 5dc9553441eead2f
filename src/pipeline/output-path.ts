/** The file the person named for the result: can it be written, and is it not the video itself? */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { DubberError, describeFileError } from "../core/error.ts";
import { formatOfExtension } from "../media/output-format.ts";
import type { CheckedOptions } from "./options.ts";

/**
 * Refuses an `output` that can never be written, before hours of work go into it.
 *
 * @throws DubberError `invalid_options`; `unreadable` (a folder, or below a file), `not_writable` (no name for a file).
 */
export async function checkOutput({ video, output }: CheckedOptions): Promise<void> {
  if (output === undefined) return;
  await refuseVideo(video, resolve(output));
  formatOfExtension(output);
  const facts = await stat(output).catch((error: unknown) => {
    const why = describeFileError(error, output);
    // Not there yet is as it should be.
    if (why instanceof DubberError && why.code === "not_found") return undefined;
    throw why;
  });
  if (facts?.isDirectory()) {
    throw new DubberError("unreadable", `The output ${output} is a folder.`, {
      hint: "Give the name of a file in it.",
    });
  }
}

/**
 * Refuses to write over the video, whichever way its path is spelled.
 *
 * @throws DubberError `invalid_options`.
 */
export async function refuseVideo(video: string, path: string): Promise<void> {
  if (!(await isSameFile(video, path))) return;
  throw new DubberError("invalid_options", `The output ${path} would overwrite the video.`, {
    hint: "Give another name with --output.",
  });
}

/** True for two names of one file: links to folders, and file systems that do not tell case apart, give a file many. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [a, b].map((path) => stat(path, { bigint: true }).catch(() => undefined)),
  );
  if (first === undefined || second === undefined) return resolve(a) === resolve(b);
  return first.dev === second.dev && first.ino === second.ino;
}
