/** The `callback_url` of a request: taken only where webhooks are on and the address could be a receiver. */
import { DubberError } from "../../core/error.ts";
import { invalidField } from "../api-error.ts";
import type { ServerSettings } from "../settings.ts";
import { checkCallbackUrl } from "./callback-url.ts";

/** @throws ApiError `validation_error`. */
export function callbackOf(
  { webhookSecret }: ServerSettings,
  url: string | undefined,
): string | undefined {
  if (url === undefined) return undefined;
  try {
    if (webhookSecret === undefined) {
      throw new DubberError(
        "invalid_options",
        "This server sends no webhooks (WEBHOOK_SECRET is not set).",
      );
    }
    checkCallbackUrl(url);
    return url;
  } catch (error) {
    if (!(error instanceof DubberError)) throw error;
    throw invalidField("callback_url", error.message);
  }
}
