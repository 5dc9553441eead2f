/** What `auto` found, kept for the next run of any video: one small file in the user's cache folder. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { writeJsonAtomic } from "../core/atomic-file.ts";
import { hashValue } from "../core/hash.ts";
import type { LimitMemory } from "../scheduler/contract.ts";

const fileSchema = z.record(z.string(), z.number().int().min(1).max(1000));

/**
 * A memory for one engine with its model and address; plans and keys are not told apart.
 *
 * @param env XDG_CACHE_HOME and HOME say where the cache folder is.
 */
export function openLimitMemory(
  { name, version }: { readonly name: string; readonly version: string },
  env: Readonly<Record<string, string | undefined>>,
): LimitMemory {
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache");
  const path = join(cache, "dubber", "limits.json");
  const key = `${name} ${hashValue(version).slice(0, 16)}`;
  async function read(): Promise<Record<string, number>> {
    try {
      return fileSchema.parse(JSON.parse(await readFile(path, "utf8")));
    } catch {
      return {}; // Not there, or not ours: it is found again.
    }
  }
  return {
    load: async () => (await read())[key],
    async save(limit) {
      try {
        await writeJsonAtomic(path, { ...(await read()), [key]: limit });
      } catch {
        // A cache that cannot be written costs the next run a few seconds, not this one its work.
      }
    },
  };
}
