/** What is there of a model, and is it what it should be? */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Call } from "../core/call.ts";
import { DubberError, describeFileError } from "../core/error.ts";
import { hashFile } from "../core/hash.ts";
import type { ModelEntry, ModelFile } from "./contract.ts";
import { type FileRecord, readRecords, writeRecords } from "./model-record.ts";
import { checkOnnx } from "./onnx-check.ts";
import { requiredMetadata } from "./required-metadata.ts";

/** `unknown`: nobody has said yet what the file should be. */
export type FileState = "whole" | "missing" | "damaged" | "unknown";

export type InspectedFile = {
  readonly file: ModelFile;
  readonly state: FileState;
  /** Why it is damaged, in words that follow the file's name. */
  readonly reason?: string;
  /** Of a whole or unknown file. */
  readonly record?: FileRecord;
};

export type InspectOptions = Call & {
  /** `record`: a file that has not changed since its sum was taken is whole. `content`: the sum is taken again. */
  readonly trust: "record" | "content";
  /** Takes files of which no sum is known as they are, and remembers their sum. */
  readonly adopts?: boolean;
};

/**
 * Looks at each file of a model: size, SHA-256 and, for .onnx, the structure. What was found is remembered in `model.json`
 * where that can be written.
 *
 * @param directory the model's own folder.
 * @returns one result per file, in the entry's order.
 * @throws DubberError where a file cannot be read at all; the signal's reason.
 */
export async function inspectModel(
  entry: ModelEntry,
  directory: string,
  options: InspectOptions,
): Promise<readonly InspectedFile[]> {
  const records = await readRecords(directory);
  const inspected: InspectedFile[] = [];
  for (const file of entry.files) {
    options.signal?.throwIfAborted();
    inspected.push(await inspectFile(entry, file, directory, records.get(file.path), options));
  }
  // What a damaged or missing file was is remembered: it is what the next one of its name is compared with.
  const found = inspected.flatMap(({ file, state, record }) => {
    const remembered = state === "whole" ? record : records.get(file.path);
    return remembered === undefined ? [] : [remembered];
  });
  const isNew = found.some((record) => records.get(record.path) !== record);
  // A store that several people share may be read only.
  if (isNew) await writeRecords(directory, entry.name, found).catch(() => {});
  return inspected;
}

async function inspectFile(
  entry: ModelEntry,
  file: ModelFile,
  directory: string,
  known: FileRecord | undefined,
  { trust, adopts = false, signal }: InspectOptions,
): Promise<InspectedFile> {
  const path = join(directory, file.path);
  const facts = await stat(path).catch((error: unknown) => {
    const described = describeFileError(error, path);
    if (described instanceof DubberError && described.code === "not_found") return undefined;
    throw described;
  });
  if (facts === undefined) return { file, state: "missing" };
  if (!facts.isFile()) return { file, state: "damaged", reason: "is not a file" };
  const { size: sizeBytes, mtimeMs } = facts;
  const wanted = {
    sha256: file.sha256 ?? known?.sha256,
    sizeBytes: file.sizeBytes ?? (file.sha256 === undefined ? known?.sizeBytes : undefined),
  };
  if (wanted.sizeBytes !== undefined && wanted.sizeBytes !== sizeBytes) {
    const reason = `has ${sizeBytes} bytes instead of ${wanted.sizeBytes}`;
    return { file, state: "damaged", reason };
  }
  const isUnchanged =
    known?.sha256 === wanted.sha256 && known?.sizeBytes === sizeBytes && known.mtimeMs === mtimeMs;
  if (known !== undefined && isUnchanged && trust === "record") {
    return { file, state: "whole", record: known };
  }
  const sha256 = await hashFile(path, signal ? { signal } : {}).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw describeFileError(error, path);
  });
  if (wanted.sha256 !== undefined && wanted.sha256 !== sha256) {
    return { file, state: "damaged", reason: "does not have the content it should have" };
  }
  const reason = await faultOf(entry, file, path);
  if (reason !== undefined) return { file, state: "damaged", reason };
  const record: FileRecord = {
    ...{ path: file.path, sha256, sizeBytes, mtimeMs },
    trust: file.sha256 === undefined ? "first-download" : "catalogue",
  };
  return { file, state: wanted.sha256 === undefined && !adopts ? "unknown" : "whole", record };
}

/**
 * What makes an .onnx file useless even with the right sum, such as a wrong entry in somebody's `models.json`; nothing for
 * a file that is fine, or of another kind.
 *
 * @param path where the file lies now.
 */
export async function faultOf(
  { family }: ModelEntry,
  { path: name, role }: ModelFile,
  path: string,
): Promise<string | undefined> {
  if (!name.endsWith(".onnx")) return undefined;
  try {
    await checkOnnx(path, { requiredMetadata: requiredMetadata(family, role) });
    return undefined;
  } catch (error) {
    if (!(error instanceof DubberError) || error.code !== "model_corrupt") throw error;
    return `cannot be used: ${error.message.replace(/\.$/, "")}`;
  }
}
