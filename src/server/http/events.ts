/** A task's changes as server-sent events: numbered, kept alive, and over with the task. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ServerContext } from "../context.ts";
import { hasEnded } from "../tasks/await-end.ts";
import type { Task } from "../tasks/contract.ts";
import { presentStatus } from "../tasks/present.ts";

/** Proxies close connections that say nothing for a minute, or half of one. */
const heartbeatMs = 15_000;

/**
 * Sends the task as it is, unless the client has seen that already (`Last-Event-ID`), then each change. Ends after the terminal
 * event, or with the client.
 */
export async function sendEvents(
  { tasks }: ServerContext,
  task: Task,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { raw } = reply;
  const lastId = Number(headers["last-event-id"] ?? Number.NaN);
  let seen = Number.isFinite(lastId) ? lastId : -1;
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
    const isEnd = hasEnded(now);
    if (now.revision > seen || isEnd) {
      seen = now.revision;
      raw.write(
        `id: ${now.revision}\nevent: status\ndata: ${JSON.stringify(presentStatus(now))}\n\n`,
      );
    }
    if (isEnd) resolve();
  };
  const heartbeat = setInterval(() => raw.write(": still here\n\n"), heartbeatMs);
  const unwatch = tasks.watch(task.id, send);
  raw.once("close", resolve);
  try {
    // Again, now that nothing can be missed any more.
    send((await tasks.get(task.id)) ?? task);
    await promise;
  } finally {
    clearInterval(heartbeat);
    unwatch();
    raw.end();
  }
}
