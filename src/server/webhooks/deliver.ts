/** One try to deliver one message, and what came of it. When to try again is the courier's affair. */
import type { KeyObject } from "node:crypto";
import { signWebhook } from "../../api/webhook-signature.ts";
import type { Call } from "../../core/call.ts";
import { DubberError } from "../../core/error.ts";
import { guardTarget, type Resolve } from "./address-guard.ts";
import type { OutboxMessage } from "./outbox.ts";
import { type Connect, type PostAnswer, post } from "./post.ts";

/** What came of one try. A reason is for people: no address, query, body or header in it. */
export type Delivery =
  | { readonly outcome: "delivered"; readonly status: number }
  | {
      readonly outcome: "failed";
      readonly reason: string;
      /** Absent when there was no answer. */
      readonly status?: number;
      /** What the receiver asked for, ms; not capped. */
      readonly retryAfterMs?: number | undefined;
    }
  /** It would be in vain to try again. */
  | { readonly outcome: "hopeless"; readonly reason: string; readonly status?: number };

/** Rejects with the signal's reason only: whatever else happens is an outcome. */
export type Deliver = (
  message: Pick<OutboxMessage, "id" | "url" | "body" | "attempts">,
  call: Required<Call>,
) => Promise<Delivery>;

export type DeliveryOptions = {
  /** See `readSecrets`. */
  readonly secrets: readonly KeyObject[];
  /** For everything, from the name's addresses to the end of the answer; default 10,000. */
  readonly timeoutMs?: number;
  readonly resolve?: Resolve | undefined;
  readonly connect?: Connect | undefined;
  /** Certificates to trust instead of the usual ones, PEM. */
  readonly ca?: string | undefined;
  /** Unix ms. */
  readonly now?: () => number;
};

/** Makes a {@link Deliver} that signs, guards and sends. */
export function openDelivery({
  secrets,
  timeoutMs = 10_000,
  resolve,
  connect,
  ca,
  now = Date.now,
}: DeliveryOptions): Deliver {
  return async ({ id, url: callbackUrl, body, attempts }, { signal }) => {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    const end = AbortSignal.any([signal, deadline.signal]);
    try {
      const guard = { signal: end, ...(resolve !== undefined && { resolve }) };
      const { url, addresses } = await guardTarget(callbackUrl, guard);
      // Each try takes the next one, so that one that is down does not keep the message back.
      const address = addresses[attempts % addresses.length] ?? addresses[0];
      const timestamp = Math.floor(now() / 1000);
      const headers = {
        "content-type": "application/json",
        "user-agent": "dubber",
        ...signWebhook({ id, timestamp, body }, secrets),
      };
      const answer = await post({ url, address, headers, body, connect, ca }, { signal: end });
      return meaningOf(answer);
    } catch (error) {
      signal.throwIfAborted();
      if (!deadline.signal.aborted) return failureOf(error);
      return { outcome: "failed", reason: `No answer within ${timeoutMs / 1000} s.` };
    } finally {
      clearTimeout(timer);
    }
  };
}

/** The status codes as Standard Webhooks 1.0 reads them, «Delivery success and failure». */
function meaningOf({ status, retryAfterMs }: PostAnswer): Delivery {
  if (status >= 200 && status < 300) return { outcome: "delivered", status };
  const reason = `The receiver answered ${status}.`;
  if (status === 410) return { outcome: "hopeless", status, reason };
  if (status !== 429 && status !== 503) return { outcome: "failed", status, reason };
  return { outcome: "failed", status, reason, retryAfterMs };
}

function failureOf(error: unknown): Delivery {
  if (error instanceof DubberError) {
    return { outcome: error.retryable ? "failed" : "hopeless", reason: error.message };
  }
  const code = error instanceof Error && "code" in error ? `${error.code}` : "";
  const shown = /^[A-Z0-9_]{1,60}$/.test(code) ? ` (${code})` : "";
  return { outcome: "failed", reason: `The connection failed${shown}.` };
}
