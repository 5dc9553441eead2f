/** Runs the `dubber` command as a real process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const entry = join(import.meta.dirname, "../../bin/dubber.js");

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Running = { readonly process: ChildProcess; readonly ended: Promise<Ended> };

/** Starts `dubber …` in a process group of its own; the caller may send it, or the group, signals. */
export function start(
  args: readonly string[],
  { cwd, env }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Running {
  const child = spawn(process.execPath, [entry, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, NO_COLOR: "1", ...env },
    ...(cwd !== undefined && { cwd }),
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]).then(
    ([stdout, stderr, [code, signal]]) => ({ code, signal, stdout, stderr }) as Ended,
  );
  return { process: child, ended };
}

/** Runs `dubber …` to its end. */
export async function dubber(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  return await start(args, options).ended;
}
