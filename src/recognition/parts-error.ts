/** What recognition ends with when some parts of the sound could not be recognised: nothing of the rest is lost. */
import { DubberError } from "../core/error.ts";
import type { Slot } from "../core/segment.ts";
import { clockSpans } from "./clock-time.ts";

/** A part that failed for good. */
export type FailedPart = Slot & { readonly error: DubberError };

/**
 * @param failed at least one. @param total how many parts there were.
 * @returns an error that names the times; its code is that of the failures where they share one, else `engine_failed`; `retryable` when
 *   another try may mend any of them.
 */
export function partsError(failed: readonly FailedPart[], total: number): DubberError {
  const [first] = failed;
  const isShared = failed.every(({ error }) => error.code === first?.error.code);
  const parts = total === 1 ? "The only part" : `${failed.length} of ${total} parts`;
  return new DubberError(
    isShared && first !== undefined ? first.error.code : "engine_failed",
    `${parts} of the sound could not be recognised: ${clockSpans(failed)}. ${first?.error.message ?? ""}`,
    {
      hint: `Run the same command again: what was heard is kept, and only the rest is asked for.${
        isShared && first?.error.hint !== undefined ? ` ${first.error.hint}` : ""
      }`,
      retryable: failed.some(({ error }) => error.retryable),
      cause: first?.error,
    },
  );
}
