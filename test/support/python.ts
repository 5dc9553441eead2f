/** Python programs, where there is a Python with what they need: requests and aiohttp. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Why tests that need it are skipped. */
export const noPython =
  "no python3 here has requests and aiohttp; scripts/install-test-tools.sh installs them";

/** A Python that has both; undefined where there is none. */
export async function findPython(): Promise<string | undefined> {
  for (const python of ["/usr/bin/python3", "python3"]) {
    const isGood = await run(python, ["-c", "import aiohttp, requests"]).then(
      () => true,
      () => false,
    );
    if (isGood) return python;
  }
  return undefined;
}
