/** The sound, video and subtitles that tasks have made. */
import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { parse as parseRange } from "range-parser";
import { z } from "zod";
import { ApiError } from "../api-error.ts";
import type { ServerContext } from "../context.ts";
import type { ByteRange } from "../files/contract.ts";
import { mediaTypeOf } from "../files/media-types.ts";
import { errorResponses } from "../http/responses.ts";
import type { App } from "../http/typed-app.ts";
import type { Task } from "../tasks/contract.ts";

const file = {
  description: "The file",
  content: { "application/octet-stream": { schema: z.any() } },
};
const paramsSchema = z.object({ file: z.string() });

/** A client that reads nothing for so long is given up, ms: it keeps a file open. */
export const usualStallMs = 60_000;

export function audioRoutes(
  app: App,
  context: ServerContext,
  { stallMs }: { readonly stallMs: number },
): void {
  app.get(
    "/audio/:file",
    {
      schema: {
        ...{ tags: ["Results"], summary: "A file a task has made", params: paramsSchema },
        description: "The whole file, or one `Range` of it. As long as the task is kept.",
        response: {
          200: file,
          206: file,
          304: z.undefined(),
          ...errorResponses(401, 404, 410, 416),
        },
      },
    },
    async (request, reply) => {
      const { file: name } = request.params;
      const task = await findOwner(context, name, request.owner);
      // The name is asked for only once it is known to be one of the server's own.
      const stored = task && (await context.files.stat(name));
      if (stored === undefined || task === undefined) throw notThere();
      const etag = `"${etagOf(task, name)}"`;
      reply
        .header("etag", etag)
        .header("accept-ranges", "bytes")
        .header("cache-control", "private, no-cache")
        .header("x-content-type-options", "nosniff")
        .type(mediaTypeOf(name));
      if (matches(request.headers["if-none-match"], etag)) return reply.code(304).send();
      const isSame = [undefined, etag].includes(request.headers["if-range"] as string | undefined);
      // RFC 9110, 14.2: ranges are defined for GET alone.
      const isAsked = isSame && request.method === "GET";
      const range = isAsked ? rangeOf(request.headers.range, stored.sizeBytes, reply) : undefined;
      const [start, end] = [range?.start ?? 0, range?.end ?? stored.sizeBytes - 1];
      reply.header("content-length", String(end - start + 1));
      if (range !== undefined) {
        reply.code(206).header("content-range", `bytes ${start}-${end}/${stored.sizeBytes}`);
      }
      // A stream, though an empty one: without, Fastify would say that the length is 0.
      if (request.method === "HEAD") return reply.send(Readable.from([]));
      const stream = await context.files.read(name, range);
      if (stream === undefined) throw notThere();
      reply.raw.setTimeout(stallMs, () => request.raw.socket.destroy());
      return reply.send(stream);
    },
  );
}

/** The task a file belongs to, when it is the caller's. @throws ApiError `task_expired`. */
async function findOwner(
  { tasks }: ServerContext,
  name: string,
  owner: string,
): Promise<Task | undefined> {
  const id = /^(task_[0-9a-f]+)[._]/.exec(name)?.[1];
  const task = id === undefined ? undefined : await tasks.get(id);
  if (task !== undefined) {
    const isMade = task.owner === owner && task.status === "completed" && task.files.includes(name);
    // What was uploaded for it is not to be had back.
    return isMade && isResult(task, name) ? task : undefined;
  }
  if (id !== undefined && (await tasks.isExpired(id, owner))) {
    throw new ApiError("task_expired", "The task is too old; its files have been removed.");
  }
  return undefined;
}

function isResult({ result }: Task, name: string): boolean {
  return Object.values((result ?? {}) as object).includes(name);
}

function etagOf({ completedAt, result }: Task, name: string): string {
  const { file, sha256 } = (result ?? {}) as { readonly file?: string; readonly sha256?: string };
  return file === name && sha256 !== undefined ? sha256 : `${name}-${completedAt}`;
}

function matches(header: string | undefined, etag: string): boolean {
  const tags = header?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
  return tags.includes(etag) || tags.includes("*");
}

/** As range-parser calls a range that ends before it begins. */
const malformed = 1;

/** One range; several, and what is no range, are answered with the whole file, as RFC 9110 allows. */
function rangeOf(
  header: string | undefined,
  size: number,
  reply: FastifyReply,
): ByteRange | undefined {
  if (header === undefined || !/^bytes=\s*(\d+-\d*|-\d+)\s*$/.test(header)) return undefined;
  const {
    code,
    ranges: [range],
  } = parseRange(size, header);
  if (range !== undefined || code === malformed) return range;
  reply.header("content-range", `bytes */${size}`).removeHeader("etag");
  throw new ApiError("http_error", `The file has ${size} bytes; the range lies beyond them.`, {
    status: 416,
  });
}

function notThere(): ApiError {
  return new ApiError("http_error", "There is no such file.", { status: 404 });
}
