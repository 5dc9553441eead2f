/** What is written down and counted of each turn of work: ids, codes and times, never a text. */
import type { FastifyBaseLogger } from "fastify";
import { toApiError } from "./api-error.ts";
import type { Metrics } from "./metrics.ts";
import { spokenSchema } from "./speech/job.ts";
import type { Turn } from "./tasks/workers.ts";

export function noteTurn(
  { task, outcome, waitedMs, ms, error, result }: Turn,
  { metrics, logger }: { readonly metrics: Metrics; readonly logger: FastifyBaseLogger },
): void {
  const { id, kind, origin, request } = task;
  const { engine } = request as { readonly engine: string };
  if (waitedMs !== undefined) metrics.wait.observe({ kind }, waitedMs / 1000);
  if (outcome === "completed" || outcome === "failed" || outcome === "cancelled") {
    metrics.tasks.inc({ kind, origin, outcome });
  }
  // Who waits on the line is told, and that is counted there.
  if (outcome === "failed" && origin === "async") {
    metrics.errors.inc({ code: toApiError(error).code });
  }
  const spoken = kind === "speech" ? spokenSchema.safeParse(result).data : undefined;
  if (spoken !== undefined) {
    metrics.realTimeFactor.observe({ engine }, ms / 1000 / spoken.duration);
  }
  const facts = { task: id, kind, origin, engine, outcome, ms: Math.round(ms), waitedMs };
  if (outcome === "failed" || outcome === "given back") {
    const code = error instanceof Error && "code" in error ? error.code : "unknown";
    logger.warn({ ...facts, code }, "task");
    if (code === "unknown") logger.error({ err: error }, "a task failed in an unknown way");
  } else logger.info(facts, "task");
}
