/** Pages of other sites, in the browser of somebody who runs a server without keys: they may not use it behind his back. */
import type { FastifyRequest } from "fastify";
import { ApiError } from "../api-error.ts";

export type OtherSites = {
  /** Origins whose pages may, or `*`. */
  readonly allowed: readonly string[];
  /** Something else guards the door, and the server has names of its own. */
  readonly isGuarded: boolean;
};

/** Names and addresses of the machine itself, without the port. */
const loopback = /^(localhost|[\w-]+\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/i;

/**
 * Refuses what a page of another site sends. Two ways lead here: a simple form, which browsers send anywhere without asking, and a name that led to
 * the page's own server at first and now leads to this machine (DNS rebinding), so that the page counts as ours. The first shows in
 * `Sec-Fetch-Site`, the second in `Host`.
 */
export function refuseOtherSites({ allowed, isGuarded }: OtherSites) {
  const isAnybody = isGuarded || allowed.includes("*");
  const hosts = allowed.filter((one) => URL.canParse(one)).map((one) => new URL(one).host);
  return async ({ method, headers, host }: FastifyRequest): Promise<void> => {
    const name = host.replace(/:\d+$/, "");
    // No browser leaves it out.
    if (headers.host === undefined) return;
    const isOurName = loopback.test(name) || hosts.includes(host) || hosts.includes(name);
    if (!isAnybody && !isOurName) {
      throw refused("This server answers to names of its own machine only");
    }
    if (method === "GET" || method === "HEAD" || headers["sec-fetch-site"] !== "cross-site") return;
    if (allowed.includes("*") || allowed.includes(headers.origin ?? "")) return;
    throw refused("Pages of other sites may not use this server");
  };
}

function refused(message: string): ApiError {
  return new ApiError(
    "http_error",
    `${message}; ALLOWED_ORIGINS names others, API_KEYS lets in whoever has one.`,
    {
      status: 403,
    },
  );
}
