import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { linux, needs } from "../../test/support/needs.ts";
import { makeDirectory } from "./make-directory.ts";

let folder: string;
const at = (name: string): string => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-folders-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("makes a folder and all above it, also when others make the same, and leaves one that is there", async () => {
  await Promise.all(Array.from({ length: 20 }, () => makeDirectory(at("a/b/c/d"))));
  await writeFile(at("a/b/c/d/file"), "");
  await makeDirectory(at("a/b/c/d"));
  await makeDirectory("/");
  expect((await stat(at("a/b/c/d/file"))).isFile()).toBe(true);
});

it("takes a link to a folder for one", async () => {
  await symlink(folder, at("link"));
  await makeDirectory(at("link"));
  await makeDirectory(at("link/below"));
  expect((await stat(at("below"))).isDirectory()).toBe(true);
});

it.each(["file", "file/below", "file/below/it"])(
  "says that a file is in the way of %s",
  async (name) => {
    await writeFile(at("file"), "");
    await expect(makeDirectory(at(name))).rejects.toMatchObject({
      ...{ code: "unreadable", message: expect.stringContaining(at(name)) },
    });
  },
);

it("says that a link leads nowhere", async () => {
  await symlink(at("nowhere"), at("link"));
  await expect(makeDirectory(at("link"))).rejects.toMatchObject({ code: "unreadable" });
});

it.each(["/proc/dubber", "/proc/dubber/below"])(
  "ends where no folder can be made: %s",
  needs(linux),
  async (path) => {
    await expect(makeDirectory(path)).rejects.toMatchObject({
      ...{ code: "not_writable", message: expect.stringContaining(path) },
    });
  },
);
