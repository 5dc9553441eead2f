/** How slowly a body may come: a client that stands still, or sends a byte now and then, is given up. */
import type { IncomingMessage } from "node:http";
import { hasBody } from "./unread-body.ts";

export type BodyPace = {
  /** Looked at so often, ms. */
  readonly windowMs: number;
  /** Bytes that have to come in each window, or the rest of the body. */
  readonly leastBytes: number;
};

/** Half of what the slowest modems send. */
export const usualPace: BodyPace = { windowMs: 30_000, leastBytes: 16_384 };

/** Ends the connection of a client that is slower than that. */
export function watchPace(raw: IncomingMessage, { windowMs, leastBytes }: BodyPace): void {
  if (!hasBody(raw)) return;
  const { socket } = raw;
  let before = socket.bytesRead;
  const look = setInterval(() => {
    if (raw.complete) return stop();
    if (socket.bytesRead - before < leastBytes) socket.destroy();
    before = socket.bytesRead;
  }, windowMs);
  const stop = () => clearInterval(look);
  raw.once("end", stop).once("close", stop);
}
