/** One question to a service: ask, tell what came back, and hand on the good answer or an error. What the answer holds is for the asker. */
import { DubberError } from "../core/error.ts";
import type { AskCall } from "../core/service-reply.ts";
import { BrokenAnswer, type ServiceAnswer } from "./connection.ts";
import {
  type Asked,
  connectionError,
  findCause,
  type Refusal,
  refusalError,
  type ServiceName,
} from "./failure.ts";
import { readRetryAfter } from "./retry-after.ts";

export type ServiceAsk = {
  readonly service: ServiceName;
  readonly asked: Asked;
  /** True for a service that breaks off its answer when it cannot do what is asked, rather than when it is down. */
  readonly breaksOffOnFailure?: boolean;
  /** Sends the question, once. */
  ask(signal: AbortSignal): Promise<ServiceAnswer>;
  /** What a refusal is about, in the service's own words. */
  understand(answer: ServiceAnswer): Omit<Refusal, "status">;
};

/** How a question is asked; the signal ends it. */
export type ServiceAskCall = {
  readonly signal: AbortSignal;
  readonly onReply: AskCall["onReply"];
};

/**
 * Asks once.
 *
 * @returns the answer, its status 2xx.
 * @throws DubberError `service_down` (not reached, broken off, status ≥ 500), `rate_limited`, `quota_exhausted`, `key_refused`,
 * `unknown_model`, `unknown_voice`, `engine_unavailable`, `engine_failed`; the signal's reason.
 */
export async function askService(
  { service, asked, breaksOffOnFailure = false, ask, understand }: ServiceAsk,
  { signal, onReply }: ServiceAskCall,
): Promise<ServiceAnswer> {
  const answer = await ask(signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const broken = findCause(error, BrokenAnswer);
    if (broken !== undefined) onReply?.({ status: broken.status, bytes: broken.bytes });
    const failed = connectionError(service, error);
    if (!breaksOffOnFailure || broken === undefined) throw failed;
    throw new DubberError("engine_failed", failed.message, { retryable: true });
  });
  const { status, headers, body } = answer;
  const retryAfterMs = readRetryAfter((name) => headers[name]);
  const allowedAtOnce = readAllowed(headers["maximum-concurrent-requests"]);
  onReply?.({
    status,
    bytes: body.length,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(allowedAtOnce !== undefined && { allowedAtOnce }),
  });
  if (status >= 200 && status <= 299) return answer;
  throw refusalError(service, { status, ...understand(answer) }, asked);
}

/** Said by ElevenLabs; a number that makes no sense is nothing said. */
function readAllowed(header: string | undefined): number | undefined {
  const allowed = Number(header);
  return Number.isSafeInteger(allowed) && allowed >= 1 ? allowed : undefined;
}
