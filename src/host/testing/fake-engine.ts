/** An engine for the tests of the host: does at once what real ones do once a year. */
import { existsSync, writeFileSync, writeSync } from "node:fs";
import { DubberError } from "../../core/error.ts";
import type { HostedEngine } from "../engine-protocol.ts";

export type FakeSettings = {
  readonly start?: "hang" | "die" | "refuse" | "other version";
  /** Start like that only while this file does not exist; the first start makes it. */
  readonly onceFile?: string;
};

/** The version it says it has. */
export const fakeVersion = "fake 1";

/** What it gives back for a text. */
export type Said = {
  /** The text's characters. */
  readonly codes: Int16Array;
  /** The process that said it. */
  readonly pid: number;
};

/** Has a `pid`, and can `say` a text, whose first word is what happens. */
export async function openEngine(settings: unknown): Promise<HostedEngine> {
  const { start, onceFile } = (settings ?? {}) as FakeSettings;
  const isDone = onceFile !== undefined && existsSync(onceFile);
  if (onceFile !== undefined) writeFileSync(onceFile, "");
  if (start === "hang" && !isDone) sleep(1_000_000);
  if (start === "die" && !isDone) {
    writeSync(2, "no luck at the start\n");
    die();
  }
  if (start === "refuse" && !isDone) {
    throw new DubberError("engine_unavailable", "There is no model.", { hint: "Pull one." });
  }
  return {
    version: start === "other version" ? "fake 2" : fakeVersion,
    methods: { pid: () => process.pid, say },
  };
}

function say(text: string): Said {
  const [action, argument = ""] = text.split(" ");
  if (action === "slow") sleep(Number(argument));
  if (action === "mark") {
    writeFileSync(argument, "");
    sleep(200);
  }
  if (action === "hang") sleep(1_000_000);
  if (action === "throw") throw new Error(`a bug at ${argument}`);
  if (action === "refuse") throw new DubberError("unknown_voice", "No.", { hint: "Yes." });
  if (action === "die" || (action === "die-once" && !existsSync(argument))) {
    if (argument !== "") writeFileSync(argument, "");
    writeSync(2, "last words\n");
    die();
  }
  const codes = Int16Array.from(text, (character) => character.charCodeAt(0));
  return { codes, pid: process.pid };
}

function die(): never {
  process.kill(process.pid, "SIGKILL");
  sleep(10_000);
  throw new Error("unreachable");
}

/** Blocks, as real engines do. */
function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
