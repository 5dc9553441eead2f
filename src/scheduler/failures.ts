/** The scheduler's own errors, and what it makes of others'. A title begins each message: `The voice engine openai`. */
import { DubberError, type ErrorCode } from "../core/error.ts";

/** Every other call to the same service would meet these as well. */
const forEverybody: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "key_missing",
  "key_refused",
  "quota_exhausted",
]);
/** These too, as long as nothing was ever answered; afterwards something else must be the matter with that call. */
const forEverybodyAtFirst: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "unknown_model",
  "engine_unavailable",
]);

/** Whether asking for something else would be in vain. */
export function isForEverybody({ code }: DubberError, hasAnswered: boolean): boolean {
  return forEverybody.has(code) || (!hasAnswered && forEverybodyAtFirst.has(code));
}

/** What was thrown, as a {@link DubberError}; another error than that is a fault of what was asked. */
export function toDubberError(error: unknown, title: string): DubberError {
  if (error instanceof DubberError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new DubberError("engine_failed", `${title} failed: ${message}`, {
    cause: error,
  });
}

export function tooSlowError(title: string, timeoutMs: number): DubberError {
  const message = `${title} did not answer within ${timeoutMs / 1000} s.`;
  return new DubberError("service_down", message, {
    hint: "Try again later, ask for fewer calls at once, or allow more time for a call.",
    retryable: true,
  });
}

export function closedError(title: string): DubberError {
  return new DubberError("engine_unavailable", `${title} is closed.`, {
    hint: "Open it again.",
  });
}

/** @param last what the service answered last, or did not. */
export function givenUpError(
  title: string,
  { outageMs, last }: { readonly outageMs: number; readonly last: DubberError | undefined },
): DubberError {
  const what = last?.code === "rate_limited" ? "has refused every call" : "has been down";
  const message = `${title} ${what} for ${outageMs / 1000} s.`;
  return new DubberError("service_down", last ? `${message} ${last.message}` : message, {
    hint: "Try again later: what is done already is kept.",
    retryable: true,
    ...(last && { cause: last }),
  });
}

/** What people are told while calls wait. */
export function outageMessage(title: string, last: DubberError): string {
  return `${title} is down: calls fail one after the other. ${last.message}`;
}
