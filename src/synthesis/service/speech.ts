/** One text spoken by a service: ask, tell what came back, and make it sound or an error. */
import { DubberError } from "../../core/error.ts";
import type { SpeakCall } from "../synthesizer.ts";
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
import { readSound } from "./sound-answer.ts";
import type { Sound } from "./wav-answer.ts";

export type ServiceSpeech = {
  readonly service: ServiceName;
  readonly asked: Asked;
  /** What is to be spoken; the sound's length is judged by it. */
  readonly text: string;
  /** Hz, for a service that sends bare samples without a type. */
  readonly bareRate?: number;
  /** True for a service that breaks off its answer when it cannot speak, rather than when it is down. */
  readonly breaksOffOnFailure?: boolean;
  ask(signal: AbortSignal): Promise<ServiceAnswer>;
  /** What a refusal is about, in the service's own words. */
  understand(answer: ServiceAnswer): Omit<Refusal, "status">;
};

/**
 * Asks once.
 *
 * @param signal ends the request; its reason is thrown.
 * @throws DubberError as `Synthesizer.speak` does for a service.
 */
export async function askForSound(
  speech: ServiceSpeech,
  { signal, onReply }: { readonly signal: AbortSignal; readonly onReply: SpeakCall["onReply"] },
): Promise<Sound> {
  const answer = await speech.ask(signal).catch((error: unknown) => {
    signal.throwIfAborted();
    const broken = findCause(error, BrokenAnswer);
    if (broken !== undefined) onReply?.({ status: broken.status, bytes: broken.bytes });
    throw unansweredError(speech, error);
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
  const { service, asked, text, bareRate } = speech;
  if (status < 200 || status > 299) {
    throw refusalError(service, { status, ...speech.understand(answer) }, asked);
  }
  const { title } = service;
  return readSound(answer, { title, text, ...(bareRate !== undefined && { bareRate }) });
}

function unansweredError(
  { service, breaksOffOnFailure = false }: ServiceSpeech,
  error: unknown,
): DubberError {
  const failed = connectionError(service, error);
  if (!breaksOffOnFailure || findCause(error, BrokenAnswer) === undefined) return failed;
  return new DubberError("engine_failed", failed.message, { retryable: true });
}

/** Said by ElevenLabs; a number that makes no sense is nothing said. */
function readAllowed(header: string | undefined): number | undefined {
  const allowed = Number(header);
  return Number.isSafeInteger(allowed) && allowed >= 1 ? allowed : undefined;
}
