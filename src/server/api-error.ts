/** Refusals: from what failed inside to what a client is told. The one table of statuses is `api/errors.ts`. */
import { type ApiErrorCode, apiStatuses } from "../api/errors.ts";
import { DubberError, type ErrorCode } from "../core/error.ts";

export type ApiErrorOptions = {
  /** Where it is not the code's own; only `http_error` has several. */
  readonly status?: number;
  readonly details?: Readonly<Record<string, unknown>>;
  /** When to try again, seconds. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
};

/** A refusal with everything the answer needs. The message is for whoever asked: no path, no key, no text of theirs. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ApiErrorCode;
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retryAfter: number | undefined;

  constructor(code: ApiErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? apiStatuses[code];
    this.details = options.details ?? {};
    const waits = this.status === 429 || this.status === 503;
    this.retryAfter = options.retryAfter ?? (waits ? 1 : undefined);
  }
}

/**
 * A request that cannot be used because of one of its fields.
 *
 * @param message goes on after the field's name in `details.errors`.
 * @param said in place of it, for people.
 */
export function invalidField(
  field: string,
  message: string,
  { said = message, cause }: { readonly said?: string; readonly cause?: unknown } = {},
): ApiError {
  return new ApiError("validation_error", said, {
    details: { errors: [{ field, message }] },
    cause,
  });
}

/** What a failure of the core is called on the wire. Those that are not here are the server's own fault. */
const codes: Partial<Record<ErrorCode, ApiErrorCode>> = {
  unknown_voice: "voice_not_found",
  engine_unsupported: "engine_unsupported",
  invalid_media: "audio_processing_error",
  invalid_text: "validation_error",
  invalid_options: "validation_error",
  unknown_language: "validation_error",
  text_missing: "validation_error",
  disk_full: "insufficient_storage",
  engine_unavailable: "model_not_ready",
  service_down: "model_not_ready",
  rate_limited: "model_not_ready",
  key_missing: "model_not_ready",
  key_refused: "model_not_ready",
  quota_exhausted: "model_not_ready",
  unknown_model: "model_not_ready",
  model_missing: "model_not_ready",
  model_corrupt: "model_not_ready",
  missing_tool: "model_not_ready",
  engine_failed: "synthesis_error",
  line_too_long: "synthesis_error",
  lines_failed: "synthesis_error",
  nothing_heard: "audio_processing_error",
  tool_failed: "synthesis_error",
};

/** What a client has to change, where the core finds out that it cannot be used. */
const fields: Partial<Record<ErrorCode, string>> = {
  invalid_text: "text",
  text_missing: "text",
  unknown_language: "language",
};

/** Errors whose words name files of this machine, and what is said instead. */
const fixedMessages: Partial<Record<ApiErrorCode, string>> = {
  insufficient_storage: "The server's disk is full. Nothing was lost; try again later.",
};

/** What shows to clients what the command shows to whoever sits at this machine. */
const voiceList = "GET /api/v1/voices/pretrained/list";

/** Any failure as a refusal. What the server does not know itself is `internal_server_error`, without a word about why. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof DubberError) {
    const code = codes[error.code];
    if (code !== undefined) {
      const said = fixedMessages[code] ?? [error.message, error.hint].filter(Boolean).join(" ");
      const message = withoutPaths(said).replace("`dubber voices`", voiceList);
      const errors = [{ field: fields[error.code] ?? "request", message }];
      const details = code === "validation_error" ? { details: { errors } } : {};
      return new ApiError(code, message, { ...details, cause: error });
    }
  }
  return new ApiError("internal_server_error", "Something went wrong here. It was noted.", {
    cause: error,
  });
}

/** No path of the server in any answer: messages of the core may name files. */
export function withoutPaths(text: string): string {
  return text.replace(
    /(?<![\w:/.])(?:file:)?\/(?:[\w.+@~-]+\/)+[\w.+@~-]*/g,
    "a file of the server",
  );
}
