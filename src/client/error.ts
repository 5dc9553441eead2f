/** The one error of the client: what the server refused, or what went wrong on the way. */
import type { ApiErrorBody, ApiErrorCode } from "../api/errors.ts";
import { camelName, toCamel } from "./names.ts";

/**
 * What programs switch on: the server's codes, and those of what only a client sees.
 *
 * - `connection_error`: no connection, one that broke, or bytes that are not the ones the server has; `cause` says which.
 * - `timeout`: the server was silent for longer than `timeoutMs`, or a task took longer than `wait` was to wait.
 * - `task_cancelled`: the task that was waited for has been cancelled; what failed otherwise is `task_failed`.
 * - `task_unfinished`: there is no result yet.
 * - `invalid_answer`: whoever answered does not speak this API.
 */
export type ClientErrorCode =
  | ApiErrorCode
  | "connection_error"
  | "timeout"
  | "task_cancelled"
  | "task_unfinished"
  | "invalid_answer";

export type DubberApiErrorOptions = {
  /** Of the answer, when there was one. */
  readonly status?: number;
  /** What the server added, such as `errors` with the fields that are wrong. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** The server's name for the request, to be found again in its log. */
  readonly requestId?: string | undefined;
  /** Default: whether the status, or the lack of one, is worth another try. */
  readonly retryable?: boolean;
  /** How long the server asks to be left alone, ms; not capped. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
};

/**
 * Everything that leaves the client, but for two: the reason of the caller's `AbortSignal`, as it is, and a DubberError about a file
 * of this machine.
 */
export class DubberApiError extends Error {
  override readonly name = "DubberApiError";
  readonly code: ClientErrorCode;
  readonly status: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;
  /** True when the same call may succeed later without any change. */
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: ClientErrorCode, message: string, options: DubberApiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.details = options.details ?? {};
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
    this.retryable = options.retryable ?? mayPass(code, options.status);
  }
}

/** Too many, not now, and a gateway whose server is being started again. */
const passingStatuses: readonly (number | undefined)[] = [429, 502, 503, 504];

function mayPass(code: ClientErrorCode, status: number | undefined): boolean {
  if (code === "connection_error" || code === "timeout" || code === "task_unfinished") return true;
  return code === "idempotency_in_flight" || passingStatuses.includes(status);
}

/** An answer that is a refusal. What has no envelope, such as a proxy's page, is an `http_error`. */
export function toRefusal(
  { status, headers }: Pick<Response, "status" | "headers">,
  body: string,
): DubberApiError {
  const { error, message, details } = readEnvelope(body);
  const isKnown = typeof error === "string" && typeof message === "string";
  return new DubberApiError(
    isKnown ? error : "http_error",
    isKnown ? message : `The server answered with status ${status}.`,
    {
      ...{ status, details: inOurNames(isKnown ? details : undefined) },
      requestId: headers.get("x-request-id") ?? undefined,
      retryAfterMs: retryAfterMs(headers.get("retry-after")),
      ...(headers.get("x-should-retry") === "false" && { retryable: false }),
    },
  );
}

function readEnvelope(body: string): Partial<ApiErrorBody> {
  try {
    return Object(JSON.parse(body)) as Partial<ApiErrorBody>;
  } catch {
    return {};
  }
}

/** The fields of a validation_error are named as the caller has written them. */
function inOurNames(details: object = {}): Readonly<Record<string, unknown>> {
  const { errors, ...rest } = toCamel(details) as { readonly errors?: unknown };
  if (!Array.isArray(errors)) return rest;
  const named = errors.map((one: { readonly field?: unknown }) =>
    typeof one.field === "string" ? { ...one, field: camelName(one.field) } : one,
  );
  return { ...rest, errors: named };
}

/** Seconds or a date, as RFC 9110 has it. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(header) ? 1000 * Number(header) : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
