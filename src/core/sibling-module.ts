/** Finds the module a child process or a worker starts from, in the sources and in the built package alike. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Path of the module `name` beside the calling module, with the caller's own extension: `.ts` in a checkout,
 * `.js` in the built package. A plain `new URL("./name.ts", …)` would not be rewritten by the compiler.
 *
 * @param callerUrl the caller's `import.meta.url`.
 * @param name file name without extension.
 */
export function siblingModule(callerUrl: string, name: string): string {
  return fileURLToPath(new URL(`./${name}${extname(new URL(callerUrl).pathname)}`, callerUrl));
}
