/** What a test needs of the machine. Where it is missing the test is skipped, and `report-skipped.ts` says why at the end of the run. */
import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import type { TestOptions } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Why the test, or all tests of the suite, are skipped. */
    missing?: string;
  }
}

/**
 * The options of a test or suite that needs something.
 *
 * @param missing what is missing, in words for the summary; undefined where nothing is.
 */
export function needs(missing: string | undefined): TestOptions {
  return missing === undefined ? {} : { skip: true, meta: { missing } };
}

/** For what only Linux has: /proc, /dev/full. */
export const linux = process.platform === "linux" ? undefined : "this needs Linux";
/** For what no permission keeps root from. */
export const notRoot =
  process.getuid?.() === 0
    ? "root may read and write everything; this needs another user"
    : undefined;
/** For what takes minutes. */
export const soak =
  process.env.SOAK === undefined ? "the long form, which `make soak` runs" : undefined;

/** A file of the development media beside the checkout, which is not part of it. */
export function sharedMedia(...names: readonly string[]): string {
  return join(import.meta.dirname, "../../../shared/media", ...names);
}

/** Why what needs the file is skipped; undefined where it is there. */
export function missingFile(path: string): string | undefined {
  const shared = join(import.meta.dirname, "../../..");
  return existsSync(path) ? undefined : `${relative(shared, path)} is not beside this checkout`;
}
