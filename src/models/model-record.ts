/** `model.json` in a model's folder: what was found there, so that no file is hashed again before it changes. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeJsonAtomic } from "../core/atomic-file.ts";

const fileSchema = z.strictObject({
  path: z.string(),
  sha256: z.string(),
  sizeBytes: z.number(),
  /** When the file was last changed, as it was when its sum was taken. */
  mtimeMs: z.number(),
  /** `catalogue`: the sum was known before. `first-download`: the sum is that of the first file that came. */
  trust: z.enum(["catalogue", "first-download"]),
});

const schema = z.strictObject({
  schema: z.literal(1),
  name: z.string(),
  /** ISO 8601. */
  checked: z.string(),
  files: z.array(fileSchema),
});

/** What is known of one file of a model. */
export type FileRecord = Readonly<z.infer<typeof fileSchema>>;

/** What was known of the files last time; none where nothing is, or nothing that can be understood. */
export async function readRecords(directory: string): Promise<ReadonlyMap<string, FileRecord>> {
  try {
    const { files } = schema.parse(JSON.parse(await readFile(recordPath(directory), "utf8")));
    return new Map(files.map((file) => [file.path, file]));
  } catch {
    return new Map(); // The files are hashed again, and that is all it costs.
  }
}

/** Writes `model.json`. Throws what {@link writeJsonAtomic} throws. */
export async function writeRecords(
  directory: string,
  name: string,
  files: readonly FileRecord[],
): Promise<void> {
  const checked = new Date().toISOString();
  await writeJsonAtomic(recordPath(directory), { schema: 1, name, checked, files });
}

function recordPath(directory: string): string {
  return join(directory, "model.json");
}
