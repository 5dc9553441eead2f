/** Files on this machine's disk, in 256 folders below one root. */
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { removeLeftovers, temporaryPrefix, writeFileAtomic } from "../../core/atomic-file.ts";
import { DubberError, describeFileError } from "../../core/error.ts";
import { flushDirectory } from "../../core/flush-directory.ts";
import { hashBytes } from "../../core/hash.ts";
import { makeDirectory } from "../../core/make-directory.ts";
import type { FileStore } from "./contract.ts";

/** The names the store takes: nothing in them leads anywhere. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,120}(\.[A-Za-z0-9]{1,16}){1,2}$/;
const folders = Array.from({ length: 256 }, (_, at) => at.toString(16).padStart(2, "0"));

/**
 * Opens the store and removes what a killed process left half written.
 *
 * @param root is made where it is missing; nobody else writes into it.
 * @throws DubberError `not_writable`, `disk_full`, `unreadable`.
 */
export async function openDiskFiles(root: string): Promise<FileStore> {
  await prepare(root);
  let used = await sumUp(root);
  /** The last change of each file that is being changed. */
  const changing = new Map<string, Promise<void>>();

  /** Where a file of that name is, or would be; undefined for what can be no name. */
  const pathOf = (name: string): string | undefined =>
    namePattern.test(name) ? join(root, hashBytes(name).slice(0, 2), name) : undefined;

  /** Changes of one file come one after the other, so that the sum stays right. */
  async function change(name: string, work: (path: string) => Promise<void>): Promise<void> {
    const path = pathOf(name);
    if (path === undefined) throw new DubberError("internal", "No file can be called that.");
    const done = (changing.get(name) ?? Promise.resolve()).then(async () => {
      const before = await sizeOf(path);
      try {
        await work(path);
      } catch (error) {
        throw describeFileError(error, name);
      } finally {
        const after = await sizeOf(path);
        used += after - before;
      }
    });
    const settled = done.catch(() => {});
    changing.set(name, settled);
    await done.finally(() => {
      if (changing.get(name) === settled) changing.delete(name);
    });
  }

  return {
    async put(name, localPath) {
      try {
        await change(name, async (path) => {
          const file = await open(localPath, "r+");
          try {
            // It may have been a long time in the making, and is as old as its place in the store.
            const storedAt = new Date();
            await file.utimes(storedAt, storedAt);
            await file.sync();
          } finally {
            await file.close();
          }
          await rename(localPath, path);
          await flushDirectory(dirname(path));
        });
      } catch (error) {
        await rm(localPath, { force: true });
        throw error;
      }
    },
    write: (name, parts) => change(name, (path) => writeFileAtomic(path, parts)),
    async stat(name) {
      const path = pathOf(name);
      const facts = path && (await absent(stat(path)));
      return facts ? { sizeBytes: facts.size, storedAtMs: facts.mtimeMs } : undefined;
    },
    async read(name, range): Promise<Readable | undefined> {
      const path = pathOf(name);
      const file = path && (await absent(open(path, "r")));
      return file
        ? createReadStream("", { fd: file, ...range, highWaterMark: 256 * 1024 })
        : undefined;
    },
    async local(name) {
      const path = pathOf(name);
      if (path === undefined || (await absent(stat(path))) === undefined) {
        throw new DubberError("not_found", "A file of this task is gone.");
      }
      return { path, release: async () => {} };
    },
    async remove(name) {
      if (pathOf(name) !== undefined) await change(name, (path) => rm(path, { force: true }));
    },
    async *names() {
      for (const folder of folders) yield* await namesIn(join(root, folder));
    },
    usedBytes: async () => used,
    async freeBytes() {
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
  };
}

/** All folders from the beginning: a new one would have to be flushed before the first file in it. */
async function prepare(root: string): Promise<void> {
  await makeDirectory(root);
  const known = new Set(await readdir(root));
  await Promise.all(
    folders.map(async (folder) => {
      const path = join(root, folder);
      await (known.has(folder) ? removeLeftovers(path) : makeDirectory(path));
    }),
  );
  await flushDirectory(root);
  await flushDirectory(dirname(root));
}

async function sumUp(root: string): Promise<number> {
  const sums = folders.map(async (folder) => {
    let sum = 0;
    for (const name of await namesIn(join(root, folder)))
      sum += await sizeOf(join(root, folder, name));
    return sum;
  });
  return (await Promise.all(sums)).reduce((sum, one) => sum + one, 0);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = (await absent(readdir(folder))) ?? [];
  return names.filter((name) => !name.startsWith(temporaryPrefix));
}

async function sizeOf(path: string): Promise<number> {
  return (await absent(stat(path)))?.size ?? 0;
}

/** Undefined for what is not there; any other trouble is trouble. */
async function absent<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
