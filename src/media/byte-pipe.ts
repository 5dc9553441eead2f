/** A pipe that can be written to, read from and given up at any moment: with ffmpeg in it, or with nothing. */
import { Readable } from "node:stream";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { cannotStart } from "./child.ts";
import { describeFailure } from "./ffmpeg.ts";
import { startPiped } from "./piped-child.ts";
import type { Tools } from "./tools.ts";

export type BytePipe = {
  /**
   * Resolves when there is room for more, so that a writer who waits is as fast as the reader. The bytes may be changed afterwards.
   *
   * @throws what the pipe failed with; an AbortError when its reader has left.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** No more to come. Resolves when the last byte that comes out lies in `readable`; it throws what `write` throws. */
  end(): Promise<void>;
  /** Gives up: the reader gets `reason` as its error. Resolves when nothing is left behind; harmless after the end. */
  abort(reason?: unknown): Promise<void>;
  /** Ends only when all is well; everything else is an error on it. Destroying it gives up, too. */
  readonly readable: Readable;
};

/**
 * Starts ffmpeg between `pipe:0` and `pipe:1`. Two things it waits for: somebody who reads, somebody who writes.
 *
 * @param args inputs, filters and outputs.
 * @throws the signal's reason. On the pipe: DubberError `tool_failed` with the last lines of stderr (retryable when it was killed
 *   from outside), `missing_tool`; the signal's reason.
 */
export function openFfmpegPipe(
  tools: Tools,
  args: readonly string[],
  { signal }: Call = {},
): BytePipe {
  signal?.throwIfAborted();
  const fixed = ["-hide_banner", "-nostats", "-v", "warning"];
  const child = startPiped(tools.ffmpeg, [...fixed, ...args]);
  const state = pipeState({
    read: () => child.stdout.resume(),
    release: async () => {
      child.kill();
      await child.ended;
    },
  });
  let isEnding = false;
  child.stdout.on("data", (bytes: Buffer) => {
    if (!state.readable.push(bytes)) child.stdout.pause();
  });
  const abort = (): void => state.fail(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  const finished = child.ended.then((end) => {
    signal?.removeEventListener("abort", abort);
    if (end.startError) state.fail(cannotStart(tools.ffmpeg, end.startError));
    else if (end.exitCode !== 0) state.fail(describeFailure("ffmpeg", end));
    else if (!isEnding) state.fail(endedEarly());
    else state.readable.push(null);
  });
  return {
    readable: state.readable,
    async write(bytes) {
      state.check(isEnding);
      if (bytes.length === 0) return;
      const broken = await new Promise((resolve) => child.stdin.write(bytes, resolve));
      // A broken pipe says less than the process that broke it.
      if (broken) await finished;
      state.check();
    },
    async end() {
      isEnding = true;
      child.stdin.end();
      await finished;
      state.check();
    },
    async abort(reason = givenUp()) {
      state.fail(reason);
      await finished;
    },
  };
}

/** The same with nothing in it: what goes in comes out. */
export function openPlainPipe({ signal }: Call = {}): BytePipe {
  signal?.throwIfAborted();
  let wake = (): void => {};
  let isEnding = false;
  const abort = (): void => state.fail(signal?.reason);
  const state = pipeState({
    read: () => wake(),
    release: async () => {
      signal?.removeEventListener("abort", abort);
      wake();
    },
  });
  signal?.addEventListener("abort", abort, { once: true });
  return {
    readable: state.readable,
    async write(bytes) {
      state.check(isEnding);
      const hasRoom = bytes.length === 0 || state.readable.push(Buffer.from(bytes));
      if (!hasRoom) await new Promise<void>((resolve) => (wake = resolve));
      state.check();
    },
    async end() {
      state.check();
      if (!isEnding) state.readable.push(null);
      isEnding = true;
    },
    async abort(reason = givenUp()) {
      state.fail(reason);
    },
  };
}

type PipeState = {
  readonly readable: Readable;
  /** Only the first reason counts. */
  fail(error: unknown): void;
  /** Throws what it failed with. */
  check(isEnding?: boolean): void;
};

function pipeState({
  read,
  release,
}: {
  readonly read: () => void;
  /** Called once, when it has ended or failed. */
  readonly release: () => Promise<void>;
}): PipeState {
  let failure: { readonly error: unknown } | undefined;
  const readable = new Readable({
    read,
    destroy(error, done) {
      if (error !== null || !readable.readableEnded) failure ??= { error: error ?? readerLeft() };
      release().then(() => done(error), done);
    },
  });
  // Whoever reads gets the error all the same; an encoder that fails before anybody does must not end the program.
  readable.on("error", () => {});
  return {
    readable,
    fail(error) {
      failure ??= { error };
      readable.destroy(failure.error as Error);
    },
    check(isEnding = false) {
      if (failure !== undefined) throw failure.error;
      if (isEnding) throw new DubberError("internal", "There is no writing after the end.");
    },
  };
}

function givenUp(): DOMException {
  return new DOMException("The sound was given up.", "AbortError");
}

function readerLeft(): DOMException {
  return new DOMException("Nobody reads the sound any more.", "AbortError");
}

function endedEarly(): DubberError {
  return new DubberError("tool_failed", "ffmpeg ended before its input did.", { retryable: true });
}
