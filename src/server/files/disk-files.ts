/** Files on this machine's disk, in 256 folders below one root. */
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { removeLeftovers, temporaryPrefix, writeFileAtomic } from "../../core/atomic-file.ts";
import { DubberError, describeFileError } from "../../core/error.ts";
import { flushDirectory } from "../../core/flush-directory.ts";
import { hashBytes } from "../../core/hash.ts";
import { makeDirectory } from "../../core/make-directory.ts";
import type { FileStore } from "./contract.ts";

/** The names the store takes: nothing in them leads anywhere. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,120}(\.[A-Za-z0-9]{1,16}){1,2}$/;

/**
 * Opens the store and removes what a killed process left half written.
 *
 * @param root is made where it is missing; nobody else writes into it.
 */
export async function openDiskFiles(root: string): Promise<FileStore> {
  await makeDirectory(root);
  for (const folder of await readdir(root)) await removeLeftovers(join(root, folder));
  let used: Promise<number> | undefined;

  const pathOf = (name: string): string => {
    if (!namePattern.test(name)) {
      throw new DubberError("not_found", "There is no file of that name.");
    }
    return join(root, hashBytes(name).slice(0, 2), name);
  };
  const sizeOf = async (path: string): Promise<number> =>
    (await stat(path).catch(() => undefined))?.size ?? 0;
  /** Keeps the sum right without reading all folders again. */
  const count = (bytes: number): void => {
    used = used?.then((sum) => sum + bytes);
  };

  async function* paths(): AsyncGenerator<{ name: string; path: string }> {
    for (const folder of await readdir(root)) {
      for (const name of await readdir(join(root, folder)).catch(() => [])) {
        if (!name.startsWith(temporaryPrefix)) yield { name, path: join(root, folder, name) };
      }
    }
  }

  async function sumUp(): Promise<number> {
    let sum = 0;
    for await (const { path } of paths()) sum += await sizeOf(path);
    return sum;
  }

  return {
    async put(name, localPath) {
      const path = pathOf(name);
      const folder = join(path, "..");
      const before = await sizeOf(path);
      try {
        await makeDirectory(folder);
        const file = await open(localPath, "r+");
        await file.sync().finally(() => file.close());
        await rename(localPath, path);
        await flushDirectory(folder);
      } catch (error) {
        throw describeFileError(error, name);
      }
      count((await sizeOf(path)) - before);
    },
    async write(name, parts) {
      const path = pathOf(name);
      const before = await sizeOf(path);
      await writeFileAtomic(path, parts);
      count(parts.reduce((sum, { byteLength }) => sum + byteLength, 0) - before);
    },
    async stat(name) {
      const facts = await stat(pathOf(name)).catch(() => undefined);
      return facts?.isFile() ? { sizeBytes: facts.size, storedAtMs: facts.mtimeMs } : undefined;
    },
    async read(name, range): Promise<Readable | undefined> {
      const file = await open(pathOf(name), "r").catch(() => undefined);
      return file && createReadStream("", { fd: file, ...range, highWaterMark: 256 * 1024 });
    },
    async local(name) {
      const path = pathOf(name);
      if ((await stat(path).catch(() => undefined)) === undefined) {
        throw new DubberError("not_found", "A file of this task is gone.");
      }
      return { path, release: async () => {} };
    },
    async remove(name) {
      const path = pathOf(name);
      const bytes = await sizeOf(path);
      await rm(path, { force: true });
      count(-bytes);
    },
    async *names() {
      for await (const { name } of paths()) yield name;
    },
    usedBytes: () => (used ??= sumUp()),
    async freeBytes() {
      const { bavail, bsize } = await statfs(root);
      return bavail * bsize;
    },
  };
}
