/** The scheduler's own errors, and what it makes of an engine's. */
import { DubberError, type ErrorCode } from "../../core/error.ts";

/** Every other call to the same service would meet these as well. */
const forEverybody: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "key_missing",
  "key_refused",
  "quota_exhausted",
]);
/** These too, as long as nothing was ever spoken; afterwards something else must be the matter with that call. */
const forEverybodyAtFirst: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "unknown_model",
  "engine_unavailable",
]);

/** Whether asking with other texts would be in vain. */
export function isForEverybody({ code }: DubberError, hasSpoken: boolean): boolean {
  return forEverybody.has(code) || (!hasSpoken && forEverybodyAtFirst.has(code));
}

/** What an engine threw, as a {@link DubberError}; another error than that is a fault of the engine. */
export function toDubberError(error: unknown, name: string): DubberError {
  if (error instanceof DubberError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new DubberError("engine_failed", `The voice engine ${name} failed: ${message}`, {
    cause: error,
  });
}

export function tooSlowError(name: string, timeoutMs: number): DubberError {
  const message = `The voice engine ${name} did not answer within ${timeoutMs / 1000} s.`;
  return new DubberError("service_down", message, {
    hint: "Try again later, ask for fewer calls at once, or allow more time for a call.",
    retryable: true,
  });
}

export function closedError(name: string): DubberError {
  return new DubberError("engine_unavailable", `The voice engine ${name} is closed.`, {
    hint: "Open it again.",
  });
}

/** @param last what the service answered last, or did not. */
export function givenUpError(
  name: string,
  { outageMs, last }: { readonly outageMs: number; readonly last: DubberError | undefined },
): DubberError {
  const what = last?.code === "rate_limited" ? "has refused every call" : "has been down";
  const message = `The voice engine ${name} ${what} for ${outageMs / 1000} s.`;
  return new DubberError("service_down", last ? `${message} ${last.message}` : message, {
    hint: "Try again later: what is spoken already is kept.",
    retryable: true,
    ...(last && { cause: last }),
  });
}

/** What people are told while the lines wait. */
export function outageMessage(name: string, last: DubberError): string {
  return `The voice engine ${name} is down: calls fail one after the other. ${last.message}`;
}
