/** Ordering a dub: a video and its options in, a task out. */
import { dubRequestSchema } from "../../api/dub.ts";
import { submittedSchema } from "../../api/synthesis.ts";
import type { ServerContext } from "../context.ts";
import { makeDubTask } from "../dub/order.ts";
import { formHandlers } from "../http/form-body.ts";
import { withIdempotency } from "../http/idempotency.ts";
import { errorResponses } from "../http/responses.ts";
import type { App } from "../http/typed-app.ts";
import type { Idempotency, NewTask, RememberedAnswer } from "../tasks/contract.ts";
import { presentSubmission, statusUrl } from "../tasks/present.ts";
import { submitTask } from "../tasks/submit.ts";
import { callbackOf } from "../webhooks/callback-of.ts";
import { idempotencyHeader, keyed, replay } from "./synthesize.ts";

/** Of subtitles, bytes. */
const mostSubtitleBytes = 10 * 2 ** 20;

export function dubRoutes(app: App, context: ServerContext): void {
  const { maxVideoBytes } = context.settings;
  app.post(
    "/async/dub",
    {
      ...formHandlers(context, {
        files: { video: maxVideoBytes, subtitles: mostSubtitleBytes },
        fieldBytes: 16_384,
      }),
      bodyLimit: 65_536,
      schema: {
        ...{
          tags: ["Dubbing"],
          summary: "Make a video speak another language",
          body: dubRequestSchema,
        },
        ...{ consumes: ["multipart/form-data"], headers: idempotencyHeader },
        response: {
          200: submittedSchema,
          ...errorResponses(401, 404, 409, 413, 415, 422, 429, 503, 507),
        },
      },
    },
    async (request, reply) => {
      const { body, owner } = request;
      return await withIdempotency(context, keyed(context, "async dub", request), {
        fresh: async (remember) => {
          const callbackUrl = callbackOf(context.settings, body.callback_url);
          const task = await makeDubTask(context, { ...body, owner, callbackUrl });
          const answered = await submitOrDiscard(context, task, remember);
          if (answered !== undefined) return replay(reply, answered);
          reply.header("location", statusUrl(task.id));
          return presentSubmission(task.id);
        },
        replay: (answer) => replay(reply, answer),
      });
    },
  );
}

/** What was kept for a task that is not accepted is needed by nobody. */
async function submitOrDiscard(
  context: ServerContext,
  task: NewTask,
  remember: Idempotency | undefined,
): Promise<RememberedAnswer | undefined> {
  let isAccepted = false;
  try {
    const answered = await submitTask(context, task, remember);
    isAccepted = answered === undefined;
    return answered;
  } finally {
    if (!isAccepted) for (const file of task.files) await context.files.remove(file);
  }
}
