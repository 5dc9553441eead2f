/** The application as routes see it: Fastify, with zod's schemas, and who is asking. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Owner } from "../tasks/contract.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Known before anything else is read. */
    owner: Owner;
  }
}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
