/** A disk of a few megabytes, to be filled: a tmpfs, which needs root and Linux. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import type { TestContext } from "vitest";

const run = promisify(execFile);

/**
 * Mounts it at `path`, a folder that is made where it is missing; skips the test where nobody may.
 *
 * @param size as mount(8) takes it: `16m`.
 */
export async function mountSmallDisk(
  context: TestContext,
  path: string,
  size: string,
): Promise<void> {
  await mkdir(path, { recursive: true });
  await run("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]).catch(() =>
    context.skip("a disk cannot be mounted here: this needs root and Linux"),
  );
}

/** Takes it away, also while somebody still has files open on it. */
export async function unmountSmallDisk(path: string): Promise<void> {
  await run("umount", ["-l", path]).catch(() => {});
}
