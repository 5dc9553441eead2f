import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listFilters } from "./filters.ts";
import { findTools, installHint } from "./tools.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function pretend(name: string, version: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(
    path,
    `#!/bin/sh\necho "ffmpeg version ${version} Copyright (c) the developers"\n`,
  );
  await chmod(path, 0o755);
  return path;
}

describe("findTools", () => {
  it("finds both tools on PATH and says their version", async () => {
    const tools = await findTools({ env: { PATH: process.env.PATH } });
    expect(tools.ffmpeg).toMatch(/ffmpeg/);
    expect(tools.ffprobe).toMatch(/ffprobe/);
    expect(tools.version).toMatch(/\d/);
    expect(await listFilters(tools)).toContain("ebur128");
  });

  it("takes FFMPEG_PATH as the program or as its folder, with ffprobe beside it", async () => {
    const real = await findTools({ env: { PATH: process.env.PATH } });
    const folder = await mkdtemp(join(directory, "bin-"));
    await symlink(real.ffmpeg, join(folder, "ffmpeg"));
    await symlink(real.ffprobe, join(folder, "ffprobe"));
    const byFolder = await findTools({ env: { FFMPEG_PATH: folder } });
    const byName = await findTools({ env: { FFMPEG_PATH: join(folder, "ffmpeg") } });
    expect(byFolder).toEqual(byName);
    expect(dirname(byName.ffprobe)).toBe(folder);
  });

  it("says how to install what is missing", async () => {
    await expect(findTools({ env: { PATH: directory } })).rejects.toMatchObject({
      code: "missing_tool",
      hint: installHint(),
    });
    await expect(findTools({ env: { FFMPEG_PATH: "/no/such" } })).rejects.toMatchObject({
      code: "missing_tool",
      message: expect.stringContaining("/no/such"),
    });
  });

  it("refuses a version below 5 and accepts a build from git", async () => {
    const old = await pretend("old-ffmpeg", "4.4.2-0ubuntu0");
    const git = await pretend("git-ffmpeg", "N-12345-gabcdef");
    await expect(findTools({ env: { FFMPEG_PATH: old, FFPROBE_PATH: git } })).rejects.toMatchObject(
      { code: "missing_tool", message: expect.stringContaining("too old") },
    );
    const tools = await findTools({ env: { FFMPEG_PATH: git, FFPROBE_PATH: git } });
    expect(tools.version).toBe("N-12345-gabcdef");
  });
});
