/** Tasks as clients see them: status, events, lists, cancellation. */
import { z } from "zod";
import { dubResultSchema } from "./dub.ts";
import { speechResultSchema } from "./synthesis.ts";
import { numberField, taskIdSchema } from "./values.ts";

export const taskStatuses = ["pending", "processing", "completed", "failed"] as const;
export type TaskStatus = (typeof taskStatuses)[number];

const unixSeconds = z.number().nullable().meta({ description: "Unix seconds." });
const facts = {
  task_id: z.string(),
  status: z.enum(taskStatuses),
  progress: z
    .number()
    .min(0)
    .max(1)
    .meta({ description: "Never goes back; 1 only when the result can be read." }),
  created_at: z.number().meta({ description: "Unix seconds." }),
  started_at: unixSeconds,
  completed_at: unixSeconds,
};

export const taskStatusSchema = z
  .object({
    ...facts,
    error: z.string().optional().meta({ description: "For people; only of a failed task." }),
    error_code: z.string().optional().meta({ description: "For programs; only of a failed task." }),
    cancelled: z
      .boolean()
      .optional()
      .meta({ description: "true when it failed because it was cancelled." }),
    result_available: z.boolean().optional(),
    result_url: z.string().optional(),
  })
  .meta({ id: "TaskStatus" });
export type TaskStatusBody = z.output<typeof taskStatusSchema>;

export const taskListSchema = z
  .object({
    tasks: z.array(z.object({ ...facts, error: z.string().nullable() })),
    total: z.number().int().meta({ description: "Of all that match, on all pages." }),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: "TaskList" });

/** An answer to a result that is not there yet. */
export const taskUnfinishedSchema = z
  .object({ task_id: z.string(), status: z.enum(taskStatuses), progress: z.number() })
  .meta({ id: "TaskUnfinished" });

export const taskResultSchema = z.union([speechResultSchema, dubResultSchema]);

export const messageSchema = z.object({ message: z.string() }).meta({ id: "Message" });

export const taskParamsSchema = z.object({ task_id: taskIdSchema });
export const statusQuerySchema = z.object({
  wait: numberField(z.number().min(0).max(60)).default(0).meta({
    description: "Seconds to wait for a change of status before answering; 0 by default.",
  }),
});
export const taskListQuerySchema = z.object({
  limit: numberField(z.number().int().min(1).max(100))
    .default(50)
    .meta({ description: "50 by default." }),
  cursor: z.string().max(200).optional().meta({ description: "`next_cursor` of the page before." }),
  status: z.enum(taskStatuses).optional(),
});
