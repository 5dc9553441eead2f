/** Which errors every line would meet alike, so that asking with other texts is in vain. */
import { DubberError, type ErrorCode } from "../core/error.ts";

const hopeless: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "engine_unavailable",
  "engine_unsupported",
  "unknown_voice",
  "unknown_model",
  "key_missing",
  "key_refused",
]);

/** True for an error that other texts would meet as well, as long as none has been spoken. */
export function isHopeless(error: unknown): error is DubberError {
  return error instanceof DubberError && hopeless.has(error.code);
}
