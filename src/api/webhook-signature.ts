/**
 * How a message is signed, so that its receiver can trust it: Standard Webhooks 1.0, symmetric scheme.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { DubberError } from "../core/error.ts";

/** What is signed, and travels in three headers and the body. */
export type SignedContent = {
  /** Stays the same over all tries. */
  readonly id: string;
  /** Of this try, whole Unix seconds. */
  readonly timestamp: number;
  /** The bytes that are sent, not what they mean. */
  readonly body: string | Uint8Array;
};

export type SignatureHeaders = Readonly<
  Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string>
>;

/** The headers of one try. One signature per secret, so that a receiver may know the old or the new one. */
export function signWebhook(
  content: SignedContent,
  secrets: readonly KeyObject[],
): SignatureHeaders {
  return {
    "webhook-id": content.id,
    "webhook-timestamp": `${content.timestamp}`,
    "webhook-signature": secrets.map((secret) => signatureOf(content, secret)).join(" "),
  };
}

/** One signature: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. */
export function signatureOf({ id, timestamp, body }: SignedContent, secret: KeyObject): string {
  const hmac = createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body);
  return `v1,${hmac.digest("base64")}`;
}

/**
 * Reads the secrets of a setting, separated by blanks or commas: the new one first, while receivers still know the old one.
 *
 * @param text each `whsec_` and the base64 of 24 to 64 bytes, or plain text that stands for its own bytes.
 * @returns keys that show nothing when they are printed; at least one.
 * @throws DubberError `invalid_options`; never repeats a secret.
 */
export function readSecrets(text: string): readonly KeyObject[] {
  const secrets = text.split(/[\s,]+/).filter((secret) => secret !== "");
  if (secrets.length === 0) {
    throw new DubberError("invalid_options", "The webhook secret is empty.", { hint: makeOne });
  }
  return secrets.map((secret, index) => createSecretKey(bytesOf(secret, index + 1)));
}

const prefix = "whsec_";
const makeOne = `Make one with: echo "${prefix}$(openssl rand -base64 32)"`;

function bytesOf(secret: string, number: number): Buffer {
  if (!secret.startsWith(prefix)) return Buffer.from(secret);
  const base64 = secret.slice(prefix.length);
  // Buffer skips what is no base64, and would make another key of a typing error.
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?$/.test(base64);
  const bytes = Buffer.from(base64, "base64");
  if (isBase64 && bytes.length >= 24 && bytes.length <= 64) return bytes;
  const size = isBase64 ? `stands for ${bytes.length} bytes, not 24 to 64` : "is no base64";
  throw new DubberError("invalid_options", `Webhook secret ${number} ${size}.`, { hint: makeOne });
}
