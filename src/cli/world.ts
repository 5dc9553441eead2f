/** What the command line sees of its surroundings: streams, variables, folder, signals, clock. A process has its own; a test brings another. */
import type { Readable, Writable } from "node:stream";
import type { Openers } from "../pipeline/setup.ts";
import type { Environment } from "./environment.ts";

/** Text goes out here; `isTTY` and `columns` are those of a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number };
/** Answers come in here. */
export type InputStream = Readable & { readonly isTTY?: boolean };

/** The surroundings of a command; {@link main} reads and writes nothing beside them. */
export type World = {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** The variables, without those of `.env` files. */
  readonly env: Environment;
  /** Where relative paths start, and where `.env` is looked for. Undefined: the process's own current folder. */
  readonly directory?: string;
  /** Whether the process runs this command alone, so that the command may tune its heap. */
  readonly ownsProcess: boolean;
  /** Calls `listener` for every SIGINT and SIGTERM until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once, whatever is still at work. */
  exit(code: number): void;
  /** Milliseconds that only ever grow. */
  now(): number;
  /** How tools, engines and threads are opened. Default: for the command alone. */
  readonly openers?: Openers;
};

/** The surroundings of this process. */
export function processWorld(): World {
  const { stdin, stdout, stderr, env } = process;
  return {
    ...{ stdin, stdout, stderr, env, ownsProcess: true },
    onInterrupt(listener) {
      process.on("SIGINT", listener).on("SIGTERM", listener);
      return () => void process.off("SIGINT", listener).off("SIGTERM", listener);
    },
    exit: (code) => process.exit(code),
    now: () => performance.now(),
  };
}
