/** A file that is on its way: the part that is there, and a note beside it that tells whether the rest belongs to it. */
import { readFile, rm, stat } from "node:fs/promises";
import { z } from "zod";
import { writeJsonAtomic } from "../core/atomic-file.ts";
import { describeStoreError } from "./store-folder.ts";

const noteSchema = z.strictObject({ url: z.string(), etag: z.string().optional() });

/** Where the part of a file lies until it is whole. */
export function partPath(path: string): string {
  return `${path}.part`;
}

/** How much of a file is there, bytes. */
export async function partSize(path: string): Promise<number> {
  return await stat(partPath(path)).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Removes what is there of a file's part. */
export async function removePart(path: string): Promise<void> {
  await rm(partPath(path), { force: true });
  await rm(notePath(path), { force: true });
}

/** Where the part came from; undefined where nobody knows. */
export async function readNote(path: string): Promise<z.infer<typeof noteSchema> | undefined> {
  try {
    return noteSchema.parse(JSON.parse(await readFile(notePath(path), "utf8")));
  } catch {
    return undefined;
  }
}

/** @throws DubberError `disk_full`, `not_writable`. */
export async function writeNote(
  path: string,
  { url, etag }: { readonly url: URL; readonly etag: string | null },
): Promise<void> {
  await onDisk(path, () =>
    writeJsonAtomic(notePath(path), { url: url.href, ...(etag !== null && { etag }) }),
  );
}

/** Tells what the disk refuses in words that fit the folder of the models. */
export async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw describeStoreError(error, path);
  }
}

function notePath(path: string): string {
  return `${partPath(path)}.json`;
}
