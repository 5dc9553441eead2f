/** A service on loopback: what all fakes share. How each one speaks and refuses is its {@link Dialect}. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault } from "./fault.ts";
import { FaultReply } from "./fault-reply.ts";
import { readFields } from "./request-fields.ts";
import { type SoundBodyOptions, soundBody, textBody } from "./spoiled-body.ts";

export type FakeServiceOptions = {
  /** Default: any free one. */
  readonly port?: number;
  /** The key it expects, `test-key` by default; empty: it asks for none. */
  readonly key?: string;
  /** How long it takes to refuse a key, ms; 0 by default. */
  readonly keyRefusalMs?: number;
  /** Answers what costs nothing, instead of its own lists; for a good key. */
  readonly lookedUp?: Answer;
  /** How long a call takes before its answer begins, ms; 0 by default. */
  readonly latencyMs?: (request: FakeRequest) => number;
  /** Calls at once beyond which it answers 429 at once; unlimited by default. */
  readonly capacity?: number;
  /** Sent as `Retry-After` with those 429. */
  readonly retryAfter?: string;
  readonly fault?: (request: FakeRequest) => Fault | undefined;
  /** How long a character takes to say at speed 1, seconds; default 1/15. */
  readonly secondsPerCharacter?: number;
  /** Hz, instead of what the service would answer with. */
  readonly sampleRate?: number;
  /** One prepared body of this many seconds for every call, so that answering costs next to nothing. */
  readonly cannedSeconds?: number;
  /** Whether `requests` is filled; true by default. */
  readonly keepRequests?: boolean;
};

/** One call, refused ones too. */
export type FakeRequest = {
  /** With the query. */
  readonly path: string;
  /** What is to be spoken or answered; for a sound that is to be recognised, a name made from its bytes. */
  readonly text: string;
  /** Empty where none is asked for. */
  readonly voice: string;
  readonly model: string;
  /** From 0, in the order of arrival. */
  readonly index: number;
  /** From 1: how often this text has come. */
  readonly attempt: number;
  /** JSON or form fields; an uploaded file is a {@link FormFile}. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: IncomingHttpHeaders;
};

export type FakeService = AsyncDisposable & {
  /** `http://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  /** Calls that cost something, in the order of arrival. */
  readonly requests: readonly FakeRequest[];
  /** How often something else was asked for, such as the list of voices. */
  readonly lookups: number;
  /** Calls beyond the capacity. */
  readonly refused: number;
  readonly inFlight: number;
  readonly mostInFlight: number;
  /** Breaks all connections. */
  close(): Promise<void>;
};

/** An answer without sound: JSON. */
export type Answer = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** What a call to speak will be answered with, if nothing goes wrong. */
export type Utterance = Pick<SoundBodyOptions, "saying" | "sampleRate" | "packing"> & {
  /** Absent: the answer has no content type. */
  readonly contentType?: string;
  /** The service fails after its head: the body ends at once, or the connection breaks. */
  readonly failsAfterHead?: "empty" | "cut";
};

/** What another call will be answered with, if nothing goes wrong: text that a fault may spoil. */
export type TextAnswer = {
  readonly text: string;
  readonly contentType: string;
  /** How long the work takes, on top of the latency, ms. */
  readonly takesMs?: number;
};

/** How one kind of service reads, refuses and answers. */
export type Dialect = {
  /** Headers of every answer. */
  headers(state: { readonly inFlight: number; readonly capacity?: number }): Record<string, string>;
  /** The refusal of a key that is missing or wrong. */
  refuseKey(headers: IncomingHttpHeaders, key: string): Answer | undefined;
  /** What costs nothing: lists, wrong paths and wrong methods. */
  lookUp(method: string, path: string): Answer | undefined;
  /** The parts of a call that every service has. */
  read(path: string, body: FakeRequest["body"]): Pick<FakeRequest, "text" | "voice" | "model">;
  /** The refusal of a bad call, or what a good one is answered with. */
  judge(request: FakeRequest): Answer | Utterance | TextAnswer;
  /** The body and status of an error; without a code, the usual one of that status. */
  fail(status: number, code?: string, message?: string): Answer;
  /** The code of a call beyond the capacity. */
  readonly tooMany?: string;
};

