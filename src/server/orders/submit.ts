/** Puts a task before the workers, or says why not. */
import { ApiError } from "../api-error.ts";
import type { ServerContext } from "../context.ts";
import { sameRequest } from "../http/idempotency.ts";
import { presentSubmission } from "../present/task.ts";
import type { Idempotency, NewTask, RememberedAnswer } from "../tasks/contract.ts";

/**
 * Accepts a task: when this resolves it is on the disk.
 *
 * @returns undefined when it was accepted; an answer given before to the same key, when somebody was quicker.
 * @throws ApiError `queue_full`, `too_many_tasks`, `insufficient_storage`.
 */
export async function submitTask(
  { tasks, settings, storage, isAccepting }: ServerContext,
  task: NewTask,
  remember?: Idempotency,
): Promise<RememberedAnswer | undefined> {
  if (!isAccepting()) {
    throw new ApiError("queue_full", "The server is stopping and takes no new work.", {
      retryAfter: 5,
    });
  }
  await storage.check();
  const submission = await tasks.submit(task, {
    mostWaiting: settings.mostWaitingTasks,
    mostOpen: settings.mostOpenTasks,
    ...(remember && { remember: { ...remember, status: 200, body: presentSubmission(task.id) } }),
  });
  switch (submission.is) {
    case "accepted":
      return undefined;
    case "remembered":
      return sameRequest(submission.answer, remember?.requestHash ?? "");
    case "queue_full":
      throw new ApiError("queue_full", "The queue is full; try again in a moment.", {
        retryAfter: 2,
      });
    case "too_many_tasks":
      throw new ApiError(
        "too_many_tasks",
        `You have ${submission.open} open tasks, which is as many as one may have; wait for one to end.`,
        { retryAfter: 2 },
      );
  }
}
