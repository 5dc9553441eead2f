/** An engine for the tests of the host: does at once what real ones do once a year. */
import { existsSync, writeFileSync, writeSync } from "node:fs";
import { DubberError } from "../core/error.ts";
import type { Engine } from "./engine-protocol.ts";

export type FakeSettings = {
  readonly start?: "hang" | "die" | "refuse" | "other version";
  /** Start like that only while this file does not exist; the first start makes it. */
  readonly onceFile?: string;
};

/** The version it says it has. */
export const fakeVersion = "fake 1";

/** The first word of a text is what happens; the sound is the text's characters, the warning the process's id. */
export async function openEngine(settings: unknown): Promise<Engine> {
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
    sampleRate: 8000,
    voices: () => [{ id: `${process.pid}`, name: "Fake", languages: ["en"], gender: "neutral" }],
    speak({ text }) {
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
      const audio = Int16Array.from(text, (character) => character.charCodeAt(0));
      return { audio, sampleRate: 8000, warnings: [`${process.pid}`] };
    },
  };
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
