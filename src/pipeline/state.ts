/** `dub.json`: what a work directory holds, whose video it is, and which stages are done. */
import { readFile, stat } from "node:fs/promises";
import { isAbsolute, join, relative } from "node:path";
import { z } from "zod";
import { writeJsonAtomic } from "../core/atomic-file.ts";
import { DubberError, describeFileError } from "../core/error.ts";
import { hashFile } from "../core/hash.ts";
import { identitySchema } from "./source-identity.ts";

/** Files up to this size are known by content as well, so that a copied or touched file still counts as the same. */
const hashUpToBytes = 16 * 1024 * 1024;

const outputSchema = z.object({
  path: z.string(),
  sizeBytes: z.number(),
  modifiedMs: z.number(),
  sha256: z.string().optional(),
});

const stageSchema = z.object({
  fingerprint: z.string(),
  finishedAt: z.string(),
  outputs: z.array(outputSchema),
  warnings: z.array(z.string()),
  /** Small facts later stages need, so that nothing is measured twice. */
  facts: z.record(z.string(), z.unknown()),
});

const stateSchema = z.object({
  schema: z.literal(1),
  source: identitySchema.extend({ path: z.string() }).optional(),
  stages: z.record(z.string(), stageSchema),
});

export type StageRecord = Readonly<z.infer<typeof stageSchema>>;
export type State = z.infer<typeof stateSchema>;
type Output = z.infer<typeof outputSchema>;

/**
 * Reads `dub.json`; a directory without one is new.
 *
 * @throws DubberError `work_directory_corrupt` when the file is there and cannot be understood; `unreadable`, `not_writable`.
 */
export async function readState(path: string): Promise<State> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const isNew = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (isNew) return { schema: 1, stages: {} };
    throw describeFileError(error, path);
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DubberError(
      "work_directory_corrupt",
      `${path} is not a state file of this version.`,
      {
        hint: "Choose another --workdir, or delete that file: finished speech clips are found again by content.",
        cause,
      },
    );
  }
}

/** Writes `dub.json` atomically. */
export async function writeState(path: string, state: State): Promise<void> {
  await writeJsonAtomic(path, state);
}

/** Notes what a stage made, so that a later run can tell whether it is still there and whole. */
export async function describeOutput(root: string, path: string): Promise<Output> {
  const { size: sizeBytes, mtimeMs: modifiedMs } = await stat(path);
  const inside = relative(root, path);
  const kept = inside.startsWith("..") || isAbsolute(inside) ? path : inside;
  const known = { path: kept, sizeBytes, modifiedMs };
  return sizeBytes > hashUpToBytes ? known : { ...known, sha256: await hashFile(path) };
}

/** True when the file is what the stage left: same size and time, or the same content. */
export async function isWhole(root: string, output: Output): Promise<boolean> {
  try {
    const path = isAbsolute(output.path) ? output.path : join(root, output.path);
    const { size, mtimeMs } = await stat(path);
    if (size !== output.sizeBytes) return false;
    if (mtimeMs === output.modifiedMs) return true;
    return output.sha256 !== undefined && (await hashFile(path)) === output.sha256;
  } catch {
    return false;
  }
}
