/** Is the server well, is it ready, what does it count. */
import { z } from "zod";
import { healthSchema, readySchema } from "../../api/health.ts";
import type { ServerContext } from "../context.ts";
import { errorResponses } from "../http/responses.ts";
import type { App } from "../http/typed-app.ts";

export function healthRoutes(app: App, context: ServerContext): void {
  const tags = ["Server"];

  app.get(
    "/health",
    {
      schema: {
        ...{ tags, summary: "Can it speak?" },
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      const { hasVoices, isWorking } = await look(context);
      const isWell = hasVoices && isWorking;
      reply.code(isWell ? 200 : 503);
      return {
        status: isWell ? ("healthy" as const) : ("unhealthy" as const),
        voice_manager_ready: hasVoices,
        async_synthesis_ready: isWorking,
      };
    },
  );

  app.get(
    "/ready",
    {
      schema: {
        ...{ tags, summary: "Does it take new work?" },
        response: { 200: readySchema, 503: readySchema },
      },
    },
    async (_request, reply) => {
      if (context.isAccepting()) return { ready: true };
      reply.code(503);
      return { ready: false, reason: "The server is stopping." };
    },
  );

  app.get(
    "/metrics",
    {
      schema: {
        ...{ tags, summary: "What it counts (Prometheus)" },
        response: {
          200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } },
          ...errorResponses(401),
        },
      },
    },
    async (_request, reply) => {
      const { registry } = context.metrics;
      reply.type(registry.contentType);
      return reply.serializer((text) => text as string).send(await registry.metrics());
    },
  );
}

/** Asked, not assumed: the default engine has to be there and list its voices, and somebody has to take tasks. */
async function look({ engines, isReachable, workers, voices }: ServerContext) {
  const { defaultEngine } = engines;
  const knowsVoices = engines
    .get(defaultEngine)
    .then(
      async (engine) =>
        engine.features.needsRecording || (await engines.voices(engine.name)).length > 0,
    )
    .catch(() => false);
  const canSpeak = (await isReachable(defaultEngine)) && (await knowsVoices);
  const hasStore = await voices.totals("").then(
    () => true,
    () => false,
  );
  return { hasVoices: hasStore && canSpeak, isWorking: canSpeak && workers.isStarted };
}
