/** Runs the `dubber` command: inside the test, or as a real process where processes are the point. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { main } from "../../src/cli/main.ts";
import { makeTestWorld } from "../../src/cli/testing/test-world.ts";
import { openedOnce } from "./opened-once.ts";

const root = join(import.meta.dirname, "../..");
const entry = join(root, "bin/dubber.js");

/** Settings of whoever runs the tests, which must neither change them nor cost him money. Empty ones hide those of a `.env`. */
const unset = {
  ...{ TTS_PROVIDER: "", TTS_MODEL: "", MAX_CONCURRENT: "", OPENAI_TTS_INSTRUCTIONS: "" },
  ...{ OPENAI_API_KEY: "", OPENAI_BASE_URL: "", COSYVOICE_URL: "" },
  ...{ ELEVENLABS_API_KEY: "", ELEVENLABS_BASE_URL: "", ELEVENLABS_VOICE_ID: "" },
  ...{ STT_PROVIDER: "", STT_BASE_URL: "", STT_API_KEY: "", CHAT_BASE_URL: "", CHAT_API_KEY: "" },
  ...{ TRANSLATE: "", TRANSLATION_MODEL: "", GPT_MODEL: "" },
};

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type Running = { readonly process: ChildProcess; readonly ended: Promise<Ended> };

/** Starts `dubber …` in a process group of its own; the caller may send it, or the group, signals. */
export function start(args: readonly string[], options: Options = {}): Running {
  return startProgram(process.execPath, [entry, ...args], options);
}

type Options = { cwd?: string; env?: NodeJS.ProcessEnv };

function startProgram(
  program: string,
  args: readonly string[],
  { cwd, env }: Options = {},
): Running {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: variables(env),
    ...(cwd !== undefined && { cwd }),
  });
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]).then(
    ([stdout, stderr, [code, signal]]) => ({ code, signal, stdout, stderr }) as Ended,
  );
  return { process: child, ended };
}

/**
 * Runs `dubber …` to its end, inside this process: with streams, variables and a folder of its own, and with the tools and the voice of
 * all commands of the file.
 */
export async function dubber(args: readonly string[], { cwd, env }: Options = {}): Promise<Ended> {
  return await runInside(args, variables(env), cwd);
}

async function runInside(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  directory: string | undefined,
): Promise<Ended> {
  const world = makeTestWorld({
    ...{ env, openers: openedOnce },
    ...(directory !== undefined && { directory }),
  });
  const code = await main(args, world);
  return { code, signal: null, stdout: world.stdoutText, stderr: world.stderrText };
}

/** Runs `dubber …` to its end, as a process. */
export async function dubberProcess(
  args: readonly string[],
  options: Options = {},
): Promise<Ended> {
  return await start(args, options).ended;
}

/** The variables a command sees: those of the tests, without the settings of whoever runs them. */
function variables(env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const all = { ...process.env, ...unset, NO_COLOR: "1", ...env };
  // As a process would see them: one that is undefined is not there at all.
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** Runs `make …` of this project to its end. What is not set in `env` is not set for make either. */
export async function makeProcess(args: readonly string[], options: Options = {}): Promise<Ended> {
  const env = {
    ...Object.fromEntries(Object.keys(unset).map((name) => [name, undefined])),
    ...options.env,
  };
  return await startProgram("make", ["--no-print-directory", "-C", root, ...args], {
    ...options,
    env,
  }).ended;
}

/**
 * The same, but the `dubber` commands of the target run inside the test: make starts a program that notes the arguments and variables it
 * was given, and those are what runs. A command that fails makes make end with 2, as it does.
 */
export async function make(args: readonly string[], options: Options = {}): Promise<Ended> {
  const notes = join(await mkdtemp(join(tmpdir(), "dubber-made-")), "commands");
  try {
    const noting = `node ${join(root, "test/support/note-command.mjs")} ${notes}`;
    const made = await makeProcess([...args, `DUBBER=${noting}`], options);
    const commands = (await readFile(notes, "utf8").catch(() => "")).split("\n").filter(Boolean);
    const pieces: Ended[] = [made];
    for (const command of commands) {
      const noted = JSON.parse(command) as { args: string[]; env: NodeJS.ProcessEnv };
      // As a process would see them: nothing is put in the place of what make was not given.
      const ended = await runInside(noted.args, noted.env, root);
      pieces.push(ended);
      if (ended.code !== 0) break;
    }
    const all = (of: "stdout" | "stderr"): string => pieces.map((piece) => piece[of]).join("");
    const code = pieces.every((piece) => piece.code === 0) ? 0 : 2;
    return { code, signal: null, stdout: all("stdout"), stderr: all("stderr") };
  } finally {
    await rm(dirname(notes), { recursive: true, force: true });
  }
}
