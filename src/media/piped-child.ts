/** Starts one child process whose bytes go in and come out as they are; {@link runChild} is for those whose output is text. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { ChildEnd } from "./child.ts";

/** Of stderr, from its end: enough for what a failure says, whatever a damaged file makes ffmpeg write before. */
const keptLines = 40;
const keptLineCharacters = 1000;

export type PipedChild = {
  /** Closed by whoever has nothing to write. Errors are not thrown from it: the end says more. */
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** When the process has ended and its output is read or destroyed. Never rejects. */
  readonly ended: Promise<PipedEnd>;
  /** Ends it at once: it holds nothing worth closing well. Safe to call at any time. */
  kill(): void;
};

export type PipedEnd = ChildEnd & {
  /** Why it could not be started. */
  readonly startError?: NodeJS.ErrnoException;
};

/**
 * Starts `command` with an argument array (no shell).
 *
 * @param env default: this process's own.
 * @param onComplaint gets stderr line by line.
 */
export function startPiped(
  command: string,
  args: readonly string[],
  {
    env = process.env,
    onComplaint,
  }: { readonly env?: NodeJS.ProcessEnv; readonly onComplaint?: (line: string) => void } = {},
): PipedChild {
  const child = spawn(command, args, { env, stdio: "pipe", windowsHide: true });
  const complaints: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    onComplaint?.(line);
    complaints.push(line.slice(0, keptLineCharacters));
    if (complaints.length > keptLines) complaints.shift();
  });
  child.stdin.on("error", () => {});
  const ended = new Promise<PipedEnd>((resolve) => {
    child.once("error", (startError) => resolve({ stderr: "", startError }));
    child.once("close", (exitCode, endedBySignal) =>
      resolve({
        stderr: complaints.join("\n"),
        ...(exitCode === null ? {} : { exitCode }),
        ...(endedBySignal === null ? {} : { endedBySignal }),
      }),
    );
  });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    ended,
    kill() {
      child.kill("SIGKILL");
      // What nobody will read must not keep its end from coming.
      child.stdout.destroy();
      child.stdin.destroy();
    },
  };
}
