import { createServer, connect as netConnect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { named } from "../../../test/support/named.ts";
import { readSecrets } from "../../api/webhook-signature.ts";
import { DubberError } from "../../core/error.ts";
import { guardTarget, type Resolve, systemResolve } from "./address-guard.ts";
import { type Delivery, type DeliveryOptions, openDelivery } from "./deliver.ts";
import { type Connect, post } from "./post.ts";
import { hostileAddresses, hostileUrls } from "./testing/hostile-urls.ts";
import { type Receiver, startReceiver } from "./testing/receiver.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const message = {
  id: "msg_1",
  url: "https://hooks.example/hook?token=abc",
  body: '{"type":"task.completed","name":"Ünïcødé"}',
  attempts: 0,
};
const { signal } = new AbortController();
const publicAddress = "93.184.216.34";

function resolvesTo(...addresses: readonly string[]): Resolve & { readonly asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = async (hostname) => {
    asked.push(hostname);
    return addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return Object.assign(resolve, { asked });
}

/** A connector nobody may get to. */
function noConnection(): Connect & { readonly targets: string[] } {
  const targets: string[] = [];
  const connect: Connect = ({ address, port }) => {
    targets.push(`${address} ${port}`);
    throw new Error("A connection was attempted.");
  };
  return Object.assign(connect, { targets });
}

/** Sends one message to the receiver, whatever the options leave open. */
function deliverTo(
  { connect, ca }: Receiver,
  changed: Partial<typeof message> = {},
  options: Partial<DeliveryOptions> = {},
): Promise<Delivery> {
  const resolve = resolvesTo(publicAddress);
  const settings = { secrets: readSecrets(secret), resolve, connect, ca, ...options };
  return openDelivery(settings)({ ...message, ...changed }, { signal });
}

/** Checks a signature with another implementation than the one that made it. */
async function isSigned(received: Receiver["received"][number] | undefined): Promise<boolean> {
  const bytes = Uint8Array.from(atob(secret.slice(6)), (letter) => letter.charCodeAt(0));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, hmac, false, ["verify"]);
  const { headers, body } = received!;
  const content = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const [, base64 = ""] = /^v1,(\S+)$/.exec(`${headers["webhook-signature"]}`) ?? [];
  const signature = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return crypto.subtle.verify("HMAC", key, signature, new TextEncoder().encode(content));
}

describe("a delivery to a receiver", () => {
  it("is one signed POST over TLS to the pinned address", async () => {
    await using receiver = await startReceiver();
    const delivery = await deliverTo(receiver, {}, { now: () => 1_614_265_330_987 });
    expect(delivery).toEqual({ outcome: "delivered", status: 204 });
    const [received, ...others] = receiver.received;
    expect(others).toEqual([]);
    expect(received).toMatchObject({
      ...{ method: "POST", path: "/hook?token=abc", body: message.body, sni: "hooks.example" },
      headers: {
        host: "hooks.example",
        "content-type": "application/json",
        "content-length": `${Buffer.byteLength(message.body)}`,
        "user-agent": "dubber",
        "webhook-id": "msg_1",
        "webhook-timestamp": "1614265330",
        connection: "close",
      },
    });
    expect(await isSigned(received)).toBe(true);
    expect(receiver.connections.map(({ target }) => target)).toEqual([`${publicAddress} 443`]);
  });

  it("goes to another port and says so", async () => {
    await using receiver = await startReceiver();
    await deliverTo(receiver, { url: "https://hooks.example:8443/" });
    expect(receiver.received[0]?.headers.host).toBe("hooks.example:8443");
    expect(receiver.connections[0]?.target).toBe(`${publicAddress} 8443`);
  });

  it("goes to an address without a name: no look-up, no SNI, and the certificate has to hold it", async () => {
    await using receiver = await startReceiver();
    const resolve = resolvesTo();
    const delivery = await deliverTo(receiver, { url: `https://${publicAddress}/` }, { resolve });
    expect(delivery.outcome).toBe("delivered");
    expect(receiver.received[0]).toMatchObject({ sni: false, headers: { host: publicAddress } });
    const other = await deliverTo(receiver, { url: "https://[2606:4700::1]/" }, { resolve });
    expect(other).toMatchObject({ reason: expect.stringContaining("ALTNAME_INVALID") });
    expect(receiver.connections[1]?.target).toBe("2606:4700::1 443");
    expect(resolve.asked).toEqual([]);
  });

  it("goes to the next address of a name with each try", async () => {
    await using receiver = await startReceiver();
    const resolve = resolvesTo("2606:4700::1", publicAddress);
    for (const attempts of [0, 1, 2]) await deliverTo(receiver, { attempts }, { resolve });
    expect(receiver.connections.map(({ target }) => target)).toEqual([
      ...["2606:4700::1 443", `${publicAddress} 443`, "2606:4700::1 443"],
    ]);
  });
});

