/** Is there room for more? Asked before anything is accepted that will take room. */
import { ApiError } from "../api-error.ts";
import type { FileStore } from "./contract.ts";

export type StorageGuard = {
  /** @throws ApiError `insufficient_storage` when the quota is used up or the disk is nearly full. */
  check(): Promise<void>;
};

/** How long an answer is taken for true, ms: thousands may ask within a second. */
const keptForMs = 500;

export function openStorageGuard({
  files,
  maxStoredBytes,
  minFreeBytes,
  now,
}: {
  readonly files: FileStore;
  readonly maxStoredBytes: number;
  readonly minFreeBytes: number;
  readonly now: () => number;
}): StorageGuard {
  let last: { readonly atMs: number; readonly problem: Promise<string | undefined> } | undefined;

  async function look(): Promise<string | undefined> {
    if (Number.isFinite(maxStoredBytes) && (await files.usedBytes()) >= maxStoredBytes) {
      return "The server's storage quota (MAX_STORAGE_BYTES) is used up.";
    }
    return (await files.freeBytes()) < minFreeBytes
      ? "The server's disk is nearly full."
      : undefined;
  }

  return {
    async check() {
      if (last === undefined || now() - last.atMs > keptForMs) {
        last = { atMs: now(), problem: look() };
      }
      const problem = await last.problem;
      if (problem === undefined) return;
      throw new ApiError(
        "insufficient_storage",
        `${problem} Old results are removed after a while; try again later.`,
      );
    },
  };
}
