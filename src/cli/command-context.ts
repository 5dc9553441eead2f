/** What every command gets beside its own arguments. */
import type { Environment } from "./environment.ts";
import type { Output } from "./output.ts";

export type CommandContext = {
  readonly output: Output;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** The process's variables, over those of `.env`. */
  readonly env: Environment;
};

/** @returns the exit code. */
export type Action = (
  args: readonly string[],
  values: Readonly<Record<string, unknown>>,
  context: CommandContext,
) => Promise<number>;
