/** The line a log gets for one call. Where the log is kept is not decided here. */
import type { Attempt } from "./contract.ts";

/** Longest reason in a line of text, characters. */
const longestMessage = 300;

/**
 * One line for one finished call, without a newline at its end.
 *
 * @param at when it ended.
 * @param format `text`: columns for people, times in UTC; `json`: an object with `at` and the fields of {@link Attempt}.
 */
export function formatAttempt(attempt: Attempt, at: Date, format: "text" | "json"): string {
  if (format === "json") {
    const { ms, retryInMs, ...rest } = attempt;
    const rounded = {
      ...{ at: at.toISOString(), ...rest, ms: Math.round(ms) },
      ...(retryInMs !== undefined && { retryInMs: Math.round(retryInMs) }),
    };
    return JSON.stringify(rounded).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escapeUnits);
  }
  const { lineId, part, message, retryInMs, status, characters, seconds } = attempt;
  const id = plain(lineId) || "-";
  const after = [
    retryInMs === undefined ? "" : `again in ${Math.round(retryInMs)} ms`,
    message === undefined ? "" : shorten(plain(message)),
  ].filter((one) => one !== "");
  const columns = [
    at.toISOString(),
    attempt.engine.padEnd(10),
    (part === undefined ? id : `${id} part ${part}`).padEnd(16),
    `try ${attempt.attempt}`.padEnd(6),
    attempt.outcome.padEnd(18),
    `${status ?? "-"}`.padStart(3),
    `${Math.round(attempt.ms)} ms`.padStart(9),
    `${attempt.bytes} B`.padStart(11),
    (seconds === undefined ? `${characters} ch` : `${seconds.toFixed(1)} s`).padStart(8),
    `${attempt.inFlight}/${attempt.limit} in flight`.padEnd(17),
    after.join(": "),
  ];
  return columns.join("  ").trimEnd();
}

/** Without what would break a line, move the cursor or turn the writing direction. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ").trim();
}

function shorten(text: string): string {
  const characters = [...text];
  if (characters.length <= longestMessage) return text;
  return `${characters.slice(0, longestMessage).join("")}…`;
}

function escapeUnits(text: string): string {
  return Array.from(
    { length: text.length },
    (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, "0")}`,
  ).join("");
}
