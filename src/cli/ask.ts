/** Asks the person at the terminal. */
import { createInterface } from "node:readline/promises";
import type { Call } from "../core/call.ts";
import type { World } from "./world.ts";

/**
 * A question that only `y` or `yes` answers with yes; the end of the input is a no.
 *
 * @throws the signal's reason.
 */
export async function askYesNo(
  question: string,
  { stdin: input, stderr: output }: Pick<World, "stdin" | "stderr">,
  { signal }: Call = {},
): Promise<boolean> {
  // As no terminal, so that Ctrl-C still reaches the process as a signal.
  const lines = createInterface({ input, output, terminal: false });
  try {
    const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("")));
    const asked = lines.question(`${question} [y/N] `, signal ? { signal } : {});
    const answer = await Promise.race([asked, ended]);
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    lines.close();
  }
}
