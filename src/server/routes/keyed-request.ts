/** What routes that make something have in common: the same request under the same Idempotency-Key gets the same answer. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ServerContext } from "../context.ts";

export const idempotencyHeader = z.looseObject({
  "idempotency-key": z
    .string()
    .max(255)
    .optional()
    .meta({ description: "The same key and request give the same answer for a day." }),
});

/** What an answer may name: the place of what it has created. */
type Replayed = { readonly check_status_url?: string; readonly voice_id?: string };

export function voiceUrl(id: string): string {
  return `/api/v1/voices/${id}`;
}

/** An answer given before, once more. */
export function replay<T>(
  reply: FastifyReply,
  { status, body }: { readonly status: number; readonly body: unknown },
): T {
  reply.code(status).header("idempotent-replayed", "true");
  const { check_status_url: statusPath, voice_id: voiceId } = (body ?? {}) as Replayed;
  const location = statusPath ?? (voiceId === undefined ? undefined : voiceUrl(voiceId));
  if (location !== undefined) reply.header("location", location);
  return body as T;
}

export function keyed(context: ServerContext, what: string, request: FastifyRequest) {
  const { owner, headers, body, formHashes } = request;
  // A file's name and place on this disk do not matter, only what is in it.
  const content = Object.fromEntries(
    Object.entries((body ?? {}) as object).map(([name, value]) => [
      name,
      formHashes?.[name] ?? value,
    ]),
  );
  return {
    ...{ owner, header: headers["idempotency-key"], nowMs: context.now() },
    request: [what, content],
  };
}
