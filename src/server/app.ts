/** The HTTP application: its plugins, who may come in, and all routes. Opens no socket by itself. */
import { randomUUID } from "node:crypto";
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import multipart from "@fastify/multipart";
import fastify, { type FastifyBaseLogger, LogController } from "fastify";
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import { ApiError } from "./api-error.ts";
import type { ServerContext } from "./context.ts";
import { type BodyPace, usualPace, watchPace } from "./http/body-pace.ts";
import { ClientGone } from "./http/client-gone.ts";
import { describeRequestError, nothingThere, refuseSocket, sendError } from "./http/errors.ts";
import { usualHeartbeatMs } from "./http/events.ts";
import { refuseOtherSites } from "./http/other-sites.ts";
import type { App } from "./http/typed-app.ts";
import { hasBody } from "./http/unread-body.ts";
import { audioRoutes, usualStallMs } from "./routes/audio.ts";
import { docsRoutes } from "./routes/docs.ts";
import { dubRoutes } from "./routes/dub.ts";
import { healthRoutes } from "./routes/health.ts";
import { openaiRoutes } from "./routes/openai.ts";
import { synthesizeRoutes } from "./routes/synthesize.ts";
import { taskRoutes } from "./routes/tasks.ts";
import { voiceRoutes } from "./routes/voices.ts";

/** Headers may take that long, ms; bodies have a guard of their own, see `http/body-pace.ts`. */
const headersTimeoutMs = 20_000;
/** Even a video of the largest size, sent slowly, is there by then, ms. */
const requestTimeoutMs = 3_600_000;

/** What tests do not want to wait for. */
export type HttpTimings = {
  readonly pace?: BodyPace;
  /** Between two signs of life of a stream of events. */
  readonly heartbeatMs?: number;
  /** For a client to read a piece of a file. */
  readonly stallMs?: number;
};

export async function makeApp(
  context: ServerContext,
  logger: FastifyBaseLogger,
  { pace = usualPace, heartbeatMs = usualHeartbeatMs, stallMs = usualStallMs }: HttpTimings = {},
): Promise<App> {
  const app = fastify({
    loggerInstance: logger,
    // One line for each answer is written below; Fastify would write two.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    requestTimeout: requestTimeoutMs,
    // Between two requests.
    keepAliveTimeout: 65_000,
    forceCloseConnections: true,
    return503OnClosing: false,
    http: { headersTimeout: headersTimeoutMs },
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true },
    // What is refused before there is a route.
    frameworkErrors: (error, request, reply) => {
      reply.header("x-request-id", request.id);
      void sendError(describeRequestError(error), request, reply);
    },
    clientErrorHandler: refuseSocket,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  // No route takes it, and pages of other sites may send it without asking.
  app.removeContentTypeParser("text/plain");
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    async (_request: unknown, body: string | Buffer) => {
      // What curl makes of JSON without the header.
      if (/^\s*[{[]/.test(String(body))) {
        const message =
          "The body is JSON, but was sent as a form. Add the header Content-Type: application/json.";
        const errors = [{ field: "body", message }];
        throw new ApiError("validation_error", message, { details: { errors } });
      }
      // An empty field is how forms say nothing.
      return Object.fromEntries(
        [...new URLSearchParams(String(body))].filter(([, value]) => value !== ""),
      );
    },
  );
  app.decorateRequest("owner", "");
  app.setErrorHandler(async (error, request, reply) => {
    // Nobody reads the answer.
    if (error instanceof ClientGone || reply.raw.destroyed) return reply.code(499).send();
    const refusal = describeRequestError(error);
    context.metrics.errors.inc({ code: refusal.code });
    if (refusal.status >= 500 && refusal.code === "internal_server_error") {
      request.log.error({ err: error }, "a request failed in an unknown way");
    }
    return await sendError(refusal, request, reply);
  });
  app.setNotFoundHandler(async (request, reply) => {
    return await sendError(nothingThere(), request, reply);
  });
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    watchPace(request.raw, pace);
    // Nobody reads those bodies.
    const isBodiless = request.method === "GET" || request.method === "HEAD";
    if (isBodiless && hasBody(request.raw)) reply.header("connection", "close");
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    context.metrics.requests.inc({ route, status: reply.statusCode });
    request.log.debug(
      { route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      "answered",
    );
  });
  await app.register(helmet, {
    // The documentation page brings its own.
    contentSecurityPolicy: {
      directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
    },
    // Whether there is TLS in front is not known here.
    strictTransportSecurity: false,
    // Pages of allowed origins may use what they get.
    crossOriginResourcePolicy: { policy: "cross-origin" },
  });
  const { allowedOrigins } = context.settings;
  if (allowedOrigins.length > 0) {
    await app.register(cors, {
      origin: allowedOrigins.includes("*") ? "*" : [...allowedOrigins],
      credentials: false,
      methods: ["GET", "HEAD", "POST", "PUT", "DELETE"],
      exposedHeaders: [
        ...["location", "retry-after", "x-request-id", "idempotent-replayed", "x-should-retry"],
        ...["accept-ranges", "content-range", "etag"],
      ],
    });
  }
  await app.register(multipart);
  await docsRoutes(app);
  healthRoutes(app, context);
  app.addHook("onRequest", async (request) => {
    if (isOpen(request.routeOptions.url)) return;
    const owner = context.keys.ownerOf(request.headers);
    if (owner === undefined) {
      throw new ApiError(
        "unauthorized",
        "An API key is needed: Authorization: Bearer KEY, or xi-api-key: KEY.",
      );
    }
    request.owner = owner;
  });
  if (!context.keys.isNeeded) {
    const isGuarded = context.settings.allowsPublicWithoutKeys;
    app.addHook("onRequest", refuseOtherSites({ allowed: allowedOrigins, isGuarded }));
  }
  await app.register(
    async (api) => {
      const typed = api.withTypeProvider<ZodTypeProvider>();
      synthesizeRoutes(typed, context);
      taskRoutes(typed, context, { heartbeatMs });
      audioRoutes(typed, context, { stallMs });
      voiceRoutes(typed, context);
      dubRoutes(typed, context);
    },
    { prefix: "/api/v1" },
  );
  await app.register(
    async (api) => openaiRoutes(api.withTypeProvider<ZodTypeProvider>(), context),
    { prefix: "/v1" },
  );
  await app.ready();
  return app;
}

/** What anybody may ask, whoever they are. */
const openRoutes: ReadonlySet<string> = new Set([
  "/",
  "/health",
  "/ready",
  "/openapi.json",
  "/docs",
]);

function isOpen(route: string | undefined): boolean {
  return route !== undefined && (openRoutes.has(route) || route.startsWith("/docs/"));
}
