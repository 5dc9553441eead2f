/** The thread behind `audio-workers.ts`: takes one task at a time and answers with its result or its error. */
import { parentPort } from "node:worker_threads";
import { DubberError, type ErrorCode } from "../core/error.ts";
import { changeTempo, type TempoJob } from "./change-tempo.ts";
import { type ClipInspection, type FitJob, fitClip, inspectClip } from "./fit-clip.ts";
import { type MixPart, mixPart } from "./mix-part.ts";

/** What a worker is asked for. */
export type AudioTask =
  | { readonly kind: "inspect"; readonly path: string }
  | { readonly kind: "fit"; readonly job: FitJob }
  | { readonly kind: "mix"; readonly part: MixPart }
  | { readonly kind: "tempo"; readonly job: TempoJob };

/** What a task comes to, where it does not leave a file. */
export type AudioResult = ClipInspection | Int16Array | undefined;

export type AudioAnswer =
  | { readonly ok: true; readonly result: AudioResult }
  | { readonly ok: false; readonly error: SentError };

/** An error as plain data: a class and its fields do not survive the way between threads. */
export type SentError = {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly stack?: string;
  readonly hint?: string;
  readonly retryable?: boolean;
};

parentPort?.on("message", async (task: AudioTask) => {
  let answer: AudioAnswer;
  try {
    answer = { ok: true, result: await perform(task) };
  } catch (error) {
    answer = { ok: false, error: toPlain(error) };
  }
  parentPort?.postMessage(answer);
});

async function perform(task: AudioTask): Promise<AudioResult> {
  switch (task.kind) {
    case "inspect":
      return await inspectClip(task.path);
    case "fit":
      await fitClip(task.job);
      return undefined;
    case "mix":
      await mixPart(task.part);
      return undefined;
    case "tempo":
      return await changeTempo(task.job);
  }
}

function toPlain(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error) };
  const { message, stack } = error;
  const plain = { message, ...(stack !== undefined && { stack }) };
  if (!(error instanceof DubberError)) return plain;
  const { code, hint, retryable } = error;
  return { ...plain, code, retryable, ...(hint !== undefined && { hint }) };
}
