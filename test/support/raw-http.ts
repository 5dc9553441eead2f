/** HTTP by hand: bytes on a socket, for what no well-behaved client would send. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export type RawAnswer = {
  /** Of the first answer; 0 when there was none. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Everything that came. */
  readonly text: string;
  /** How the connection ended; `open` when it was still there at the end of the time. */
  readonly end: "closed" | "reset" | "open";
};

export type RawOptions = {
  /** How long to listen at most, ms. */
  readonly forMs?: number;
  /** Stop listening when this holds for what has come; default: the connection ends. */
  readonly until?: (text: string) => boolean;
};

export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, "connect");
  socket.on("error", () => {});
  return socket;
}

/** Sends pieces one after the other, as fast as the server takes them, and listens until the connection ends. */
export async function exchange(
  url: string,
  pieces: Iterable<string | Buffer> | AsyncIterable<string | Buffer>,
  { forMs = 10_000, until }: RawOptions = {},
): Promise<RawAnswer> {
  const socket = await openSocket(url);
  let text = "";
  let end: RawAnswer["end"] = "open";
  const over = Promise.withResolvers<void>();
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    if (until?.(text)) over.resolve();
  });
  socket.on("error", () => (end = "reset"));
  socket.on("close", () => {
    if (end === "open") end = "closed";
    over.resolve();
  });
  const timer = setTimeout(over.resolve, forMs);
  const sending = (async () => {
    for await (const piece of pieces) {
      if (socket.destroyed) return;
      if (!socket.write(piece)) await Promise.race([once(socket, "drain"), over.promise]);
    }
  })().catch(() => {});
  await over.promise;
  clearTimeout(timer);
  const finished = end;
  socket.destroy();
  await sending;
  return { ...parse(text), text, end: finished };
}

function parse(text: string): Pick<RawAnswer, "status" | "headers" | "body"> {
  const at = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, at < 0 ? undefined : at).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0);
  return { status, headers, body: at < 0 ? "" : text.slice(at + 4) };
}

/** The head of a request, ended. */
export function head(
  line: string,
  headers: Readonly<Record<string, string | number>> = {},
): string {
  const all = { host: "127.0.0.1", ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** The same piece again and again, for ever or so often. */
export async function* endless(piece: Buffer, times = Number.POSITIVE_INFINITY) {
  for (let count = 0; count < times; count++) {
    yield piece;
    if (count % 64 === 0) await sleep(0);
  }
}
