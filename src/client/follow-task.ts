/** What becomes of a task: waited for, or watched as it changes. Both outlive a server that is started again. */
import type { TaskStatusBody } from "../api/tasks.ts";
import type { Call } from "../core/call.ts";
import { systemClock } from "../core/clock.ts";
import { parseAnswer } from "./answer.ts";
import { Patience } from "./backoff.ts";
import { DubberApiError } from "./error.ts";
import type { Http } from "./http.ts";
import { toCamel } from "./names.ts";
import { readServerEvents } from "./server-events.ts";
import { hasEnded, type Task, taskPath } from "./tasks.ts";

/** Of one long poll, seconds. */
const longPoll = 30;
/** How much later than that its answer may come, ms. */
const latenessMs = 30_000;
/** Between two questions to a server that does not hold them, ms. */
const shortPollMs = 1000;
/** The server says something every 15 s; who is silent for three times that is gone. */
const silenceMs = 45_000;

export type WaitCall = Call & {
  /** For all of it, ms. Default: as long as it takes. */
  readonly timeoutMs?: number;
};

/** @throws DubberApiError `task_failed`, `task_cancelled`, `timeout`, and what another try would not mend. */
export async function waitForTask(
  http: Http,
  id: string,
  { signal, timeoutMs = Number.POSITIVE_INFINITY }: WaitCall,
): Promise<Task> {
  const patience = new Patience();
  const endMs = systemClock.now() + timeoutMs;
  let status: Task["status"] | undefined;
  for (;;) {
    const askedMs = systemClock.now();
    const leftMs = endMs - askedMs;
    if (leftMs <= 0) throw tookTooLong(id, timeoutMs);
    try {
      const wait = Math.min(longPoll, leftMs / 1000);
      const task = await askStatus(http, id, {
        ...{ wait, signal, timeoutMs: Math.min(wait * 1000 + latenessMs, leftMs) },
      });
      if (task.status === "completed") return task;
      if (task.status === "failed") throw failureOf(task);
      const isHeld = task.status !== status || systemClock.now() - askedMs >= shortPollMs;
      status = task.status;
      patience.reset();
      const pauseMs = Math.min(shortPollMs, leftMs);
      if (!isHeld) await systemClock.sleep(pauseMs, signal ? { signal } : {});
    } catch (error) {
      await patience.after(error, { signal, mostMs: Math.max(0, endMs - systemClock.now()) });
    }
  }
}

/** Yields the task as it is, then each change, at last its end, whatever that is. @throws what another try would not mend. */
export async function* watchTask(
  http: Http,
  id: string,
  { signal }: Call,
): AsyncGenerator<Task, void, undefined> {
  const patience = new Patience();
  let lastId: string | undefined;
  const noted = async function* (pieces: AsyncIterable<Uint8Array>) {
    for await (const piece of pieces) {
      patience.reset();
      yield piece;
    }
  };
  for (;;) {
    try {
      const answer = await http.open(
        {
          ...{ path: taskPath(id, "events"), timeoutMs: silenceMs },
          headers: {
            accept: "text/event-stream",
            ...(lastId !== undefined && { "last-event-id": lastId }),
          },
        },
        signal ? { signal } : {},
      );
      for await (const event of readServerEvents(noted(answer.pieces()))) {
        lastId = event.id ?? lastId;
        if (event.type !== "status") continue;
        const task = toCamel(parseAnswer<TaskStatusBody>(event.data));
        yield task;
        if (hasEnded(task)) return;
      }
      // A server that is being stopped says goodbye as if all were said.
      throw new DubberApiError("connection_error", "The events ended before the task did.");
    } catch (error) {
      await patience.after(error, { signal });
    }
  }
}

async function askStatus(
  http: Http,
  id: string,
  { wait, timeoutMs, signal }: AskStatusCall,
): Promise<Task> {
  const request = { path: taskPath(id, "status"), query: { wait }, timeoutMs };
  const answer = await http.open(request, signal ? { signal } : {});
  return toCamel(await answer.json<TaskStatusBody>());
}

type AskStatusCall = {
  readonly wait: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
};

function failureOf({ taskId, cancelled, error, errorCode }: Task): DubberApiError {
  const code = cancelled ? "task_cancelled" : "task_failed";
  const message = error ?? "The task failed.";
  return new DubberApiError(code, message, { details: { taskId, errorCode }, retryable: false });
}

function tookTooLong(id: string, timeoutMs: number): DubberApiError {
  const message = `The task did not end within ${timeoutMs} ms; it goes on.`;
  return new DubberApiError("timeout", message, { details: { taskId: id } });
}
