/** One POST over TLS to an address that is already decided. Knows the answer's status; what it means is said in `deliver.ts`. */
import type { ClientRequest, IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP, connect as netConnect, type Socket } from "node:net";
import { type TLSSocket, connect as tlsConnect } from "node:tls";
import type { Call } from "../../core/call.ts";
import { readRetryAfter } from "../../service/retry-after.ts";
import { hostOf } from "./callback-url.ts";

/** Of the answer's body, which nobody looks at. */
const mostBytes = 64 * 1024;

/** Opens a TCP connection. Passed in, so that a test can lead all of them to itself. */
export type Connect = (target: { readonly address: string; readonly port: number }) => Socket;

export type Post = {
  /** Whose host is asked for and has to prove its name; where it is does not matter. */
  readonly url: URL;
  /** The IP address to connect to: the host's name is never looked up. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connect?: Connect | undefined;
  /** Certificates to trust instead of the usual ones, PEM. */
  readonly ca?: string | undefined;
};

export type PostAnswer = {
  readonly status: number;
  /** What `Retry-After` asks for, ms. */
  readonly retryAfterMs?: number;
};

/**
 * Sends one request over a connection of its own: no redirects, no proxy, no second try.
 *
 * The status decides. The body is read up to 64 KiB and thrown away, so that the receiver can end its work in peace; how it ends
 * makes no difference.
 *
 * @throws what `node:tls` or `node:http` say when there is no answer, also when the signal is why. Such an error may hold bytes
 * of the answer: only its code is fit to be shown.
 */
export async function post(
  { url, address, headers, body, connect = connectTcp, ca }: Post,
  { signal }: Required<Call>,
): Promise<PostAnswer> {
  signal.throwIfAborted();
  const host = hostOf(url);
  const socket = connect({ address, port: Number(url.port || 443) });
  try {
    const secure = tlsConnect({
      socket,
      // Whom the certificate has to name. There is no SNI for addresses: RFC 6066, 3.
      host,
      servername: isIP(host) === 0 ? host : "",
      // Said aloud, since NODE_TLS_REJECT_UNAUTHORIZED would otherwise switch it off.
      rejectUnauthorized: true,
      ...(ca !== undefined && { ca }),
    });
    const request = requestHttps(url, {
      ...{ method: "POST", signal },
      // Without an agent: nothing is kept alive, and no proxy of the environment comes between.
      createConnection: () => secure,
      headers: { host: url.host, "content-length": `${Buffer.byteLength(body)}`, ...headers },
    });
    const answered = answerOf(request, secure);
    request.end(body);
    const answer = await answered;
    await discard(answer);
    return readAnswer(answer);
  } finally {
    // Takes TLS and the request with it.
    socket.destroy();
  }
}

function connectTcp({ address, port }: Parameters<Connect>[0]): Socket {
  return netConnect({ host: address, port });
}

function answerOf(request: ClientRequest, secure: TLSSocket): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    // Both stay: an error that nobody listens to would end the process.
    request.on("error", reject);
    secure.on("error", reject);
    request.once("close", () => reject(new Error("The connection closed.")));
  });
}

async function discard(answer: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const piece of answer) {
      bytes += (piece as Buffer).length;
      if (bytes >= mostBytes) return;
    }
  } catch {
    // Broken off or too slow: the status has been said.
  }
}

function readAnswer({ statusCode = 0, headers }: IncomingMessage): PostAnswer {
  const retryAfterMs = readRetryAfter((name) => headers[name]?.toString());
  return { status: statusCode, ...(retryAfterMs !== undefined && { retryAfterMs }) };
}
