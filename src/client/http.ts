/** How the server is asked: one request, tried again where that is safe and of use. Knows nothing of what is asked for. */
import type { Call } from "../core/call.ts";
import { systemClock } from "../core/clock.ts";
import { Answer, unlessSilent } from "./answer.ts";
import { delayMs } from "./backoff.ts";
import { DubberApiError, toRefusal } from "./error.ts";
import { type Camel, toCamel, toSnake } from "./names.ts";
import { randomHex } from "./random-hex.ts";

export type HttpOptions = {
  /** Default `http://127.0.0.1:8000`; may have a path, behind a proxy. */
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Instead of the platform's. */
  readonly fetch?: typeof globalThis.fetch;
  /**
   * How long the server may be silent within one request, ms: before its answer, and between two pieces of it. Sending files does not
   * count. Default 300,000, which is also the most Node's fetch waits.
   */
  readonly timeoutMs?: number;
  /** Further tries after a broken connection, 429 and 503. Default 2. */
  readonly retries?: number;
};

export type Request = {
  /** Default GET. */
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** From the root of the server. */
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>>;
  /** A Blob goes out as it is, with its type; fields become JSON, under the names of the wire. */
  readonly body?: Blob | Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default the client's own. */
  readonly timeoutMs?: number;
  /** A status that is no refusal here. */
  readonly accepts?: number;
};

export type CreateCall = Call & {
  /** Default: one of its own for each call, the same for all its tries. The same key gives the same answer for a day. */
  readonly idempotencyKey?: string;
};

export class Http {
  readonly timeoutMs: number;
  readonly #baseUrl: string;
  readonly #apiKey: string | undefined;
  readonly #fetch: typeof globalThis.fetch;
  readonly #retries: number;

  constructor(options: HttpOptions) {
    const { baseUrl = "http://127.0.0.1:8000", timeoutMs = 300_000, retries = 2 } = options;
    const { fetch = globalThis.fetch } = options;
    // Throws what a wrong address deserves, and at once.
    this.#baseUrl = new URL(baseUrl).href.replace(/\/+$/, "");
    this.#apiKey = options.apiKey;
    // Called by itself: the fetch of browsers wants no other `this`.
    this.#fetch = (...request) => fetch(...request);
    this.timeoutMs = timeoutMs;
    this.#retries = retries;
  }

  /** Asks, and reads the answer; an answer that breaks off is asked for again as well. */
  async ask<T>(request: Request, call: CreateCall, read: (answer: Answer) => Promise<T>) {
    const keyed = withKey(request, call);
    return await this.#again(call, async () => {
      const answer = await this.open(keyed, call);
      try {
        return await read(answer);
      } finally {
        answer.drop();
      }
    });
  }

  /** Asks for JSON and gives it the names of TypeScript. */
  async json<T>(request: Request, call: CreateCall): Promise<Camel<T>> {
    return await this.ask(request, call, async (answer) => toCamel(await answer.json<T>()));
  }

  /** Asks for what is read while it comes: tried again only as long as there is no answer. */
  async stream(request: Request, call: Call): Promise<Answer> {
    return await this.#again(call, () => this.open(request, call));
  }

  /** One try. @throws the signal's reason; DubberApiError for everything that is no good answer. */
  async open(request: Request, { signal }: Call): Promise<Answer> {
    signal?.throwIfAborted();
    const controller = new AbortController();
    const isUpload = request.body instanceof Blob;
    const timeoutMs = request.timeoutMs ?? this.timeoutMs;
    const options = { controller, signal, timeoutMs };
    const init = {
      ...this.#describe(request),
      signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    };
    const response = await unlessSilent(
      { ...options, ...(isUpload && { timeoutMs: Number.POSITIVE_INFINITY }) },
      () => this.#fetch(this.#addressOf(request), init),
    );
    const answer = new Answer(response, options);
    if (response.ok || response.status === request.accepts) return answer;
    throw toRefusal(response, await answer.text());
  }

  async #again<T>({ signal }: Call, attempt: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await attempt();
      } catch (error) {
        if (failures > this.#retries || !isWorthATry(error)) throw error;
        await systemClock.sleep(delayMs(failures, error.retryAfterMs), signal ? { signal } : {});
      }
    }
  }

  #addressOf({ path, query = {} }: Request): string {
    const set = Object.entries(toSnake(query)).map(([name, one]): [string, string] => [
      name,
      `${one}`,
    ]);
    return `${this.#baseUrl}${path}${set.length > 0 ? `?${new URLSearchParams(set)}` : ""}`;
  }

  #describe({ method = "GET", body, headers }: Request): RequestInit {
    const key = this.#apiKey !== undefined && { authorization: `Bearer ${this.#apiKey}` };
    if (body === undefined) return { method, headers: { ...headers, ...key } };
    if (body instanceof Blob) {
      // Ready to follow a redirect, or to ask a window for a password, Node's fetch would keep all of a video in memory.
      return { method, headers: { ...headers, ...key }, body, redirect: "error", window: null };
    }
    const type = { "content-type": "application/json" };
    return {
      method,
      headers: { ...headers, ...type, ...key },
      body: JSON.stringify(toSnake(body)),
    };
  }
}

/** What creates something gets a key, so that no second try creates a second one. */
function withKey(request: Request, { idempotencyKey }: CreateCall): Request {
  if (request.method !== "POST") return request;
  const key = idempotencyKey ?? `dubber-${randomHex(16)}`;
  return { ...request, headers: { ...request.headers, "idempotency-key": key } };
}

/** A server that was silent for minutes would be so again, and one that says not to come back means it. */
function isWorthATry(error: unknown): error is DubberApiError {
  if (!(error instanceof DubberApiError) || !error.retryable) return false;
  const { code, status } = error;
  // In flight: a try whose connection broke is still being answered.
  if (code === "connection_error" || code === "idempotency_in_flight") return true;
  return status === 429 || status === 503;
}
