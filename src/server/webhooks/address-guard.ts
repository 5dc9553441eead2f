/** Which addresses may a callback be sent to? Asks the resolver once; whoever connects takes an address from here. */
import { lookup } from "node:dns";
import { isIP } from "node:net";
import type { Call } from "../../core/call.ts";
import { DubberError } from "../../core/error.ts";
import { checkCallbackUrl, hostOf } from "./callback-url.ts";
import { isPublicAddress } from "./public-address.ts";

export type ResolvedAddress = { readonly address: string; readonly family: number };

/** All addresses of a name. Rejects with the signal's reason, or with what the resolver says (`ENOTFOUND`, `EAI_AGAIN`…). */
export type Resolve = (hostname: string, call: Call) => Promise<readonly ResolvedAddress[]>;

export type GuardedTarget = {
  readonly url: URL;
  /** At least one, all public, in the resolver's order. Connect to these and never to the name: it may mean another host by then. */
  readonly addresses: readonly [string, ...string[]];
};

/**
 * Finds the addresses behind a callback's URL, and refuses it when even one of them is not public: which one is used would
 * otherwise be up to chance, or to whoever runs the name.
 *
 * @throws DubberError `invalid_options` for a URL that must not be asked, `service_down` (retryable) when its name does not
 * resolve now; the signal's reason. No message holds an address: it would tell strangers how names resolve in here.
 */
export async function guardTarget(
  callbackUrl: string,
  { resolve = systemResolve, signal }: Call & { readonly resolve?: Resolve } = {},
): Promise<GuardedTarget> {
  const url = checkCallbackUrl(callbackUrl);
  const host = hostOf(url);
  const [first, ...others] = isIP(host) === 0 ? await addressesOf(host, resolve, signal) : [host];
  if (first === undefined) throw unresolved("no address");
  const addresses = [first, ...others] as const;
  if (!addresses.every(isPublicAddress)) {
    throw new DubberError("invalid_options", "The callback_url's host is not public.", {
      hint: "All addresses its name resolves to have to be public.",
    });
  }
  return { url, addresses };
}

/** Asks as every other program of this machine does (`getaddrinfo`), so that the addresses that work from here come first. */
export const systemResolve: Resolve = (hostname, { signal } = {}) =>
  new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // It cannot be called off: the caller stops waiting.
    const leave = () => reject(signal?.reason);
    signal?.addEventListener("abort", leave, { once: true });
    lookup(hostname, { all: true, order: "verbatim" }, (error, addresses) => {
      signal?.removeEventListener("abort", leave);
      if (error) reject(error);
      else resolve(addresses);
    });
  });

async function addressesOf(
  host: string,
  resolve: Resolve,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  try {
    const found = await resolve(host, signal ? { signal } : {});
    return found.map(({ address }) => address);
  } catch (error) {
    signal?.throwIfAborted();
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    throw unresolved(typeof code === "string" ? code : "no reason");
  }
}

function unresolved(why: string): DubberError {
  return new DubberError("service_down", `The callback_url's host does not resolve (${why}).`, {
    retryable: true,
    hint: "Check its spelling and its DNS records.",
  });
}
