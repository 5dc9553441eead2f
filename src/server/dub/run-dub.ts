/** Works on a dubbing task: in a process of its own. */
import { DubberError } from "../../core/error.ts";
import type { SpeechContext } from "../speech/run-speech.ts";
import type { Task } from "../tasks/contract.ts";
import type { TurnOutcome } from "../tasks/workers.ts";

export type DubContext = SpeechContext & {
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export async function runDub(
  _context: DubContext,
  _task: Task,
  _call: { readonly signal: AbortSignal },
): Promise<TurnOutcome> {
  throw new DubberError("engine_unavailable", "Not yet.");
}
