/** Runs one child process to its end: bounded stderr, optional stdin, and no process left behind on cancellation. */
import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";

/** How much of stderr is kept, from its end: a damaged file can make ffmpeg write gigabytes. */
const keptStderrCharacters = 256 * 1024;
/** A system that does not allow it has the process run as all others do. */
function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, or the system has no such thing.
  }
}

/** ffmpeg closes its files on SIGTERM; one that hangs in a read does not get longer than this. */
const killAfterMs = 2000;

export type ChildOptions = Call & {
  readonly cwd?: string | undefined;
  /** Bytes for stdin; without it stdin is closed. */
  readonly input?: AsyncIterable<Uint8Array> | undefined;
  /** Leaves the processor to others where they want it. Default false. */
  readonly isPatient?: boolean | undefined;
  /** Gets stdout line by line, without the line end. */
  readonly onLine?: ((line: string) => void) | undefined;
};

export type ChildEnd = {
  /** Undefined when a signal ended the process. */
  readonly exitCode?: number;
  readonly endedBySignal?: NodeJS.Signals;
  readonly stderr: string;
};

/**
 * Starts `command` with an argument array (no shell) and waits until it has ended, however it ended.
 *
 * @throws the signal's reason once the process is gone; DubberError `missing_tool` when the command cannot be started;
 *   what `input` throws.
 */
export async function runChild(
  command: string,
  args: readonly string[],
  { signal, cwd, input, isPatient = false, onLine }: ChildOptions = {},
): Promise<ChildEnd> {
  signal?.throwIfAborted();
  const child = spawn(command, args, { cwd, stdio: "pipe", windowsHide: true });
  if (isPatient && child.pid !== undefined) lowerPriority(child.pid);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-keptStderrCharacters);
  });
  readLines(child.stdout, onLine);
  const ended = new Promise<ChildEnd>((resolve, reject) => {
    child.once("error", (error) => reject(cannotStart(command, error)));
    child.once("close", (exitCode, endedBySignal) =>
      resolve({
        stderr,
        ...(exitCode === null ? {} : { exitCode }),
        ...(endedBySignal === null ? {} : { endedBySignal }),
      }),
    );
  });
  let timer: NodeJS.Timeout | undefined;
  const kill = () => {
    child.kill("SIGTERM");
    timer ??= setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  };
  signal?.addEventListener("abort", kill, { once: true });
  // A child that ends early breaks the pipe (EPIPE); its exit code says more than the broken pipe does.
  let inputFailure: { error: unknown } | undefined;
  const fed = pipeline(input === undefined ? [] : Readable.from(input), child.stdin).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE" || error.code === "ERR_STREAM_PREMATURE_CLOSE") return;
      inputFailure = { error };
      kill();
    },
  );
  try {
    const end = await ended;
    await fed;
    signal?.throwIfAborted();
    if (inputFailure !== undefined) throw inputFailure.error;
    return end;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
}

function readLines(stdout: Readable, onLine: ChildOptions["onLine"]): void {
  let rest = "";
  stdout.setEncoding("utf8");
  stdout.on("data", (text: string) => {
    if (onLine === undefined) return;
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  stdout.on("end", () => {
    if (rest !== "") onLine?.(rest);
  });
}

/** The error for a program that could not be started; retryable where the system has only too much to do. */
export function cannotStart(command: string, error: NodeJS.ErrnoException): DubberError {
  const isBusy = error.code === "EAGAIN" || error.code === "ENOMEM" || error.code === "EMFILE";
  return new DubberError(
    isBusy ? "tool_failed" : "missing_tool",
    `${command} could not be started (${error.code ?? error.message}).`,
    { cause: error, retryable: isBusy },
  );
}
