/** What a run remembers of paid answers: the work directory's own memory, and the one that is shared by videos. */
import { join } from "node:path";
import type { TranslationMemory } from "../translation/contract.ts";
import { openMemory } from "../translation/memory-file.ts";
import type { CheckedOptions } from "./options.ts";

export type RunMemory = TranslationMemory & { flush(): Promise<void> };

const nothing: RunMemory = { get: () => undefined, set: () => {}, flush: async () => {} };

/**
 * @param models who may be asked; where there is nobody there is nothing to remember, and no file is made.
 * @throws DubberError `unreadable`, `not_writable`, `disk_full`: before anything is paid for.
 */
export async function openRunMemory(
  root: string,
  { memory }: Pick<CheckedOptions, "memory">,
  models: readonly (string | undefined)[],
): Promise<RunMemory> {
  if (models.every((model) => model === undefined)) return nothing;
  return await openMemory([join(root, "memory.jsonl"), ...(memory === undefined ? [] : [memory])]);
}
