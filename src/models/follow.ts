/** One request for a file, through redirects, until an answer with a body comes. */
import { DownloadTrouble } from "./download-failure.ts";

/** What Dubber needs of `fetch`; tests and libraries may pass another. */
export type Fetch = (
  url: string,
  init: {
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
    readonly redirect: "manual";
  },
) => Promise<Response>;

const mostRedirects = 5;

/**
 * Asks for `url` and follows up to five redirects; from https never back to http, where anybody could put another file.
 *
 * @returns the answer, whatever its status.
 * @throws DownloadTrouble for redirects that lead nowhere; what `fetch` throws.
 */
export async function follow(
  fetch: Fetch,
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> {
  let current = url;
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const answer = await fetch(current.href, { headers, signal, redirect: "manual" });
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    await answer.body?.cancel().catch(() => {});
    const next = URL.parse(answer.headers.get("location") ?? "", current.href);
    if (next === null || answer.headers.get("location") === null) {
      throw new DownloadTrouble(`${current.host} sends elsewhere without saying where`);
    }
    const isSafe =
      next.protocol === "https:" || (next.protocol === "http:" && current.protocol === "http:");
    if (!isSafe) {
      throw new DownloadTrouble(
        `${current.host} sends to an address that is not safe (${next.protocol})`,
      );
    }
    current = next;
  }
  throw new DownloadTrouble(`${url.host} sends from address to address without end`);
}
