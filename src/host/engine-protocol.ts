/** What the engine host and its child processes say to each other, and what an engine module has to offer. */
import { DubberError, type ErrorCode } from "../core/error.ts";

/** What the module of a hosted engine exports; it is imported in the child process only. */
export type EngineModule = {
  /**
   * @param settings what the host was given, a plain value.
   * @throws DubberError `engine_unavailable` when trying again cannot help.
   */
  openEngine(settings: unknown): Promise<HostedEngine>;
};

/**
 * An engine inside its process. It may block, and it may die: a `DubberError` refuses one request, anything else
 * it throws ends the process, since nobody knows what state it is in.
 */
export type HostedEngine = {
  /** Only compared with the version the host was told to expect. */
  readonly version?: string;
  /** What it can be called for, by name. Argument and result cross as structured clones; typed arrays stay what they are. */
  readonly methods: Readonly<Record<string, (argument: never) => unknown>>;
};

/** Parent → child, one at a time. */
export type EngineCall = { readonly method: string; readonly argument: unknown };

/** Child → parent: `ready` or `failed` once after the start, then `done` or `failed` for each call. */
export type EngineReply =
  | { readonly kind: "ready"; readonly version?: string }
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: PlainError };

/** A `DubberError` without its prototype, which a message cannot carry. */
export type PlainError = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly retryable: boolean;
};

/** A `DubberError` made fit for a message. */
export function toPlainError({ code, message, hint, retryable }: DubberError): PlainError {
  return { code, message, retryable, ...(hint !== undefined && { hint }) };
}

/** The `DubberError` that {@link toPlainError} was given; its cause stays in the child. */
export function fromPlainError({ code, message, ...options }: PlainError): DubberError {
  return new DubberError(code, message, options);
}