describe("an address that must not be asked", () => {
  it.each(named(hostileUrls))(
    "is refused without a look-up or a connection: %s",
    async (_name, url) => {
      const [resolve, connect] = [resolvesTo(publicAddress), noConnection()];
      const deliver = openDelivery({ secrets: readSecrets(secret), resolve, connect });
      expect(await deliver({ ...message, url }, { signal })).toMatchObject({ outcome: "hopeless" });
      expect([resolve.asked, connect.targets]).toEqual([[], []]);
    },
  );

  it.each(hostileAddresses)(
    "is refused behind a good name, alone or among public ones: %j",
    async (address) => {
      const connect = noConnection();
      for (const addresses of [[address], [publicAddress, address], [address, publicAddress]]) {
        const resolve = resolvesTo(...addresses);
        const deliver = openDelivery({ secrets: readSecrets(secret), resolve, connect });
        const delivery = await deliver(message, { signal });
        const reason = "The callback_url's host is not public.";
        expect(delivery).toEqual({ outcome: "hopeless", reason });
      }
      expect(connect.targets).toEqual([]);
    },
  );

  it("is not reached by a name that changes its mind: it is asked once, and that answer is connected to", async () => {
    await using receiver = await startReceiver();
    const answers = [[publicAddress], ["127.0.0.1"]];
    let asked = 0;
    const resolve: Resolve = async () =>
      (answers[asked++] ?? []).map((address) => ({ address, family: 4 }));
    expect(await deliverTo(receiver, {}, { resolve })).toMatchObject({ outcome: "delivered" });
    expect(asked).toBe(1);
    expect(receiver.connections.map(({ target }) => target)).toEqual([`${publicAddress} 443`]);
    expect(await deliverTo(receiver, {}, { resolve })).toMatchObject({ outcome: "hopeless" });
    expect(receiver.connections).toHaveLength(1);
  });

  it.each([301, 302, 303, 307, 308])("is not reached by a redirect: %i", async (status) => {
    await using receiver = await startReceiver((response) =>
      response.writeHead(status, { location: "https://127.0.0.1/internal" }).end(),
    );
    const resolve = resolvesTo(publicAddress);
    const reason = `The receiver answered ${status}.`;
    const delivery = await deliverTo(receiver, {}, { resolve });
    expect(delivery).toEqual({ outcome: "failed", status, reason });
    expect([receiver.connections.length, receiver.received.length]).toEqual([1, 1]);
    expect(resolve.asked).toEqual(["hooks.example"]);
  });
});

