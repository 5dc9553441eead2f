/** Tasks for tests, each with an id of its own. */
import { expect } from "vitest";
import type { NewTask } from "../contract.ts";
import { newTaskId } from "../task-id.ts";

/** When tests begin, Unix ms. */
export const start = 1_800_000_000_000;
export const hour = 3_600_000;

export function makeNewTask({ callbackUrl, ...task }: Partial<NewTask>): NewTask {
  return {
    ...{ id: newTaskId(), owner: "ann", kind: "speech", origin: "async", request: {}, cost: 10 },
    ...{ createdAt: start, files: [], ...task },
    ...(callbackUrl !== undefined && { callbackUrl }),
  };
}

/** What every task has. */
export const anyTask = {
  id: expect.stringMatching(/^task_[0-9a-f]{36}$/),
  revision: expect.any(Number),
  createdAt: expect.any(Number),
};
