/** Lets a route take forms as if they were JSON: read before the schema looks at the body, cleaned up after the answer. */
import type { FastifyRequest } from "fastify";
import type { ServerContext } from "../context.ts";
import { type FormLimits, type ReadForm, readForm } from "./read-form.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Field → hash of the file in it. */
    formHashes?: ReadForm["hashes"];
    discardForm?: ReadForm["discard"];
  }
}

/** Hooks for a route whose body is a form; JSON without files is taken too, and has the route's `bodyLimit`, as multipart has not. */
export function formHandlers({ folder, storage }: ServerContext, limits: FormLimits) {
  const discard = async ({ discardForm }: FastifyRequest) => await discardForm?.();
  return {
    async preValidation(request: FastifyRequest) {
      if (!request.isMultipart()) return;
      await storage.check();
      const form = await readForm(request, { folder, limits });
      request.body = form.fields;
      request.formHashes = form.hashes;
      request.discardForm = form.discard;
    },
    onResponse: discard,
    onRequestAbort: discard,
  };
}
