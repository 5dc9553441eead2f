import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  removeLeftovers,
  writeFileAtomic,
  writeFileThrough,
  writeJsonAtomic,
} from "./atomic-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("writes the whole file and makes its folder", async () => {
  const path = join(folder, "new", "a.json");
  await writeJsonAtomic(path, { a: 1 });
  expect(await readFile(path, "utf8")).toBe('{\n  "a": 1\n}\n');
});

it("keeps the old file and leaves nothing behind when the writing fails", async () => {
  const path = join(folder, "a.txt");
  await writeFileAtomic(path, "old");
  const failing = writeFileThrough(path, async (temporaryPath) => {
    await writeFile(temporaryPath, "half");
    throw new Error("broken");
  });
  await expect(failing).rejects.toThrow("broken");
  expect(await readFile(path, "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["a.txt"]);
});

it("gives ffmpeg a temporary name with the right extension", async () => {
  const name = await writeFileThrough(join(folder, "a b.mp4"), async (temporaryPath) => {
    await writeFile(temporaryPath, "x");
    return temporaryPath;
  });
  expect(name).toMatch(/\.tmp-a b-[0-9a-f]{12}\.mp4$/);
});

it("turns a full disk and a forbidden place into errors with a hint", async () => {
  const full = writeFileThrough(join(folder, "a"), () =>
    Promise.reject(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" })),
  );
  await expect(full).rejects.toMatchObject({ code: "disk_full", hint: expect.any(String) });
  const forbidden = writeFileThrough(join(folder, "a"), () =>
    Promise.reject(Object.assign(new Error("EROFS"), { code: "EROFS" })),
  );
  await expect(forbidden).rejects.toMatchObject({ code: "not_writable", hint: expect.any(String) });
});

it("removes leftovers of one target or of a whole directory, and nothing else", async () => {
  for (const name of [
    ".tmp-a-012345678901.txt",
    ".tmp-a-two-012345678901.txt",
    ".tmp-b-012345678901.txt",
    "a.txt",
  ]) {
    await writeFile(join(folder, name), "");
  }
  await removeLeftovers(folder, join(folder, "a.txt"));
  expect((await readdir(folder)).toSorted()).toEqual([
    ".tmp-a-two-012345678901.txt",
    ".tmp-b-012345678901.txt",
    "a.txt",
  ]);
  await removeLeftovers(folder);
  expect(await readdir(folder)).toEqual(["a.txt"]);
  await removeLeftovers(join(folder, "nowhere"));
});
