/** What every command gets beside its own arguments. */
import type { Output } from "./output.ts";

export type CommandContext = {
  readonly output: Output;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
};

/** @returns the exit code. */
export type Action = (
  args: readonly string[],
  values: Readonly<Record<string, unknown>>,
  context: CommandContext,
) => Promise<number>;
