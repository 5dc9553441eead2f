/** One child process of the engine host, as its parent sees it: start, one call at a time, end. */
import { type ChildProcess, fork } from "node:child_process";
import { DubberError } from "../core/error.ts";
import { siblingModule } from "../core/sibling-module.ts";
import { type EngineCall, type EngineReply, fromPlainError } from "./engine-protocol.ts";

export type EngineChildOptions = {
  /** For messages, which begin with it: `The voice engine embedded`. */
  readonly title: string;
  /** Path of the module the child loads. */
  readonly modulePath: string;
  /** Handed to the module's `openEngine`; must survive JSON. */
  readonly settings?: unknown;
  /**
   * What the module must say its version is, where that counts: a package replaced during a run would mix two sounds. Absent: any
   * will do.
   */
  readonly version?: string;
  /** How long the start may take, milliseconds. */
  readonly startTimeoutMs: number;
};

/** Says that the process ended while something was expected of it. Never leaves this folder's host. */
export class ChildEnded extends Error {
  override readonly name = "ChildEnded";
}

/**
 * A child process with one engine in it. While it rests it does not keep the parent alive: a program that forgets
 * to close its engine still ends, and the child ends with it.
 */
export class EngineChild {
  /** Settles when the engine can be called, or with why it cannot: a `DubberError`, or {@link ChildEnded}. */
  readonly ready: Promise<void>;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  #state: "starting" | "idle" | "busy" | "ended" = "starting";
  readonly #options: EngineChildOptions;
  readonly #child: ChildProcess;
  #stderr = "";
  #expected:
    | { readonly take: (reply: EngineReply) => void; readonly fail: (error: Error) => void }
    | undefined;

  constructor(options: EngineChildOptions) {
    this.#options = options;
    const settings = JSON.stringify(options.settings ?? null);
    this.#child = fork(
      siblingModule(import.meta.url, "engine-process"),
      [options.modulePath, settings],
      {
        execArgv: [],
        serialization: "advanced", // passes typed arrays as they are
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      },
    );
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    const end = (how: string) => {
      this.#state = "ended";
      this.#expected?.fail(new ChildEnded(`${how}${this.#stderrTail()}`));
      resolve();
    };
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4000);
    });
    this.#child.on("message", (reply: EngineReply) => this.#expected?.take(reply));
    this.#child.on("error", (error) => end(error.message));
    // Not "exit": what the child wrote to stderr last may still be on its way then.
    this.#child.on("close", (code, signal) =>
      end(signal ? `signal ${signal}` : `exit code ${code}`),
    );
    this.ready = this.#start();
  }

  get state(): "starting" | "idle" | "busy" | "ended" {
    return this.#state;
  }

  /**
   * Lets the engine answer one call; only for an idle child.
   *
   * @param deadlineMs after this the child is ended and the call fails as retryable.
   * @throws DubberError what the engine refused with, or `engine_failed`; {@link ChildEnded}.
   */
  async run(call: EngineCall, deadlineMs: number): Promise<unknown> {
    this.#state = "busy";
    this.#hold(true);
    this.#child.send(call, (error) => {
      if (error !== null) this.kill(); // The channel is closed: the process is ending, and "close" will say how.
    });
    const reply = await this.#reply(deadlineMs, "engine_failed", "to answer");
    this.#rest();
    if (reply.kind === "failed") throw fromPlainError(reply.error);
    return reply.kind === "done" ? reply.value : undefined;
  }

  /** Ends the process at once, whatever it is doing. */
  kill(): void {
    this.#state = "ended";
    this.#hold(true); // Someone may wait for `ended`.
    this.#child.kill("SIGKILL");
  }

  async #start(): Promise<void> {
    const { title, startTimeoutMs, version } = this.#options;
    const reply = await this.#reply(startTimeoutMs, "engine_unavailable", "to start");
    if (reply.kind === "ready" && (version === undefined || reply.version === version)) {
      this.#rest();
      return;
    }
    this.kill();
    if (reply.kind === "failed") throw fromPlainError(reply.error);
    const found = reply.kind === "ready" ? (reply.version ?? "no version") : reply.kind;
    throw new DubberError(
      "engine_unavailable",
      `${title} answered "${found}" where "${version ?? "ready"}" was expected.`,
      { hint: "If its package was just replaced, run the same command again." },
    );
  }

  /** The next message; ends the child when none comes in time. */
  #reply(
    timeoutMs: number,
    code: "engine_failed" | "engine_unavailable",
    purpose: string,
  ): Promise<EngineReply> {
    const { promise, resolve, reject } = Promise.withResolvers<EngineReply>();
    const timer = setTimeout(() => {
      this.kill();
      const message = `${this.#options.title} took longer than ${timeoutMs / 1000} s ${purpose}.`;
      reject(new DubberError(code, `${message}${this.#stderrTail()}`, { retryable: true }));
    }, timeoutMs);
    this.#expected = { take: resolve, fail: reject };
    return promise.finally(() => {
      clearTimeout(timer);
      this.#expected = undefined;
    });
  }

  #rest(): void {
    if (this.#state === "ended") return;
    this.#state = "idle";
    this.#hold(false);
  }

  /** Whether the parent's event loop has to stay alive for this child. */
  #hold(isHeld: boolean): void {
    const parts = [this.#child, this.#child.channel, this.#child.stderr as unknown as Holder];
    for (const part of parts) {
      if (isHeld) part?.ref();
      else part?.unref();
    }
  }

  /** The last things the child said, without the stack traces that would fill them. */
  #stderrTail(): string {
    const said = this.#stderr
      .split("\n")
      .filter((line) => /\S/.test(line) && !/^\s+at /.test(line));
    const lines = said.slice(-8).join("\n");
    return lines === "" ? "" : `\n${lines}`;
  }
}

/** A pipe is a socket at run time, which the types of a child's stderr do not say. */
type Holder = { ref(): void; unref(): void };
