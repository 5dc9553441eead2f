/** Opens a file in the person's editor and waits until it is closed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { DubberError } from "../core/error.ts";
import { type Environment, settingOf } from "./environment.ts";
import type { World } from "./world.ts";

/**
 * The program and its arguments: $VISUAL, else $EDITOR, else vi where somebody sits at a terminal.
 *
 * @param env of which VISUAL and EDITOR may carry arguments, `code -w`, and quotes around names with blanks; no shell reads them.
 * @throws DubberError `missing_tool` when none is named and there is no terminal for vi.
 */
export function editorOf(env: Environment, isTerminal: boolean): readonly [string, ...string[]] {
  const named = settingOf(env, "VISUAL") ?? settingOf(env, "EDITOR");
  const parts = [...(named ?? "").matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)];
  const [program = "", ...args] = parts.map(([, double, single, bare]) => double ?? single ?? bare);
  if (program !== "") return [program, ...args.map((one) => one ?? "")];
  if (isTerminal) return ["vi"];
  throw new DubberError("missing_tool", "Nobody said which editor to open.", {
    hint: "Set EDITOR, for example: EDITOR=nano dubber review VIDEO --edit",
  });
}

/**
 * Runs the editor on a file, with the streams of the world: a terminal as it is, anything else through a pipe.
 *
 * @param isQuiet the editor's output goes to stderr, since stdout is for a program.
 * @throws DubberError `missing_tool` when there is no such program, `tool_failed` when it ends with an error.
 */
export async function editFile(
  [program, ...args]: readonly [string, ...string[]],
  path: string,
  {
    world,
    isQuiet = false,
  }: { readonly world: Pick<World, "stdin" | "stdout" | "stderr">; readonly isQuiet?: boolean },
): Promise<void> {
  const { stdin, stderr } = world;
  const stdout = isQuiet ? stderr : world.stdout;
  const child = spawn(program, [...args, path], { stdio: [stdin, stdout, stderr].map(passOn) });
  if (child.stdin) stdin.pipe(child.stdin.on("error", () => {}));
  child.stdout?.pipe(stdout, { end: false });
  child.stderr?.pipe(stderr, { end: false });
  const [code, signal] = await once(child, "close").catch((cause: unknown) => {
    throw new DubberError("missing_tool", `The editor "${program}" cannot be started.`, {
      hint: "Set VISUAL or EDITOR to one that is installed.",
      cause,
    });
  });
  if (code === 0) return;
  throw new DubberError("tool_failed", `The editor ended with ${signal ?? `code ${code}`}.`, {
    hint: `${path} is as the editor left it.`,
  });
}

/** A stream of this process is the child's own; any other has no descriptor to hand over. */
function passOn(stream: Readable | Writable): number | "pipe" {
  return "fd" in stream && typeof stream.fd === "number" ? stream.fd : "pipe";
}
