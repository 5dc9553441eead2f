/** Remembers what was measured on a file, until the file is another one: each measurement starts a program. */
import { stat } from "node:fs/promises";

const most = 40;
const known = new Map<string, Promise<unknown>>();

/**
 * @param what the measurement with everything it depends on but the file.
 * @param measure is called where `path` has not been measured since it was written.
 */
export async function measuredOnce<T>(
  path: string,
  what: string,
  measure: () => Promise<T>,
): Promise<T> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const key = [path, ino, size, mtimeNs, ctimeNs, what].join(" ");
  const found = (known.get(key) as Promise<T> | undefined) ?? measure();
  known.delete(key);
  known.set(key, found);
  const [oldest] = known.keys();
  if (known.size > most && oldest !== undefined) known.delete(oldest);
  return await found;
}
