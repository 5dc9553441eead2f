/** A world for commands that run inside a test: what they write is collected, what they read is given, nothing of the process is touched. */
import { Readable, Writable } from "node:stream";
import type { World } from "../world.ts";

export type TestWorld = World & {
  /** Everything written to stdout up to now. */
  readonly stdoutText: string;
  /** The same of stderr. */
  readonly stderrText: string;
  /** What SIGINT and SIGTERM do. */
  interrupt(): void;
};

export type TestWorldOptions = Partial<Omit<World, "stdin" | "stdout" | "stderr">> & {
  /** What is typed; the input ends behind it. */
  readonly typed?: string;
  /** Whether all three streams are a terminal, and how wide it is. Default: none of them is. */
  readonly terminal?: { readonly columns: number };
};

export function makeTestWorld({
  typed = "",
  terminal,
  ...given
}: TestWorldOptions = {}): TestWorld {
  const tty = terminal && { isTTY: true, ...terminal };
  const [stdout, stderr] = [collect(), collect()];
  const listeners = new Set<() => void>();
  return {
    stdin: Object.assign(Readable.from(typed === "" ? [] : [typed]), tty),
    stdout: Object.assign(stdout.stream, tty),
    stderr: Object.assign(stderr.stream, tty),
    env: {},
    ownsProcess: false,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    exit(code) {
      throw new Error(`The command ended its process with code ${code}.`);
    },
    now: () => performance.now(),
    ...given,
    get stdoutText() {
      return stdout.text();
    },
    get stderrText() {
      return stderr.text();
    },
    interrupt() {
      for (const listener of listeners) listener();
    },
  };
}

function collect() {
  const pieces: Buffer[] = [];
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(pieces).toString() };
}
