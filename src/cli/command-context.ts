/** What every command gets beside its own arguments. */
import type { RunContext } from "../pipeline/dub.ts";
import type { Environment } from "./environment.ts";
import type { Output } from "./output.ts";
import type { World } from "./world.ts";

export type CommandContext = {
  readonly output: Output;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** The process's variables, over those of `.env`. */
  readonly env: Environment;
  /** The streams, folder and clock it runs with. */
  readonly world: World;
};

/** What a run of the pipeline gets of it. */
export function runContextOf({
  signal,
  env,
  world: { openers },
}: CommandContext): Pick<RunContext, "signal" | "env" | "openers"> {
  return { signal, env, ...(openers && { openers }) };
}

/** @returns the exit code. */
export type Action = (
  args: readonly string[],
  values: Readonly<Record<string, unknown>>,
  context: CommandContext,
) => Promise<number>;
