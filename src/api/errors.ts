/** How a refusal looks on the wire: one envelope, one table of codes and their statuses. */
import { z } from "zod";

/** Every code the API answers with, and the status it comes with. */
export const apiStatuses = {
  audio_processing_error: 422,
  engine_unsupported: 422,
  http_error: 400,
  idempotency_in_flight: 409,
  idempotency_mismatch: 422,
  insufficient_storage: 507,
  internal_server_error: 500,
  model_not_ready: 503,
  payload_too_large: 413,
  queue_full: 503,
  synthesis_error: 500,
  task_expired: 410,
  task_failed: 409,
  task_finished: 409,
  task_not_found: 404,
  too_many_tasks: 429,
  unauthorized: 401,
  validation_error: 422,
  voice_already_exists: 409,
  voice_not_found: 404,
} as const satisfies Readonly<Record<string, number>>;

/** What programs switch on; `http_error` stands for a status that has no code of its own. */
export type ApiErrorCode = keyof typeof apiStatuses;

export const errorSchema = z
  .object({
    error: z
      .enum(Object.keys(apiStatuses) as [ApiErrorCode, ...ApiErrorCode[]])
      .meta({ description: "What programs switch on." }),
    message: z.string().meta({ description: "What people read." }),
    details: z.looseObject({ path: z.string() }).meta({
      description: "`path` of the request; `errors` names the fields of a validation_error.",
    }),
  })
  .meta({ id: "Error", description: "Every refusal has this form." });

export type ApiErrorBody = z.output<typeof errorSchema>;
