/** Speech for somebody who waits on the line: a task like any other, and its result as the answer. */

import { type ApiErrorCode, apiStatuses } from "../../api/errors.ts";
import type { SpeechResultBody } from "../../api/synthesis.ts";
import type { Call } from "../../core/call.ts";
import { ApiError } from "../api-error.ts";
import type { ServerContext } from "../context.ts";
import { presentResult } from "../present/task.ts";
import { awaitTask, hasEnded } from "../tasks/await-end.ts";
import type { NewTask, Task } from "../tasks/contract.ts";
import { submitTask } from "./submit.ts";

/**
 * @throws ApiError as the task failed with; the signal's reason, once the work has been stopped.
 */
export async function speakNow(
  context: ServerContext,
  task: NewTask,
  { signal }: Required<Call>,
): Promise<SpeechResultBody> {
  const { tasks, files, now } = context;
  try {
    await submitTask(context, task);
    const ended = await awaitTask(tasks, task.id, hasEnded, { signal });
    if (ended?.status === "completed") return presentResult(ended) as SpeechResultBody;
    throw failureOf(ended);
  } catch (error) {
    // Where the store cannot write, the task is dropped by the next start, and its files by the sweeper.
    const outcome = await tasks.cancel(task.id, now()).catch(() => undefined);
    if (outcome === "unknown") for (const file of task.files) await files.remove(file);
    throw error;
  }
}

/** A failed task as the refusal it would have been at once. */
export function failureOf(task: Task | undefined): ApiError {
  const { code = "internal_server_error", message = "The work was stopped." } = task?.error ?? {};
  if (code === "interrupted") return new ApiError("model_not_ready", message, { retryAfter: 5 });
  const isKnown = Object.hasOwn(apiStatuses, code);
  return new ApiError(isKnown ? (code as ApiErrorCode) : "synthesis_error", message);
}
