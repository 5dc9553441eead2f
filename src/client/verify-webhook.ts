/** What a receiver does before it believes a message: `import { verifyWebhook } from "dubber/webhooks"`. For Node, Bun and Deno; browsers receive none. */
import { timingSafeEqual } from "node:crypto";
import { readSecrets, signatureOf } from "../api/webhook-signature.ts";
import { DubberError } from "../core/error.ts";

/** Of `fetch`, or of `node:http`: names in lower case. */
export type ReceivedHeaders =
  | Headers
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export type ReceivedWebhook = {
  readonly headers: ReceivedHeaders;
  /** Exactly as it came, before any JSON is read. */
  readonly body: string | Uint8Array;
  /** As in the sender's setting: one or several. */
  readonly secret: string;
  /** How far the sender's clock may be from ours, seconds, either way; default 300. */
  readonly tolerance?: number;
  /** Our clock, Unix ms. */
  readonly nowMs?: number;
};

export type VerifiedWebhook = {
  /** The same for each try of a message: who has seen it needs not act again. */
  readonly id: string;
  /** When this try was sent, Unix seconds. */
  readonly timestamp: number;
};

/**
 * Passes only what somebody sent who knows the secret, and sent lately. Compares in constant time.
 *
 * @throws DubberError `key_refused` when a header is missing or malformed, no signature fits, or it is too old or from the future;
 * `invalid_options` for a secret that is none.
 */
export function verifyWebhook({
  headers,
  body,
  secret,
  tolerance = 300,
  nowMs = Date.now(),
}: ReceivedWebhook): VerifiedWebhook {
  const id = readHeader(headers, "webhook-id");
  const sent = readHeader(headers, "webhook-timestamp");
  const signatures = readHeader(headers, "webhook-signature").split(" ");
  // Without a dot inside, `id.timestamp.body` can be taken apart in one way only.
  if (!/^[^.\s]+$/.test(id)) throw refused("The webhook-id is malformed.");
  if (!/^\d{1,12}$/.test(sent)) throw refused("The webhook-timestamp is no time.");
  const timestamp = Number(sent);
  const isGenuine = readSecrets(secret)
    .map((key) => signatureOf({ id, timestamp, body }, key))
    .some((expected) => signatures.some((given) => isSame(given, expected)));
  if (!isGenuine) throw refused("The webhook's signature does not fit its content and the secret.");
  const age = nowMs / 1000 - timestamp;
  if (Math.abs(age) > tolerance) {
    throw refused(`The webhook was sent ${Math.round(age)} s ago; ${tolerance} s are allowed.`);
  }
  return { id, timestamp };
}

function readHeader(headers: ReceivedHeaders, name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof value === "string" && value !== "") return value;
  throw refused(`The header ${name} is missing.`);
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function refused(message: string): DubberError {
  return new DubberError("key_refused", message, {
    hint: "Answer 401, and act on nothing it says.",
  });
}
