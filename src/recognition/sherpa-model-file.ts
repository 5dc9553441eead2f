/** A last look at a model's file before native code gets it: that code ends the process, or silently does nothing. */
import { open } from "node:fs/promises";
import { DubberError } from "../core/error.ts";
import { checkReadableFile } from "../core/readable-file.ts";

/** Every ONNX file begins with the field `ir_version` (Protocol Buffers, field 1, a varint). */
const onnxStart = 0x08;
/** Smaller than this is no network. */
const leastBytes = 100;

/**
 * Refuses what cannot be a model, in words that say what to do. What it cannot see, a file cut in the middle, is left to
 * the catalogue's sums and to the engine host.
 *
 * @param path of an `.onnx` file, or of the `.txt` and `.ort` files beside it.
 * @throws DubberError `model_missing`, `model_corrupt`, `unreadable`.
 */
export async function checkModelFile(path: string): Promise<void> {
  let sizeBytes: number;
  try {
    ({ size: sizeBytes } = await checkReadableFile(path));
  } catch (error) {
    if (!(error instanceof DubberError) || error.code !== "not_found") throw error;
    throw new DubberError("model_missing", `There is no model file ${path}.`, {
      hint: "Get it with: dubber models pull",
      cause: error,
    });
  }
  if (sizeBytes === 0) throw corrupt(path, "is empty");
  if (!path.endsWith(".onnx")) return;
  if (sizeBytes < leastBytes) throw corrupt(path, `has ${sizeBytes} bytes`);
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(1) });
    if (buffer[0] !== onnxStart) throw corrupt(path, "is no ONNX model");
  } finally {
    await file.close();
  }
}

function corrupt(path: string, what: string): DubberError {
  return new DubberError("model_corrupt", `The model file ${path} ${what}.`, {
    hint: "Look for damaged models with: dubber models verify",
  });
}
