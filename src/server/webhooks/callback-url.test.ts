import { describe, expect, it } from "vitest";
import { named } from "../../../test/support/named.ts";
import { DubberError } from "../../core/error.ts";
import { checkCallbackUrl } from "./callback-url.ts";
import { hostileUrls } from "./testing/hostile-urls.ts";

describe("checkCallbackUrl", () => {
  it.each(
    named([
      ["https://hooks.example", "https://hooks.example/"],
      [
        "HTTPS://Hooks.Example:8443/a/../b?task=1&x=%20",
        "https://hooks.example:8443/b?task=1&x=%20",
      ],
      ["https://hooks.example:443/@name", "https://hooks.example/@name"],
      ["https://münchen.example/ü", "https://xn--mnchen-3ya.example/%C3%BC"],
      ["https://local.example/", "https://local.example/"],
      ["https://mylocalhost.example/", "https://mylocalhost.example/"],
      ["https://93.184.216.34/", "https://93.184.216.34/"],
      ["https://0x5d.184.55330/", "https://93.184.216.34/"],
      ["https://[2606:4700:4700::1111]:444/", "https://[2606:4700:4700::1111]:444/"],
      [`https://hooks.example/${"a".repeat(2026)}`, `https://hooks.example/${"a".repeat(2026)}`],
    ]),
  )("takes the address %s", (_name, text, href) => expect(checkCallbackUrl(text).href).toBe(href));

  it.each(named(hostileUrls))("refuses %s, and says what to do", (_name, text) => {
    let thrown: unknown;
    try {
      checkCallbackUrl(text);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(DubberError);
    const { code, hint, message, retryable } = thrown as DubberError;
    expect({ code, retryable }).toEqual({ code: "invalid_options", retryable: false });
    expect(hint).toMatch(/\.$/);
    expect(message).toMatch(/^The callback_url [^/]*\.$/);
  });
});
