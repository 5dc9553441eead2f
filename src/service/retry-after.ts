/** How long a service asks to be left alone, as its headers say it. */

/**
 * Reads `retry-after-ms` (a number), else `Retry-After`: seconds, or an HTTP date (RFC 9110, 10.2.3).
 *
 * @param header gives a header by its name in lower case.
 * @param now ms since 1970, what a date is measured against.
 * @returns ms, 0 or more and not capped; undefined when nothing readable is said.
 */
export function readRetryAfter(
  header: (name: string) => string | null | undefined,
  now = Date.now(),
): number | undefined {
  const inMs = readNumber(header("retry-after-ms"));
  if (inMs !== undefined) return inMs;
  const value = header("retry-after");
  const seconds = readNumber(value);
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(value ?? "");
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function readNumber(text: string | null | undefined): number | undefined {
  const isNumber = /^\s*\d+(\.\d+)?\s*$/.test(text ?? "");
  return isNumber ? Number(text) : undefined;
}
