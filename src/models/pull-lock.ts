/** One download of a model at a time, over all processes and machines that share the folder. Others wait. */
import { randomBytes } from "node:crypto";
import { readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Call } from "../core/call.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { describeStoreError, makeStoreDirectory } from "./store-folder.ts";

/** An owner on another machine shows by touching the file that it lives. */
const touchMs = 5_000;
const staleMs = 60_000;
const lookAgainMs = 250;

export type PullLockOptions = Call & {
  readonly clock?: Clock;
  /** Called once, when another process holds the lock. */
  readonly onWait?: () => void;
};

/**
 * Waits until nobody else downloads into `directory`. A lock whose process has ended is taken over. Should two ever hold it at
 * once, both write the same bytes to the same places, and the sum is checked afterwards.
 *
 * @returns releases the lock when disposed.
 * @throws DubberError `not_writable`, `disk_full`; the signal's reason.
 */
export async function takePullLock(
  directory: string,
  { signal, clock = systemClock, onWait }: PullLockOptions = {},
): Promise<AsyncDisposable> {
  const path = join(dirname(directory), `.${basename(directory)}.lock`);
  await makeStoreDirectory(dirname(directory));
  const owner = `${hostname()} ${process.pid} ${randomBytes(8).toString("hex")}`;
  let hasWaited = false;
  while (!(await appear(path, owner))) {
    signal?.throwIfAborted();
    if (await isAbandoned(path)) {
      await putAside(path);
      continue;
    }
    if (!hasWaited) onWait?.();
    hasWaited = true;
    await clock.sleep(lookAgainMs, signal ? { signal } : {});
  }
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, touchMs).unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(touching);
      const holder = await readFile(path, "utf8").catch(() => "");
      if (holder === owner) await rm(path, { force: true }).catch(() => {});
    },
  };
}

/** False when there is a lock already. */
async function appear(path: string, owner: string): Promise<boolean> {
  try {
    await writeFile(path, owner, { flag: "wx" });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw describeStoreError(error, path);
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const [text, facts] = await Promise.all([
    readFile(path, "utf8").catch(() => ""),
    stat(path).catch(() => undefined),
  ]);
  if (facts === undefined) return false;
  const [host, pid = ""] = text.split(" ");
  if (host === hostname() && !isAlive(Number(pid))) return true;
  return Date.now() - facts.mtimeMs > staleMs;
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}

/** Of several that find a lock abandoned, one moves it away; a lock that is none of that any more is put back. */
async function putAside(path: string): Promise<void> {
  const aside = `${path}-${randomBytes(6).toString("hex")}`;
  try {
    await rename(path, aside);
  } catch {
    return; // Another one was faster.
  }
  if (await isAbandoned(aside)) await rm(aside, { force: true }).catch(() => {});
  else await rename(aside, path).catch(() => {});
}
