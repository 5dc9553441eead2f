import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { BrokenAnswer, openConnection, type ServiceConnection } from "./connection.ts";

let server: Server | undefined;
let connection: ServiceConnection | undefined;
afterEach(async () => {
  connection?.close();
  server?.closeAllConnections();
  if (server) await once(server.close(), "close");
});

async function serve(answer: RequestListener, options: { mostBytes?: number } = {}) {
  server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const opened = openConnection(options);
  connection = opened;
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b=c`);
  return (body: (string | Uint8Array)[] = [], signal = new AbortController().signal) =>
    opened.send({ method: "POST", url, headers: { "x-name": "value" }, body }, signal);
}

describe("openConnection", () => {
  it("sends a body in parts with its length, and reads status, headers and body", async () => {
    const send = await serve(async (incoming, outgoing) => {
      const pieces: Buffer[] = [];
      for await (const piece of incoming) pieces.push(piece);
      const { url, method, headers } = incoming;
      const said = { url, method, length: headers["content-length"], name: headers["x-name"] };
      outgoing.writeHead(418, { "X-Reply": "yes" });
      outgoing.write(JSON.stringify(said));
      outgoing.end(Buffer.concat(pieces));
    });
    const { status, headers, body } = await send(["añ", new Uint8Array([33, 34])]);
    expect([status, headers["x-reply"]]).toEqual([418, "yes"]);
    const said = { url: "/a?b=c", method: "POST", length: "5", name: "value" };
    expect(Buffer.from(body).toString()).toBe(`${JSON.stringify(said)}añ!"`);
    expect(body.byteLength).toBe(body.buffer.byteLength);
  });

  it("uses a connection again", async () => {
    const ports = new Set<number | undefined>();
    const send = await serve((incoming, outgoing) => {
      ports.add(incoming.socket.remotePort);
      outgoing.end("x".repeat(200_000));
    });
    for (let call = 0; call < 5; call++) expect((await send()).body.length).toBe(200_000);
    expect(ports.size).toBe(1);
  });

  it("follows no redirect", async () => {
    const send = await serve((_, outgoing) => outgoing.writeHead(302, { location: "/b" }).end());
    expect((await send()).status).toBe(302);
  });

  it("stops reading an answer that never stops", async () => {
    const send = await serve(
      (_, outgoing) => {
        const more = () => {
          while (!outgoing.destroyed && outgoing.write("x".repeat(1000)));
        };
        outgoing.on("drain", more);
        more();
      },
      { mostBytes: 100_000 },
    );
    await expect(send()).rejects.toMatchObject({ name: "BrokenAnswer", status: 200 });
  });

  it("tells how much of a broken answer had come", async () => {
    const send = await serve((_, outgoing) => {
      outgoing.writeHead(200, { "content-length": "10" });
      outgoing.write("12345", () => outgoing.destroy());
    });
    const error = await send().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BrokenAnswer);
    expect(error).toMatchObject({ status: 200, bytes: 5 });
  });

  it("takes a reset in the middle of an answer for a broken one, too", async () => {
    const send = await serve((incoming, outgoing) => {
      outgoing.writeHead(200, { "content-length": "10" });
      outgoing.write("12345", () => incoming.socket.resetAndDestroy());
    });
    await expect(send()).rejects.toMatchObject({ name: "BrokenAnswer", status: 200 });
  });

  it("sends nothing when it is cancelled before", async () => {
    let asked = 0;
    const send = await serve((_, outgoing) => {
      asked += 1;
      outgoing.end();
    });
    await expect(send([], AbortSignal.abort("no"))).rejects.toBe("no");
    expect(asked).toBe(0);
  });
});
