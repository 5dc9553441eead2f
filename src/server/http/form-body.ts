/** Lets a route take forms as if they were JSON: read before the schema looks at the body, cleaned up after the answer. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ServerContext } from "../context.ts";
import { type FormLimits, type ReadForm, readForm } from "./read-form.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Field → hash of the file in it. */
    formHashes?: ReadForm["hashes"];
  }
}

/** Hooks for a route whose body is a form; JSON without files is taken too, and has the route's `bodyLimit`, as multipart has not. */
export function formHandlers({ folder, storage }: ServerContext, limits: FormLimits) {
  return {
    async preValidation(request: FastifyRequest, reply: FastifyReply) {
      if (!request.isMultipart()) return;
      await storage.check();
      const form = await readForm(request, { folder, limits });
      request.body = form.fields;
      request.formHashes = form.hashes;
      // Comes in any case: after the answer, or instead of one, also when the whole form had been sent.
      if (reply.raw.closed) await form.discard();
      else reply.raw.once("close", () => void form.discard());
    },
  };
}
