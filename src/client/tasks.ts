/** Tasks as the client knows them, and what came of them. */
import type { z } from "zod";
import type { DubResultBody } from "../api/dub.ts";
import type { SpeechResultBody, Submitted } from "../api/synthesis.ts";
import type { TaskStatus, TaskStatusBody, taskListSchema } from "../api/tasks.ts";
import type { Call } from "../core/call.ts";
import { DubberApiError } from "./error.ts";
import type { Http } from "./http.ts";
import { type Camel, toCamel } from "./names.ts";

/** Times are Unix seconds, `progress` goes from 0 to 1. */
export type Task = Camel<TaskStatusBody>;
type TaskPage = Camel<z.output<typeof taskListSchema>>;
/** A task in a list: without its result, `error` null where there is none. */
export type ListedTask = TaskPage["tasks"][number];
export type TaskListBody = z.output<typeof taskListSchema>;

export type SpeechResult = Camel<SpeechResultBody>;
export type DubResult = Camel<DubResultBody>;
export type TaskResult = SpeechResult | DubResult;

declare const resultOf: unique symbol;
/** An accepted task. Only the type knows what its result will be. */
export type Submission<Result extends TaskResult = TaskResult> = Camel<Submitted> & {
  readonly [resultOf]?: Result;
};
/** A task by what its submission answered, or by its id. */
export type TaskRef<Result extends TaskResult = TaskResult> = string | Submission<Result>;

export type TaskFilter = {
  readonly status?: TaskStatus;
  /** Tasks asked for at once, 1–100. Default 50. */
  readonly pageSize?: number;
};

/** @throws DubberApiError `task_unfinished`. */
export async function fetchResult<Result extends TaskResult>(
  http: Http,
  task: TaskRef<Result>,
  call: Call,
): Promise<Result> {
  return await http.ask({ path: taskPath(idOf(task), "result") }, call, async (answer) => {
    const body = await answer.json<SpeechResultBody | DubResultBody>();
    if (answer.status === 200) return toCamel(body) as TaskResult as Result;
    throw new DubberApiError("task_unfinished", "The task has not ended yet.", {
      status: answer.status,
    });
  });
}

export function idOf(task: TaskRef): string {
  return typeof task === "string" ? task : task.taskId;
}

export function taskPath(id: string, part?: "status" | "events" | "result"): string {
  const path = `/api/v1/async/tasks/${encodeURIComponent(id)}`;
  return part === undefined ? path : `${path}/${part}`;
}

export function hasEnded({ status }: Pick<Task, "status">): boolean {
  return status === "completed" || status === "failed";
}
