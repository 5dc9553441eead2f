/** A download server on 127.0.0.1: ranges, sums of versions, and everything that goes wrong on the way. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Asked = { readonly path: string; readonly range: string | undefined };
/** Answers one request in its own way. */
export type Fault = (
  response: ServerResponse,
  content: Buffer,
  request: IncomingMessage,
  server: FileServer,
) => void;

export type FileServer = AsyncDisposable & {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly asked: readonly Asked[];
  /** What the next requests for a path meet, one after the other; then all is well. */
  readonly faults: Map<string, Fault[]>;
  readonly files: Map<string, Buffer>;
  /** Changes what lies there as far as the version's name tells. */
  etag: string | undefined;
  /** Answers that break off as soon as the other side has what was sent: what it has not read by then would be lost. */
  readonly cuts: { readonly position: number; readonly response: ServerResponse }[];
  /** Breaks off what is due; called with the place in the file up to which the other side has read. */
  received(position: number): void;
  close(): Promise<void>;
};

export async function startFileServer(
  files: Readonly<Record<string, Buffer>> = {},
): Promise<FileServer> {
  const asked: Asked[] = [];
  const faults = new Map<string, Fault[]>();
  const contents = new Map(Object.entries(files));
  const http = createServer((request, response) => {
    const path = request.url ?? "/";
    asked.push({ path, range: request.headers.range });
    const fault = faults.get(path)?.shift();
    const content = contents.get(path);
    if (fault !== undefined) fault(response, content ?? Buffer.alloc(0), request, server);
    else if (content === undefined) response.writeHead(404).end();
    else serve(request, response, content, server.etag);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const server: FileServer = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    ...{ asked, faults, files: contents, etag: '"one"', cuts: [] },
    received(position) {
      const due = server.cuts.filter((one) => one.position <= position);
      for (const { response } of due) response.destroy();
    },
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
  return server;
}

function serve(
  { headers: { range, "if-range": ifRange } }: IncomingMessage,
  response: ServerResponse,
  content: Buffer,
  etag: string | undefined,
): void {
  const headers = { ...(etag !== undefined && { etag }), "accept-ranges": "bytes" };
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(start) || (ifRange !== undefined && ifRange !== etag)) {
    response.writeHead(200, { ...headers, "content-length": content.length }).end(content);
  } else if (start >= content.length) {
    response.writeHead(416, { ...headers, "content-range": `bytes */${content.length}` }).end();
  } else {
    const part = content.subarray(start);
    const span = `bytes ${start}-${content.length - 1}/${content.length}`;
    response
      .writeHead(206, { ...headers, "content-range": span, "content-length": part.length })
      .end(part);
  }
}

/** Sends `bytes` of what was asked for under the version's name, and breaks the connection once those were read. */
export function cutAfter(bytes: number, etag = '"one"'): Fault {
  return (response, content, { headers }, server) => {
    const start = Number(/\d+/.exec(headers.range ?? "0")?.[0]);
    const position = start + bytes;
    server.cuts.push({ position, response });
    const span = `bytes ${start}-${content.length - 1}/${content.length}`;
    response.writeHead(start === 0 ? 200 : 206, {
      ...{ "content-length": content.length - start, "content-range": span, etag },
    });
    response.write(content.subarray(start, position));
  };
}

/** Sends `bytes`, then nothing, and leaves the connection open. */
export function stallAfter(bytes: number): Fault {
  return (response, content) => {
    response.writeHead(200, { "content-length": content.length, etag: '"one"' });
    response.write(content.subarray(0, bytes));
  };
}

export function answer(status: number, headers: Readonly<Record<string, string>> = {}): Fault {
  return (response) => {
    response.writeHead(status, headers).end();
  };
}

/** Sends the whole, whatever part of it was asked for. */
export const ignoreRange: Fault = (response, content) => {
  response.writeHead(200, { "content-length": content.length, etag: '"one"' }).end(content);
};
