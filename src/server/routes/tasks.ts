/** What has become of a task: status, events, result, cancellation, lists. */
import { z } from "zod";
import {
  messageSchema,
  statusQuerySchema,
  taskListQuerySchema,
  taskListSchema,
  taskParamsSchema,
  taskResultSchema,
  taskStatusSchema,
  taskUnfinishedSchema,
} from "../../api/tasks.ts";
import { ApiError } from "../api-error.ts";
import type { ServerContext } from "../context.ts";
import { goneSignal } from "../http/client-gone.ts";
import { sendEvents } from "../http/events.ts";
import { errorResponses } from "../http/responses.ts";
import type { App } from "../http/typed-app.ts";
import { presentResult, presentStatus, presentTask } from "../present/task.ts";
import { awaitTask, hasEnded } from "../tasks/await-end.ts";
import type { Owner, Task } from "../tasks/contract.ts";

export function taskRoutes(
  app: App,
  context: ServerContext,
  { heartbeatMs }: { readonly heartbeatMs: number },
): void {
  const { tasks, now } = context;
  const tags = ["Tasks"];

  app.get(
    "/async/tasks/:task_id/status",
    {
      schema: {
        ...{ tags, summary: "How far is it?", params: taskParamsSchema },
        querystring: statusQuerySchema,
        response: { 200: taskStatusSchema, ...errorResponses(401, 404, 410, 422) },
      },
    },
    async (request, reply) => {
      const { task_id: id } = request.params;
      const before = await findTask(context, id, request.owner);
      const { wait } = request.query;
      if (wait === 0) return presentStatus(before);
      const gone = goneSignal(reply);
      const isOther = (now: Task) => now.status !== before.status || hasEnded(now);
      const after = await awaitTask(tasks, id, isOther, { signal: gone, timeoutMs: wait * 1000 });
      return presentStatus(after ?? (await findTask(context, id, request.owner)));
    },
  );

  app.get(
    "/async/tasks/:task_id/events",
    {
      schema: {
        ...{
          tags,
          summary: "Changes as they happen (server-sent events)",
          params: taskParamsSchema,
        },
        description:
          "Events `status` with a TaskStatus as data; the id goes into `Last-Event-ID` after a break. Ends with the task.",
        response: {
          200: {
            description: "The events",
            content: { "text/event-stream": { schema: z.string() } },
          },
          204: z.undefined().meta({ description: "The client has seen the task's end." }),
          ...errorResponses(401, 404, 410),
        },
      },
      // There is nothing to say about a stream without sending it.
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      const task = await findTask(context, request.params.task_id, request.owner);
      return await sendEvents(context, task, { request, reply, heartbeatMs });
    },
  );

  app.get(
    "/async/tasks/:task_id/result",
    {
      schema: {
        ...{ tags, summary: "What came of it", params: taskParamsSchema },
        response: {
          ...{ 200: taskResultSchema, 202: taskUnfinishedSchema },
          ...errorResponses(401, 404, 409, 410),
        },
      },
    },
    async (request, reply) => {
      const task = await findTask(context, request.params.task_id, request.owner);
      if (task.status === "completed") return presentResult(task);
      if (task.status === "failed") throw failedTask(task);
      reply.code(202).header("retry-after", "1");
      return { task_id: task.id, status: task.status, progress: task.progress };
    },
  );

  app.delete(
    "/async/tasks/:task_id",
    {
      schema: {
        ...{ tags, summary: "Stop it, whether it waits or is at work", params: taskParamsSchema },
        response: { 200: messageSchema, ...errorResponses(401, 404, 409, 410, 507) },
      },
    },
    async (request) => {
      const { id } = await findTask(context, request.params.task_id, request.owner);
      const outcome = await tasks.cancel(id, now());
      if (outcome === "finished") {
        throw new ApiError("task_finished", "The task has ended already and cannot be cancelled.");
      }
      if (outcome === "cancelled") context.metrics.cancellations.inc();
      return { message: `Task ${id} cancelled successfully` };
    },
  );

  app.get(
    "/async/tasks",
    {
      schema: {
        ...{ tags, summary: "Your tasks, newest first", querystring: taskListQuerySchema },
        response: { 200: taskListSchema, ...errorResponses(401, 422) },
      },
    },
    async (request) => {
      const { limit, cursor, status } = request.query;
      const page = await tasks.list({
        ...{ owner: request.owner, limit },
        ...(cursor !== undefined && { cursor }),
        ...(status !== undefined && { status }),
      });
      return {
        tasks: page.tasks.map((task) => ({
          ...presentTask(task),
          error: task.error?.message ?? null,
        })),
        total: page.total,
        next_cursor: page.nextCursor ?? null,
      };
    },
  );
}

/** @throws ApiError `task_not_found`, also for another owner's; `task_expired`. */
async function findTask({ tasks }: ServerContext, id: string, owner: Owner): Promise<Task> {
  const task = await tasks.get(id);
  if (task !== undefined && task.owner === owner) return task;
  if (await tasks.isExpired(id, owner)) {
    throw new ApiError("task_expired", "The task is too old; its result has been removed.");
  }
  throw new ApiError("task_not_found", "There is no such task.");
}

function failedTask({ error }: Task): ApiError {
  return new ApiError("task_failed", error?.message ?? "The task failed.", {
    details: { error_code: error?.code ?? "synthesis_error" },
  });
}
