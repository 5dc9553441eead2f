/** Bodies nobody will read to their end: a refused client learns why, and may not go on sending gigabytes. */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";

/** How long a client that is still sending may take to read its refusal, ms, and how much it may send meanwhile, bytes. */
const lingerMs = 1000;
const lingerBytes = 64 * 2 ** 20;

export function hasBody({ headers }: IncomingMessage): boolean {
  const { "content-length": length = "0", "transfer-encoding": encoding } = headers;
  return encoding !== undefined || length !== "0";
}

/**
 * The answer as it has to be sent: as it is, or, while the client is still sending, so that the connection ends after it.
 *
 * A connection that is closed with unread bytes in it is reset, and the reset overtakes the answer. So what still comes is read
 * and dropped for a second, with the whole answer sent but not yet ended.
 */
export function withUnreadBody(
  text: string,
  { raw }: FastifyRequest,
  reply: FastifyReply,
): string | Readable {
  if (raw.complete || !hasBody(raw)) return text;
  reply.header("connection", "close").header("content-length", String(Buffer.byteLength(text)));
  return Readable.from(sendAndLinger(text, raw), { objectMode: false });
}

async function* sendAndLinger(text: string, raw: IncomingMessage): AsyncGenerator<string> {
  yield text;
  const over = new AbortController();
  const end = () => over.abort();
  raw.once("end", end).once("close", end);
  let dropped = 0;
  raw.unpipe().on("data", ({ length }: Buffer) => {
    dropped += length;
    if (dropped > lingerBytes) end();
  });
  raw.resume();
  if (!raw.complete) await sleep(lingerMs, undefined, over).catch(() => {});
}
