/** A receiver of webhooks on 127.0.0.1, with a certificate of its own for `hooks.example` and 93.184.216.34. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect as netConnect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import type { Connect } from "../post.ts";

export type ReceivedPost = {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly sni: string | false | null;
};

export type Receiver = AsyncDisposable & {
  readonly received: readonly ReceivedPost[];
  readonly port: number;
  readonly ca: string;
  /** Leads every connection here, whatever its target. */
  readonly connect: Connect;
  /** What {@link Receiver.connect} was asked for, and what it gave. */
  readonly connections: readonly { readonly target: string; readonly socket: Socket }[];
};

/** Answers 204, or as `answer` does. Closing waits for all connections: one that is left open hangs the test. */
export async function startReceiver(
  answer: (response: ServerResponse, post: ReceivedPost) => void = (response) =>
    response.writeHead(204).end(),
): Promise<Receiver> {
  const received: ReceivedPost[] = [];
  const connections: { target: string; socket: Socket }[] = [];
  const server = createServer({ key: identity().key, cert: identity().certificate });
  server.on("request", async (request, response) => {
    const { method, url: path, headers } = request;
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = Buffer.concat(pieces).toString();
    const { servername } = request.socket as TLSSocket & { servername: string | false };
    const post = { method, path, headers, body, sni: servername };
    received.push(post);
    answer(response, post);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ received, port, connections, ca: identity().certificate },
    connect({ address, port: asked }) {
      const socket = netConnect({ host: "127.0.0.1", port });
      connections.push({ target: `${address} ${asked}`, socket });
      return socket;
    },
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Identity = { readonly key: string; readonly certificate: string };
let made: Identity | undefined;

function identity(): Identity {
  made ??= makeIdentity();
  return made;
}

/** Needs the `openssl` command. */
function makeIdentity(): Identity {
  const directory = mkdtempSync(join(tmpdir(), "dubber-receiver-"));
  const [key, certificate] = [join(directory, "key.pem"), join(directory, "certificate.pem")];
  const names = "subjectAltName=DNS:hooks.example,IP:93.184.216.34";
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-subj", "/CN=hooks.example", "-addext", names, "-days", "2"];
  const files = ["-keyout", key, "-out", certificate];
  execFileSync("openssl", ["req", "-x509", ...curve, ...subject, ...files], { stdio: "pipe" });
  const [keyText, certificateText] = [readFileSync(key, "utf8"), readFileSync(certificate, "utf8")];
  rmSync(directory, { recursive: true });
  return { key: keyText, certificate: certificateText };
}
