/** `synth_async.log`: one line for each call to the voice engine, for people or for programs. */
import { createWriteStream, type WriteStream } from "node:fs";
import { finished } from "node:stream/promises";
import { formatAttempt } from "../scheduler/call-log.ts";
import type { Attempt } from "../scheduler/contract.ts";

export type CallLog = {
  /** Adds a line; never throws, never waits. */
  add(attempt: Attempt): void;
  /** Resolves when everything is in the file, to a warning when it is not. */
  close(): Promise<string | undefined>;
};

/**
 * Opens the log of one run at `path`, in place of the last run's, with the first line that is added. A log that cannot be written
 * costs nobody the speech it tells about.
 */
export function openCallLog(path: string, format: "text" | "json"): CallLog {
  let file: WriteStream | undefined;
  return {
    add(attempt) {
      file ??= createWriteStream(path).on("error", () => {});
      file.write(`${formatAttempt(attempt, new Date(), format)}\n`);
    },
    async close() {
      file?.end();
      try {
        if (file !== undefined) await finished(file);
        return undefined;
      } catch (error) {
        return `${path} could not be written (${error instanceof Error ? error.message : error}).`;
      }
    },
  };
}