/** Starts a service on 127.0.0.1 that speaks a dialect. */
export async function startFakeService(
  dialect: Dialect,
  options: FakeServiceOptions = {},
): Promise<FakeService> {
  const { capacity, key = "test-key", keepRequests = true } = options;
  const requests: FakeRequest[] = [];
  const attempts = new Map<string, number>();
  const count = { requests: 0, lookups: 0, refused: 0, inFlight: 0, mostInFlight: 0 };

  const server = createServer((incoming, outgoing) => {
    const reply = new FaultReply(outgoing);
    answer(incoming, reply).catch(() => outgoing.destroy());
  });
  // Only the tests decide when a connection ends.
  server.keepAliveTimeout = 300_000;
  server.requestTimeout = 0;

  async function answer(incoming: IncomingMessage, reply: FaultReply): Promise<void> {
    const { url: path = "/", method = "GET", headers } = incoming;
    const bytes = await readAll(incoming);
    if (path === "/_stats") return reply.sendJson({ status: 200, body: count });
    const sendJson = (sent: Answer): void =>
      reply.sendJson({ ...sent, headers: { ...sent.headers, ...dialect.headers(state()) } });
    const refusedKey = dialect.refuseKey(headers, key);
    const lookedUp = dialect.lookUp(method, path);
    if (lookedUp !== undefined) {
      count.lookups += 1;
      if (refusedKey !== undefined) await reply.wait(options.keyRefusalMs ?? 0);
      return sendJson(refusedKey ?? options.lookedUp ?? lookedUp);
    }
    const body = method === "DELETE" ? {} : readFields(bytes, headers["content-type"] ?? "");
    if (body === undefined) return sendJson(dialect.fail(400, "unreadable_body"));
    const request = record(path, headers, body);
    if (refusedKey !== undefined) await reply.wait(options.keyRefusalMs ?? 0);
    const judged = refusedKey ?? dialect.judge(request);
    if ("status" in judged) return sendJson(judged);
    const fault = options.fault?.(request);
    if (fault?.kind === "status" && fault.status === 429) return sendJson(failure(fault));
    if (count.inFlight >= (capacity ?? Infinity)) {
      count.refused += 1;
      const { retryAfter } = options;
      return sendJson(
        failure({
          kind: "status",
          status: 429,
          ...(retryAfter && { retryAfter }),
          ...(dialect.tooMany && { code: dialect.tooMany }),
        }),
      );
    }
    count.inFlight += 1;
    count.mostInFlight = Math.max(count.mostInFlight, count.inFlight);
    reply.onEnd(() => {
      count.inFlight -= 1;
    });
    const slow = fault?.kind === "slow" ? fault.ms : 0;
    const work = "text" in judged ? (judged.takesMs ?? 0) : 0;
    await reply.wait((options.latencyMs?.(request) ?? 0) + work + slow);
    if (fault?.kind === "status") return sendJson(failure(fault));
    const { contentType } = judged;
    const sent = { headers: dialect.headers(state()), ...(contentType && { contentType }) };
    if ("text" in judged) {
      return await reply.send({ ...sent, fault, body: () => textBody(judged.text, fault) });
    }
    const { cannedSeconds, sampleRate = judged.sampleRate } = options;
    const canned = cannedSeconds === undefined ? {} : { cannedSeconds };
    const failsAs: Fault | undefined = judged.failsAfterHead && { kind: judged.failsAfterHead };
    const spoiledBy = failsAs ?? fault;
    await reply.send({
      ...sent,
      fault: spoiledBy,
      isOnePiece: cannedSeconds !== undefined,
      body: () => soundBody({ ...judged, sampleRate, ...canned }, spoiledBy),
    });
  }

  function record(
    path: string,
    headers: IncomingHttpHeaders,
    body: FakeRequest["body"],
  ): FakeRequest {
    const parts = dialect.read(path, body);
    const attempt = (attempts.get(parts.text) ?? 0) + 1;
    attempts.set(parts.text, attempt);
    const request = { path, ...parts, index: count.requests, attempt, body, headers };
    count.requests += 1;
    if (keepRequests) requests.push(request);
    return request;
  }

  function failure({
    status,
    code,
    message,
    retryAfter,
    headers,
  }: Fault & { kind: "status" }): Answer {
    const failed = dialect.fail(status, code, message);
    const all = { ...failed.headers, ...headers };
    return {
      ...failed,
      headers: retryAfter === undefined ? all : { ...all, "retry-after": retryAfter },
    };
  }

  const state = () => ({ inFlight: count.inFlight, ...(capacity !== undefined && { capacity }) });

  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(options.port ?? 0, "127.0.0.1", listening);
  });
  const { port } = server.address() as AddressInfo;

  async function close(): Promise<void> {
    if (!server.listening) return;
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    get lookups() {
      return count.lookups;
    },
    get refused() {
      return count.refused;
    },
    get inFlight() {
      return count.inFlight;
    },
    get mostInFlight() {
      return count.mostInFlight;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}