describe("a receiver that cannot prove its name", () => {
  it("is told nothing when its certificate is for another one", async () => {
    await using receiver = await startReceiver();
    const delivery = await deliverTo(receiver, { url: "https://other.example/hook" });
    const reason = "The connection failed (ERR_TLS_CERT_ALTNAME_INVALID).";
    expect(delivery).toEqual({ outcome: "failed", reason });
    expect(receiver.received).toEqual([]);
  });

  it("is told nothing when nobody vouches for it, even where the environment says not to look", async () => {
    await using receiver = await startReceiver();
    const { ca: _, ...stranger } = receiver;
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    try {
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
      const delivery = await deliverTo(stranger as Receiver, {}, {});
      const reason = "The connection failed (DEPTH_ZERO_SELF_SIGNED_CERT).";
      expect(delivery).toEqual({ outcome: "failed", reason });
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
    expect(receiver.received).toEqual([]);
  });
});

describe("an answer", () => {
  it.each([
    [200, {}, { outcome: "delivered", status: 200 }],
    [299, {}, { outcome: "delivered", status: 299 }],
    [400, {}, { outcome: "failed", status: 400 }],
    [404, { "retry-after": "9" }, { outcome: "failed", status: 404 }],
    [410, {}, { outcome: "hopeless", status: 410 }],
    [429, { "retry-after": "9" }, { outcome: "failed", status: 429, retryAfterMs: 9000 }],
    [500, {}, { outcome: "failed", status: 500 }],
    [503, { "retry-after": "120" }, { outcome: "failed", status: 503, retryAfterMs: 120_000 }],
    [503, { "retry-after": "soon" }, { outcome: "failed", status: 503, retryAfterMs: undefined }],
  ])("of %i %j means %j", async (status, headers, expected) => {
    await using receiver = await startReceiver((response) =>
      response.writeHead(status, headers).end("confidential"),
    );
    const delivery = await deliverTo(receiver);
    const reason = `The receiver answered ${status}.`;
    expect(delivery).toEqual(status < 300 ? expected : { ...expected, reason });
  });

  it("of 10 MB is not read to its end", async () => {
    await using receiver = await startReceiver((response) => {
      // Breaking off is what we want of the other side.
      response.on("error", () => {});
      response.writeHead(200).end(Buffer.alloc(10 * 2 ** 20));
    });
    expect(await deliverTo(receiver)).toMatchObject({ outcome: "delivered" });
    const { bytesRead, destroyed } = receiver.connections[0]!.socket;
    expect(bytesRead).toBeLessThan(2 ** 20);
    expect(destroyed).toBe(true);
  });

  it("counts from its first line on: a body that breaks off or never ends does not undo it", async () => {
    await using broken = await startReceiver((response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("x", () => response.destroy());
    });
    expect(await deliverTo(broken)).toMatchObject({ outcome: "delivered" });
    await using endless = await startReceiver((response) => {
      response.writeHead(200).write("x");
    });
    const delivery = await deliverTo(endless, {}, { timeoutMs: 1500 });
    expect(delivery).toMatchObject({ outcome: "delivered" });
  });

  it("may come after a while", async () => {
    await using receiver = await startReceiver((response) => {
      response.writeEarlyHints({ link: "</a>; rel=preload" });
      setImmediate(() => response.writeHead(202).end());
    });
    expect(await deliverTo(receiver)).toEqual({ outcome: "delivered", status: 202 });
  });
});

describe("no answer", () => {
  const noAnswer = { outcome: "failed", reason: "No answer within 0.3 s." };
  const timeoutMs = 300;

  it("is waited for up to the time limit", async () => {
    await using receiver = await startReceiver(() => {});
    expect(await deliverTo(receiver, {}, { timeoutMs })).toEqual(noAnswer);
    expect(receiver.connections[0]?.socket.destroyed).toBe(true);
  });

  it("is what comes in drops, however long it goes on", async () => {
    await using receiver = await startReceiver(({ socket }) => {
      socket?.write("HTTP/1.1 200 OK\r\nx-drip: ");
      const drip = setInterval(() => socket?.write("x"), 10);
      socket?.once("close", () => clearInterval(drip));
    });
    expect(await deliverTo(receiver, {}, { timeoutMs })).toEqual(noAnswer);
  });

  it("is a connection that never gets to TLS", async () => {
    await using silent = await startSilentServer();
    const delivery = openDelivery({
      ...{ secrets: readSecrets(secret), resolve: resolvesTo(publicAddress), timeoutMs },
      connect: silent.connect,
    });
    expect(await delivery(message, { signal })).toEqual(noAnswer);
  });

  it("is a name that is looked up for ever", async () => {
    const resolve: Resolve = (_, call) =>
      new Promise((_resolve, reject) =>
        call.signal?.addEventListener("abort", () => reject(call.signal?.reason)),
      );
    const connect = noConnection();
    const options = { secrets: readSecrets(secret), resolve, connect, timeoutMs };
    expect(await openDelivery(options)(message, { signal })).toEqual(noAnswer);
  });

  it("is a connection that is cut, closed, or switched to something else", async () => {
    await using cut = await startReceiver(({ socket }) => socket?.destroy());
    const failed = { outcome: "failed", reason: "The connection failed (ECONNRESET)." };
    expect(await deliverTo(cut)).toEqual(failed);
    await using switched = await startReceiver(({ socket }) => {
      socket?.end("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n");
    });
    expect(await deliverTo(switched)).toMatchObject({ outcome: "failed" });
  });

  it("is an answer that is no HTTP; nothing of it is shown", async () => {
    await using receiver = await startReceiver(({ socket }) => socket?.end("confidential\r\n\r\n"));
    const delivery = await deliverTo(receiver);
    expect(delivery).toEqual({
      outcome: "failed",
      reason: expect.stringMatching(/\(HPE_\w+\)\.$/),
    });
  });

  it("is a refused connection", async () => {
    const closed = await startSilentServer();
    await closed[Symbol.asyncDispose]();
    const options = { secrets: readSecrets(secret), resolve: resolvesTo(publicAddress) };
    const deliver = openDelivery({ ...options, connect: closed.connect });
    const reason = "The connection failed (ECONNREFUSED).";
    expect(await deliver(message, { signal })).toEqual({ outcome: "failed", reason });
  });

  it("is a connection that is lost before anybody looks", async () => {
    await using receiver = await startReceiver();
    const connect: Connect = (target) => {
      const socket = receiver.connect(target);
      socket.destroy(Object.assign(new Error("No route."), { code: "ENETUNREACH" }));
      return socket;
    };
    const reason = "The connection failed (ENETUNREACH).";
    expect(await deliverTo(receiver, {}, { connect })).toEqual({ outcome: "failed", reason });
  });

  it("is told by its code only where that is one", async () => {
    const connect: Connect = () => {
      throw Object.assign(new Error("Confidential."), { code: "confidential 10.0.0.1" });
    };
    const resolve = resolvesTo(publicAddress);
    const deliver = openDelivery({ secrets: readSecrets(secret), resolve, connect });
    const reason = "The connection failed.";
    expect(await deliver(message, { signal })).toEqual({ outcome: "failed", reason });
  });

  it.each([
    ["ENOTFOUND", "The callback_url's host does not resolve (ENOTFOUND)."],
    [undefined, "The callback_url's host does not resolve (no address)."],
  ])("is a name without addresses, which may have some later: %s", async (code, reason) => {
    const resolve: Resolve = async () => {
      if (code !== undefined) throw Object.assign(new Error("getaddrinfo 10.0.0.53"), { code });
      return [];
    };
    const connect = noConnection();
    const deliver = openDelivery({ secrets: readSecrets(secret), resolve, connect });
    expect(await deliver(message, { signal })).toEqual({ outcome: "failed", reason });
  });
});

describe("a caller that breaks off", () => {
  it("gets its own reason, and the connection is gone", async () => {
    const end = new AbortController();
    const reason = new Error("The server closes.");
    await using receiver = await startReceiver(() => end.abort(reason));
    const { connect, ca } = receiver;
    const options = { secrets: readSecrets(secret), resolve: resolvesTo(publicAddress) };
    const deliver = openDelivery({ ...options, connect, ca });
    await expect(deliver(message, { signal: end.signal })).rejects.toBe(reason);
    expect(receiver.connections[0]?.socket.destroyed).toBe(true);
    await expect(deliver(message, { signal: end.signal })).rejects.toBe(reason);
    expect(receiver.connections).toHaveLength(1);
  });
});

describe("what is used when nothing is injected", () => {
  it("connects to the address and not to the name", async () => {
    await using receiver = await startReceiver();
    const url = new URL(`https://hooks.example:${receiver.port}/`);
    const request = { url, address: "127.0.0.1", headers: {}, body: "{}", ca: receiver.ca };
    expect(await post(request, { signal })).toEqual({ status: 204 });
  });

  it("leaves no connection behind when the request cannot be made", async () => {
    await using receiver = await startReceiver();
    const { connect, ca } = receiver;
    const url = new URL("https://hooks.example/");
    const request = { url, address: publicAddress, headers: { x: "a\nb" }, body: "", connect, ca };
    await expect(post(request, { signal })).rejects.toMatchObject({ code: "ERR_INVALID_CHAR" });
    expect(receiver.connections[0]?.socket.destroyed).toBe(true);
  });

  it("asks the machine's own resolver, and waits no longer than it is told", async () => {
    const addresses = await systemResolve("localhost", {});
    expect(addresses.length).toBeGreaterThan(0);
    for (const { address } of addresses) expect(["127.0.0.1", "::1"]).toContain(address);
    const end = new AbortController();
    const waiting = systemResolve("localhost", { signal: end.signal });
    end.abort(new Error("Enough."));
    await expect(waiting).rejects.toThrow("Enough.");
    const late = guardTarget("https://hooks.example/", { signal: end.signal });
    await expect(late).rejects.toThrow("Enough.");
    await expect(late).rejects.not.toBeInstanceOf(DubberError);
  });
});

/** Takes connections and says nothing. */
async function startSilentServer(): Promise<{ connect: Connect } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    connect: () => netConnect({ host: "127.0.0.1", port }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
