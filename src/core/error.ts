/** The one error type that leaves Dubber's public functions. What failed, why, and what to do next. */

/** What kind of failure it is; programs switch on this, people read `message` and `hint`. */
export type ErrorCode =
  | "usage"
  | "not_found"
  | "unreadable"
  | "invalid_media"
  | "invalid_text"
  | "invalid_options"
  | "unknown_language"
  | "unknown_voice"
  | "text_missing"
  | "missing_tool"
  | "tool_failed"
  | "missing_font"
  | "engine_unavailable"
  | "engine_failed"
  | "engine_unsupported"
  | "key_missing"
  | "key_refused"
  | "unknown_model"
  | "model_missing"
  | "model_corrupt"
  | "download_failed"
  | "nothing_heard"
  | "quota_exhausted"
  | "rate_limited"
  | "service_down"
  | "too_expensive"
  | "lines_failed"
  | "line_too_long"
  | "work_directory_locked"
  | "work_directory_foreign"
  | "work_directory_corrupt"
  | "edited_file"
  | "disk_full"
  | "not_writable"
  | "internal";

export type DubberErrorOptions = {
  /** What the person can do next, one sentence. */
  readonly hint?: string;
  /** True when the same call may succeed later without any change. Default false. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
};

/**
 * An error that says what failed, on which value with its unit, and what to do next.
 *
 * `message` and `hint` never contain a key, a header or a whole response body.
 */
export class DubberError extends Error {
  override readonly name = "DubberError";
  readonly code: ErrorCode;
  readonly hint?: string;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: DubberErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    if (options.hint !== undefined) this.hint = options.hint;
  }
}

/** True for the error an `AbortSignal` throws; such an error is passed on as it is, never wrapped. */
export function isAbortError(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError");
}

/**
 * Turns what the file system threw into a {@link DubberError} with a hint; anything it does not know
 * comes back unchanged.
 *
 * @param error what a `node:fs` call threw.
 * @param path the path the call was about; named in the message.
 */
export function describeFileError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const cause = { cause: error };
  switch (error.code) {
    case "ENOENT":
      return new DubberError("not_found", `There is no file ${path}.`, {
        hint: "Check the spelling and the folder.",
        ...cause,
      });
    case "EISDIR":
      return new DubberError("unreadable", `${path} is a folder, not a file.`, {
        hint: "Give the file inside it, or another name.",
        ...cause,
      });
    case "ENOTDIR":
      return new DubberError("unreadable", `A part of the path ${path} is a file.`, {
        hint: "Check the path: only folders may come before its last part.",
        ...cause,
      });
    case "EEXIST":
      return new DubberError("unreadable", `${path} is there already, and it is no folder.`, {
        hint: "Choose another name, or move that file away.",
        ...cause,
      });
    case "ELOOP":
      return new DubberError("unreadable", `${path} is a link that leads to itself.`, {
        hint: "Give the file the link was meant for.",
        ...cause,
      });
    case "ENAMETOOLONG":
      return new DubberError("not_writable", `The name ${path} is too long for this disk.`, {
        hint: "Choose a shorter one with --workdir or --output.",
        ...cause,
      });
    case "ENOSPC":
    case "EDQUOT":
      return new DubberError("disk_full", `The disk is full; ${path} could not be written.`, {
        hint: "Free some space and run the same command again; finished work is kept.",
        ...cause,
      });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new DubberError("not_writable", `${path} may not be read or written.`, {
        hint: "Check the permissions, or choose another place with --workdir or --output.",
        ...cause,
      });
    default:
      return error;
  }
}
