/** May a task name this URL to be told at? What can be said without asking the network; the rest is `address-guard.ts`. */
import { isIP } from "node:net";
import { DubberError } from "../../core/error.ts";
import { isPublicAddress } from "./public-address.ts";

/** Of the text as it was given. */
const mostCharacters = 2048;
/** Names that never belong to the public internet: RFC 6761, RFC 6762, RFC 8375, and ICANN's `internal`. */
const privateName = /(^|\.)(localhost|local|internal|home\.arpa)$/;
/** Written out, so that nobody reads another host in it than we do: no blanks, control characters or `\`. */
const writtenOut = /^https:\/\/[^/\\\s\p{Cc}][^\\\s\p{Cc}]*$/iu;

/**
 * Checks what the owner of a task gave as `callback_url`.
 *
 * @returns the URL; keep its `href` and its `hostname`, which are spelled in one way only: `https://127.1` is `127.0.0.1`.
 * @throws DubberError `invalid_options`, with a hint, for: another scheme than https, user or password, a fragment, more than 2,048
 * characters, an IP address that is not public, a name that can only be private. Never repeats the URL.
 */
export function checkCallbackUrl(text: string): URL {
  if (text.length > mostCharacters) {
    throw refusal(`has ${text.length} characters`, `Give one of at most ${mostCharacters}.`);
  }
  const url = writtenOut.test(text) ? URL.parse(text) : null;
  if (url === null) {
    throw refusal("is no https address", "Give a whole one, such as https://example.com/hook.");
  }
  if (url.username !== "" || url.password !== "") {
    const hint = "Leave them out: deliveries are signed, so that the receiver can trust them.";
    throw refusal("contains a user or a password", hint);
  }
  if (text.includes("#")) throw refusal("has a fragment", "Leave out the # and what follows it.");
  const host = hostOf(url);
  if (isIP(host) === 0 ? !isPublicName(host) : !isPublicAddress(host)) {
    throw refusal("is not on the public internet", "Give the address of a host that is.");
  }
  return url;
}

/** The host of a URL as resolvers and sockets take it: an address of IPv6 without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** A name that may be public: with a domain, so that no search list completes it, and without the dot at its end. */
function isPublicName(host: string): boolean {
  return /[^.]\.[^.]+$/.test(host) && !privateName.test(host);
}

function refusal(what: string, hint: string): DubberError {
  return new DubberError("invalid_options", `The callback_url ${what}.`, { hint });
}
