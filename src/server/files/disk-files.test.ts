import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rm,
  statfs,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { mountSmallDisk, unmountSmallDisk } from "../../../test/support/small-disk.ts";
import { openDiskFiles } from "./disk-files.ts";
import { describeFileStore } from "./testing/file-store-conformance.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-files-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describeFileStore("the disk", async () => {
  const place = await mkdtemp(join(tmpdir(), "dubber-files-"));
  return {
    open: () => openDiskFiles(join(place, "files")),
    folder: place,
    remove: () => rm(place, { recursive: true, force: true }),
  };
});

it("has a file, and its name in its folder, flushed before it says so", async () => {
  const store = await openDiskFiles(join(folder, "files"));
  const made = join(folder, "made.wav");
  await writeFile(made, "sound");
  const any = await open(made);
  const flush = vi.spyOn(Object.getPrototypeOf(any) as FileHandle, "sync");
  await any.close();
  try {
    await store.put("put.wav", made);
    expect(flush).toHaveBeenCalledTimes(2);
    await store.write("written.wav", [Buffer.from("sound")]);
    expect(flush).toHaveBeenCalledTimes(4);
  } finally {
    flush.mockRestore();
  }
});

it("has nothing but whole files after a kill -9 in the middle of writing, and removes the rest", async () => {
  const root = join(folder, "files");
  const program = join(import.meta.dirname, "testing/write-loop.ts");
  const written = new Set<string>();
  for (const after of [1, 3, 8]) {
    const child = spawn(process.execPath, [program, root, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let count = 0;
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (name) => {
      written.add(name);
      if (++count === after) setImmediate(() => child.kill("SIGKILL"));
    });
    await Promise.all([once(child, "exit"), once(lines, "close")]);
  }
  // Whether the kills left one is a matter of luck.
  await writeFile(join(root, "07", ".tmp-file_1_1-0123456789ab.wav"), "half");
  const store = await openDiskFiles(root);
  const all = await readdir(root, { recursive: true });
  expect(all.filter((name) => name.includes(".tmp-"))).toEqual([]);
  const names = await Array.fromAsync(store.names());
  expect([...written].filter((name) => !names.includes(name))).toEqual([]);
  for (const name of names) {
    const content = await buffer((await store.read(name)) as Readable);
    expect(content).toHaveLength(2_000_000);
    expect(content.equals(Buffer.alloc(2_000_000, content[0]))).toBe(true);
  }
  expect(await store.usedBytes()).toBe(names.length * 2_000_000);
});

it("says that the disk is full, keeps nothing half, and goes on when there is space", async (context) => {
  const disk = join(folder, "disk");
  await mkdir(disk);
  await mountSmallDisk(context, disk, "3m");
  try {
    const store = await openDiskFiles(join(disk, "files"));
    await store.write("old.wav", [Buffer.alloc(100_000, 1)]);
    const { bsize, bavail } = await statfs(disk);
    await writeFile(join(disk, "ballast"), Buffer.alloc(bsize * bavail - 300_000));
    const big = [Buffer.alloc(150_000), Buffer.alloc(400_000)];
    for (const name of ["new.wav", "old.wav"]) {
      await expect(store.write(name, big)).rejects.toMatchObject({ code: "disk_full" });
    }
    expect(await Array.fromAsync(store.names())).toEqual(["old.wav"]);
    expect(await store.usedBytes()).toBe(100_000);
    expect(await store.stat("old.wav")).toMatchObject({ sizeBytes: 100_000 });
    const left = (await readdir(disk, { recursive: true })).filter((name) => /\.tmp-/.test(name));
    expect(left).toEqual([]);
    await rm(join(disk, "ballast"));
    await store.write("new.wav", big);
    expect(await store.usedBytes()).toBe(650_000);
  } finally {
    await unmountSmallDisk(disk);
  }
});

it("says so when its place cannot be used", async () => {
  await writeFile(join(folder, "files"), "a file");
  await expect(openDiskFiles(join(folder, "files"))).rejects.toMatchObject({ code: "unreadable" });
});
