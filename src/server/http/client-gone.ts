/** Clients that do not wait for their answer any more: what was begun for them alone is stopped. */
import type { FastifyReply } from "fastify";

/** Why work is stopped whose client does not wait for it any more: nothing has failed. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
  constructor() {
    super("The client is gone.");
  }
}

/** Ends when the client does not wait for the answer any more. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  const { raw } = reply;
  const look = () => {
    if (!raw.writableFinished) gone.abort(new ClientGone());
  };
  if (raw.closed || raw.destroyed) look();
  else raw.once("close", look);
  return gone.signal;
}
