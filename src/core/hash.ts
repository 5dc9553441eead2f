/** Content names: SHA-256 of bytes, files and plain values. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Call } from "./call.ts";

/** Read at a time from files: larger than the default, which costs a third more time. */
const readBytes = 1024 * 1024;

/** SHA-256 of a string (UTF-8) or bytes, 64 lowercase hexadecimal digits. */
export function hashBytes(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * SHA-256 of a JSON value, independent of the order of object keys; `undefined` members do not count.
 * Two values that print the same JSON have the same hash.
 */
export function hashValue(value: unknown): string {
  return hashBytes(JSON.stringify(value, sortKeys) ?? "undefined");
}

/** SHA-256 of a file's content, read as a stream. Throws what `node:fs` throws. */
export async function hashFile(path: string, { signal }: Call = {}): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(
    createReadStream(path, { highWaterMark: readBytes }),
    hash,
    ...(signal ? [{ signal }] : []),
  );
  return hash.digest("hex");
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
