/** Files a person may edit: written while they are as a stage left them, and never again once they are not. */
import { readFile } from "node:fs/promises";
import { writeFileAtomic } from "../core/atomic-file.ts";
import { DubberError } from "../core/error.ts";
import { hashBytes } from "../core/hash.ts";

/** A file as it is now, and whose it is. */
export type ReviewedFile = {
  readonly path: string;
  /** Undefined when there is none. */
  readonly bytes: Uint8Array | undefined;
  /** True when a person has changed it, or put it there. */
  readonly isEdited: boolean;
};

/**
 * @param written hashes of what stages have written into it, as far as that is known.
 */
export async function readReviewedFile(
  path: string,
  written: readonly (string | undefined)[],
): Promise<ReviewedFile> {
  const bytes = await readFile(path).catch(() => undefined);
  return { path, bytes, isEdited: bytes !== undefined && !written.includes(hashBytes(bytes)) };
}

/**
 * Writes the file, unless a person has edited it: then it stays as it is.
 *
 * @returns the hash of what was written; undefined when nothing was.
 */
export async function layOut(file: ReviewedFile, text: string): Promise<string | undefined> {
  if (file.isEdited) return undefined;
  await writeFileAtomic(file.path, text);
  return hashBytes(text);
}

/** @param what is not put in its place: `talk.es.srt`, `the new translation`. */
export function editedFile(path: string, what: string, hint: string): DubberError {
  return new DubberError("edited_file", `${path} was edited, so ${what} does not replace it.`, {
    hint,
  });
}
