/** Takes an order for later: once for each Idempotency-Key, on the disk before the answer, without a trace where it is refused. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Submitted } from "../../api/synthesis.ts";
import type { ServerContext } from "../context.ts";
import { withIdempotency } from "../http/idempotency.ts";
import { submitTask } from "../orders/submit.ts";
import { presentSubmission, statusUrl } from "../present/task.ts";
import type { NewTask } from "../tasks/contract.ts";
import { callbackOf } from "../webhooks/callback-of.ts";
import { keyed, replay } from "./keyed-request.ts";

type Order = {
  readonly request: FastifyRequest & {
    readonly body: { readonly callback_url?: string | undefined };
  };
  readonly reply: FastifyReply;
};

/**
 * @param what kind of order it is: the same key under another one is another request.
 * @param make finds what can be wrong with it, and keeps what came with it.
 * @throws ApiError
 */
export async function acceptTask(
  context: ServerContext,
  what: string,
  { request, reply }: Order,
  make: (callbackUrl: string | undefined) => Promise<NewTask>,
): Promise<Submitted> {
  return await withIdempotency<Submitted>(context, keyed(context, what, request), {
    fresh: async (remember) => {
      const task = await make(callbackOf(context.settings, request.body.callback_url));
      let isAccepted = false;
      try {
        const answered = await submitTask(context, task, remember);
        if (answered !== undefined) return replay(reply, answered);
        isAccepted = true;
        reply.header("location", statusUrl(task.id));
        return presentSubmission(task.id);
      } finally {
        // What was kept for a task that is not accepted is needed by nobody.
        if (!isAccepted) for (const file of task.files) await context.files.remove(file);
      }
    },
    replay: (answer) => replay(reply, answer),
  });
}
