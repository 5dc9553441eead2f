/** The disk under the models: what it refuses, in words that fit. */
import { DubberError, describeFileError } from "../core/error.ts";
import { makeDirectory } from "../core/make-directory.ts";

/** {@link makeDirectory} for the folder of the models, with a hint that fits it. */
export async function makeStoreDirectory(directory: string): Promise<void> {
  await makeDirectory(directory).catch((error: unknown) => {
    throw describeStoreError(error, directory);
  });
}

/** {@link describeFileError} with the way out for a folder that may not be written: another one. */
export function describeStoreError(error: unknown, path: string): unknown {
  const described = describeFileError(error, path);
  if (!(described instanceof DubberError) || described.code !== "not_writable") return described;
  return new DubberError("not_writable", described.message, {
    hint: "Check the permissions, or choose another folder for the models with DUBBER_MODELS.",
    cause: described,
  });
}
