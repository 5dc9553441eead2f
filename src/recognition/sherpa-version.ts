/** Which sherpa-onnx is installed. Reads its package's description only: the library itself runs elsewhere. */
import { readFile } from "node:fs/promises";
import { DubberError } from "../core/error.ts";

/** An optional dependency of 60 MB: Dubber works without it. */
const packageName = "sherpa-onnx-node";

/**
 * Package and version, e.g. `sherpa-onnx-node 1.13.8`.
 *
 * @param find where a package's file lies; `import.meta.resolve` by default.
 * @throws DubberError `engine_unavailable` when it is not installed.
 */
export async function sherpaVersion(
  find: (specifier: string) => string = (specifier) => import.meta.resolve(specifier),
): Promise<string> {
  try {
    const url = new URL(find(`${packageName}/package.json`));
    const { version } = JSON.parse(await readFile(url, "utf8")) as { version: string };
    return `${packageName} ${version}`;
  } catch (cause) {
    throw new DubberError(
      "engine_unavailable",
      "sherpa-onnx, which runs local models, is missing.",
      {
        hint: `Run: npm install ${packageName}`,
        cause,
      },
    );
  }
}
