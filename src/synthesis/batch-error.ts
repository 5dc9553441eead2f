/** What a batch ends with when some of its texts could not be spoken: nothing of the rest is lost. */
import { DubberError } from "../core/error.ts";

/** The file, or why there is none. */
export type BatchResult = { readonly path: string } | { readonly error: DubberError };

/** `code` is that of the failures where they share one, else `lines_failed`; `retryable` when another try may mend any of them. */
export class BatchError extends DubberError {
  /** One for each input, in their order. */
  readonly results: readonly BatchResult[];

  constructor(results: readonly BatchResult[]) {
    const errors = results.flatMap((result) => ("error" in result ? [result.error] : []));
    const [first] = errors;
    const isShared = errors.every(({ code }) => code === first?.code);
    super(
      isShared && first !== undefined ? first.code : "lines_failed",
      `${errors.length} of ${results.length} texts could not be spoken: ${first?.message ?? ""}`,
      {
        ...(isShared && first?.hint !== undefined && { hint: first.hint }),
        retryable: errors.some(({ retryable }) => retryable),
        cause: first,
      },
    );
    this.results = results;
  }
}
