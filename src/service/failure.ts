/** What an answer that refuses means, for every service alike: one table of status codes. */
import { DubberError, type DubberErrorOptions, type ErrorCode } from "../core/error.ts";
import { BrokenAnswer } from "./connection.ts";
import { shownMessage } from "./message.ts";

/** The service as errors name it. */
export type ServiceName = {
  /** For people, e.g. `ElevenLabs`. */
  readonly title: string;
  /** Where it was asked; only the origin is shown. */
  readonly url: URL;
  /** The variable its key stands in; absent for services without keys. */
  readonly keyVariable?: string;
  /** What to do when nobody at the address knows the question; default: a look at the address. */
  readonly addressHint?: string;
  /** What must never be shown. */
  readonly secrets: readonly string[];
};

/** A refusal as the engine understood the service's own words. */
export type Refusal = {
  readonly status: number;
  /** What the service says it is about, where that is known. */
  readonly about?: "model" | "voice" | "quota" | "key" | "address" | undefined;
  /** In the service's words. */
  readonly message: string;
};

/** What was asked for, for the message. */
export type Asked = {
  /** Absent where nobody is to speak. */
  readonly voice?: string;
  readonly model?: string;
  /** Voices that are like the one asked for. */
  readonly nearVoices?: () => readonly string[];
};

/** The error for an answer with a status other than 2xx. */
export function refusalError(service: ServiceName, refusal: Refusal, asked: Asked): DubberError {
  const { title } = service;
  const { status } = refusal;
  const said = shownMessage(refusal.message, service.secrets);
  const answered = `${title} answered ${status}${said === "" ? "" : `: ${said}`}`;
  const sentence = /[.!?…]$/.test(answered) ? answered : `${answered}.`;
  const meaning = meaningOf(service, refusal, asked);
  return new DubberError(meaning.code, meaning.message ?? sentence, {
    ...(meaning.hint !== undefined && { hint: meaning.hint }),
    retryable: meaning.retryable ?? false,
  });
}

type Meaning = DubberErrorOptions & {
  readonly code: ErrorCode;
  /** Instead of what the service said. */
  readonly message?: string;
};

function meaningOf(
  { title, url, keyVariable, addressHint }: ServiceName,
  { status, about, message }: Refusal,
  { voice, model, nearVoices }: Asked,
): Meaning {
  if (about === "quota") {
    const hint = `Raise the quota or the budget of your ${title} account, then run it again.`;
    return { code: "quota_exhausted", hint };
  }
  if (about === "model") {
    const hint = "Check the model's name and whether your account may use it.";
    const named = `${title} does not know the model "${model ?? ""}".`;
    return { code: "unknown_model", message: named, hint };
  }
  if (about === "voice" && voice !== undefined) {
    const names = nearVoices?.() ?? [];
    const near = names.length > 0 ? `Near it: ${names.join(", ")}. ` : "";
    return {
      code: "unknown_voice",
      message: `${title} does not know the voice "${shownMessage(voice)}".`,
      hint: `${near}\`dubber voices\` lists what it offers.`,
    };
  }
  const isForbidden = status === 403 && isAboutAccess(message);
  if (status === 401 || about === "key" || isForbidden) {
    const hint = keyVariable
      ? `Check ${keyVariable}: it is wrong, expired, or not allowed to do this.`
      : `The server at ${url.origin} wants a login; Dubber has none for it.`;
    return { code: "key_refused", hint };
  }
  if (status === 429) {
    return { code: "rate_limited", retryable: true, hint: "Fewer calls at once may help." };
  }
  if (status === 408 || status === 409 || status === 425 || status >= 500) {
    return { code: "service_down", retryable: true, hint: `Try again when ${title} is well.` };
  }
  if (about === "address" || status < 400 || status === 404 || status === 405) {
    const hint =
      addressHint ?? `Check the address ${url.origin}: that is where the service must answer.`;
    return { code: about === "address" ? "engine_unavailable" : "engine_failed", hint };
  }
  return { code: "engine_failed" };
}

/** 403 also stands for a country or a text that is not served, and no key mends that. */
function isAboutAccess(message: string): boolean {
  if (/country|region|territory|moderation|safety|policy|content/i.test(message)) return false;
  return message === "" || /key|token|permission|forbidden|auth|credential|access/i.test(message);
}

/**
 * The error for a question that got no whole answer: not reached, reset, broken off.
 *
 * @param error what the connection threw, or a client around it.
 */
export function connectionError(service: ServiceName, error: unknown): DubberError {
  const { title, url, secrets } = service;
  const root = rootCause(error);
  const broken = findCause(error, BrokenAnswer);
  const reason =
    codeOf(root) ?? (root instanceof Error ? shownMessage(root.message, secrets) : "no reason");
  // Some titles hold the address already.
  const where = title.includes(url.host) ? title : `${title} at ${url.origin}`;
  const message = broken
    ? `${title} broke off its answer after ${broken.bytes} bytes.`
    : `${where} cannot be reached (${reason}).`;
  return new DubberError("service_down", message, {
    retryable: true,
    hint: "Check the network and the address.",
    cause: new Error(reason),
  });
}

/** The error of a class that stands somewhere down the chain of causes. */
export function findCause<Kind extends Error>(
  error: unknown,
  kind: abstract new (...args: never[]) => Kind,
): Kind | undefined {
  return causes(error).find((one): one is Kind => one instanceof kind);
}

function rootCause(error: unknown): unknown {
  return causes(error).at(-1);
}

function causes(error: unknown): readonly unknown[] {
  const chain: unknown[] = [];
  // A chain that leads to itself would never end.
  for (let one = error; one !== undefined && chain.length < 10; ) {
    chain.push(one);
    one = one instanceof Error ? one.cause : undefined;
  }
  return chain;
}

function codeOf(error: unknown): string | undefined {
  const isNamed = error instanceof Error && "code" in error && typeof error.code === "string";
  return isNamed ? (error.code as string) : undefined;
}
