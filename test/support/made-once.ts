/** Media that many tests need: made by the first one of a process, copied by the others. Gone with the process. */
import { mkdtempSync, rmSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

let folder: string | undefined;
const made = new Map<string, Promise<string>>();

/**
 * Gives `path` the file that `make` makes, which runs once for each `key`.
 *
 * @param key everything the file's content depends on.
 */
export async function copyOnceMade(
  key: string,
  path: string,
  make: (path: string) => Promise<unknown>,
): Promise<void> {
  const whole = `${key} ${extname(path)}`;
  const original = made.get(whole) ?? makeIn(ownFolder(), `${made.size}${extname(path)}`, make);
  made.set(whole, original);
  await copyFile(await original, path);
}

async function makeIn(
  place: string,
  name: string,
  make: (path: string) => Promise<unknown>,
): Promise<string> {
  const path = join(place, name);
  await make(path);
  return path;
}

function ownFolder(): string {
  if (folder === undefined) {
    const own = mkdtempSync(join(tmpdir(), "dubber-made-once-"));
    process.once("exit", () => rmSync(own, { recursive: true, force: true }));
    folder = own;
  }
  return folder;
}
