/** Which embedded voice is installed. Reads its package's description only: the engine itself runs elsewhere. */
import { readFile } from "node:fs/promises";
import { DubberError } from "../core/error.ts";

/** An optional dependency: GPL-3, so it is loaded in a process of its own and Dubber works without it. */
const packageName = "@echogarden/espeak-ng-emscripten";
/** Counts up whenever Dubber's own handling changes the sound of a line. */
const handling = 1;

/**
 * Package version and our handling of it, e.g. `espeak-ng-emscripten 0.3.5/1`.
 *
 * @throws DubberError `engine_unavailable` when it is not installed.
 */
export async function embeddedVersion(): Promise<string> {
  try {
    const url = new URL(import.meta.resolve(`${packageName}/package.json`));
    const { version } = JSON.parse(await readFile(url, "utf8")) as { version: string };
    return `espeak-ng-emscripten ${version}/${handling}`;
  } catch (cause) {
    throw new DubberError("engine_unavailable", "The embedded voice is not installed.", {
      hint: `Run: npm install ${packageName}`,
      cause,
    });
  }
}
