/** Ordering a dub: a video and its options in, a task out. */
import { dubRequestSchema } from "../../api/dub.ts";
import { submittedSchema } from "../../api/synthesis.ts";
import type { ServerContext } from "../context.ts";
import { formHandlers } from "../http/form-body.ts";
import { errorResponses } from "../http/responses.ts";
import type { App } from "../http/typed-app.ts";
import { makeDubTask } from "../orders/order-dub.ts";
import { acceptTask } from "./accept-task.ts";
import { idempotencyHeader } from "./keyed-request.ts";

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
    (request, reply) =>
      acceptTask(context, "async dub", { request, reply }, (callbackUrl) =>
        makeDubTask(context, { ...request.body, owner: request.owner, callbackUrl }),
      ),
  );
}
