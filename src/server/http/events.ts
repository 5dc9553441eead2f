/** A task's changes as server-sent events: numbered, kept alive, and over with the task. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ServerContext } from "../context.ts";
import { presentStatus } from "../present/task.ts";
import { hasEnded } from "../tasks/await-end.ts";
import type { Task } from "../tasks/contract.ts";

export type EventsOptions = {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly heartbeatMs: number;
};

/** Proxies close connections that say nothing for a minute, or half of one. */
export const usualHeartbeatMs = 15_000;

/**
 * Sends the task as it is, unless the client has seen that already (`Last-Event-ID`), then each change. Ends after the terminal
 * event, or with the client; who comes again after the terminal event gets 204, which ends an EventSource for good.
 */
export async function sendEvents(
  { tasks }: ServerContext,
  task: Task,
  { request, reply, heartbeatMs }: EventsOptions,
): Promise<FastifyReply> {
  const { raw } = reply;
  const lastId = Number(request.headers["last-event-id"] || Number.NaN);
  // An id that no event of this task has had is as good as none.
  let seen = lastId >= 0 && lastId <= task.revision ? lastId : -1;
  if (hasEnded(task) && task.revision <= seen) return reply.code(204).send();
  reply.hijack();
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    // nginx would hold events back.
    "x-accel-buffering": "no",
  });
  raw.flushHeaders();
  const { promise, resolve } = Promise.withResolvers<void>();
  const send = (now: Task): void => {
    if (now.revision > seen) {
      seen = now.revision;
      raw.write(
        `id: ${now.revision}\nevent: status\ndata: ${JSON.stringify(presentStatus(now))}\n\n`,
      );
    }
    if (hasEnded(now)) resolve();
  };
  const heartbeat = setInterval(() => raw.write(": still here\n\n"), heartbeatMs);
  const unwatch = tasks.watch(task.id, send);
  raw.once("close", resolve);
  if (raw.closed) resolve();
  try {
    // Again, now that nothing can be missed any more.
    send((await tasks.get(task.id)) ?? task);
    await promise;
  } finally {
    clearInterval(heartbeat);
    unwatch();
    raw.end();
  }
  return reply;
}
