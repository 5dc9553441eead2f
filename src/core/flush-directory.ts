/** Makes renames durable, for many files of one directory at the price of one. */
import { open } from "node:fs/promises";

/** The flush that is running in a directory, and the one that will follow it. */
type Flushes = { running: Promise<void>; next: Promise<void> | undefined };
const directories = new Map<string, Flushes>();

/**
 * Resolves when everything renamed in the directory before the call is on the disk. Callers that come while a flush is
 * running share the next one.
 */
export async function flushDirectory(path: string): Promise<void> {
  const flushes = directories.get(path);
  if (flushes === undefined) {
    const first: Flushes = { running: flushNow(path), next: undefined };
    directories.set(path, first);
    await first.running.finally(() => forget(path, first));
    return;
  }
  const follow = (): Promise<void> => {
    // From here on a newer caller may find its rename too late for this flush.
    flushes.next = undefined;
    flushes.running = flushNow(path);
    return flushes.running;
  };
  // Also after a flush that failed: that is its own callers' affair.
  flushes.next ??= flushes.running.then(follow, follow);
  await flushes.next.finally(() => forget(path, flushes));
}

function forget(path: string, flushes: Flushes): void {
  if (flushes.next === undefined && directories.get(path) === flushes) directories.delete(path);
}

/** Some systems cannot open a directory, and do not need it; others cannot flush one: the rename is atomic either way. */
async function flushNow(path: string): Promise<void> {
  const directory = await open(path, "r").catch(() => undefined);
  try {
    await directory?.sync();
  } catch {
    // Not supported here (Windows, some network file systems).
  } finally {
    await directory?.close();
  }
}
