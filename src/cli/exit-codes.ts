/** The one table of exit codes: 0 done, 1 failed, 2 usage, 3 partial, 4 missing tool, font or key, 130 interrupted. */
import { DubberError, type ErrorCode, isAbortError } from "../core/error.ts";

export const exitCodes = { done: 0, failed: 1, usage: 2, partial: 3, missing: 4, interrupted: 130 };

const byCode: Partial<Record<ErrorCode, number>> = {
  usage: exitCodes.usage,
  invalid_options: exitCodes.usage,
  unknown_language: exitCodes.usage,
  unknown_voice: exitCodes.usage,
  unknown_model: exitCodes.usage,
  missing_tool: exitCodes.missing,
  missing_font: exitCodes.missing,
  model_missing: exitCodes.missing,
  model_corrupt: exitCodes.missing,
  engine_unavailable: exitCodes.missing,
  engine_unsupported: exitCodes.missing,
  key_missing: exitCodes.missing,
  key_refused: exitCodes.missing,
};

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (isAbortError(error)) return exitCodes.interrupted;
  return error instanceof DubberError ? (byCode[error.code] ?? exitCodes.failed) : exitCodes.failed;
}
