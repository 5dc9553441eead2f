/** The process of a dub as the server sees it: started, listened to, and ended with everything it has started itself. */
import { type ChildProcess, fork } from "node:child_process";
import type { Call } from "../../core/call.ts";
import { siblingModule } from "../../core/sibling-module.ts";
import { fromPlainError } from "../../host/engine-protocol.ts";
import type { DubOrder, DubReply, MadeDub } from "./dub-protocol.ts";

export type DubChildOptions = Required<Call> & {
  /** Shown by `ps`. */
  readonly name: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onProgress: (share: number) => void;
  /** One that tells nothing for so long has a hanging ffmpeg, or worse, and is ended, ms. Default half an hour. */
  readonly stillMs?: number;
};

/** Says that the process ended and told nothing. The message holds what it wrote to stderr last: for logs, not for clients. */
export class DubProcessEnded extends Error {
  override readonly name = "DubProcessEnded";
}

/** Characters of stderr that are kept, from its end. */
const keptStderr = 4000;

/**
 * Has an order carried out by a process of its own. When this settles, the process and all that it had started are gone.
 *
 * @throws DubberError what the dub fails with; {@link DubProcessEnded}; the signal's reason.
 */
export async function runDubProcess(
  order: DubOrder,
  { name, env, onProgress, signal, stillMs = 30 * 60_000 }: DubChildOptions,
): Promise<MadeDub> {
  signal.throwIfAborted();
  const child = fork(siblingModule(import.meta.url, "dub-process"), [name], {
    ...{ env, execArgv: [], serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc"] },
    // A process group of its own: one signal ends ffmpeg and the engines as well.
    detached: true,
  });
  const end = () => endGroup(child);
  signal.addEventListener("abort", end, { once: true });
  let reply: Exclude<DubReply, { kind: "progress" }> | undefined;
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-keptStderr);
  });
  let watchdog = setTimeout(end, stillMs);
  child.on("message", (message: DubReply) => {
    clearTimeout(watchdog);
    watchdog = setTimeout(end, stillMs);
    if (message.kind === "progress") return onProgress(message.share);
    reply = message;
    end();
  });
  // Where it fails the process is ending, and "close" says how.
  child.send(order, () => {});
  const how = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    // One that died by itself leaves others behind.
    child.once("exit", end);
    child.once("close", (code, by) => resolve(by ? `signal ${by}` : `exit code ${code}`));
  });
  clearTimeout(watchdog);
  signal.removeEventListener("abort", end);
  if (reply?.kind === "done") return reply.made;
  signal.throwIfAborted();
  if (reply === undefined) throw new DubProcessEnded(`${how}\n${stderr}`);
  throw fromPlainError(reply.error);
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // All gone already, or a system without process groups.
    child.kill("SIGKILL");
  }
}
