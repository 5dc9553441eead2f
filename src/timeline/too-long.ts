/** The error for lines that no permitted tempo or delay makes room for. */
import { DubberError } from "../core/error.ts";
import type { Seconds, Slot } from "../core/segment.ts";

/** A line that does not fit, and by how much even at the fastest. */
export type Excess = { readonly id: string; readonly slot: Slot; readonly excess: Seconds };

/** Names every line, its time and what it lacks. */
export function lineTooLong(lines: readonly Excess[]): DubberError {
  const named = lines.map(
    ({ id, slot, excess }) =>
      `line ${id} at ${slot.start.toFixed(2)} s is too long by ${excess.toFixed(2)} s`,
  );
  return new DubberError(
    "line_too_long",
    `${lines.length} of the lines cannot be spoken in their time even at the fastest tempo: ${named.join("; ")}.`,
    { hint: "Shorten these lines in subs.srt, or give them more time." },
  );
}
