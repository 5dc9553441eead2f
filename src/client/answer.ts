/** One good answer of the server, read as it comes: silence, broken connections and the caller's signal all end it in their own way. */
import { DubberError } from "../core/error.ts";
import { DubberApiError } from "./error.ts";

export type AnswerOptions = {
  /** Ends the request and its answer. */
  readonly controller: AbortController;
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  /** The longest silence, ms; Infinity for any. */
  readonly timeoutMs: number;
};

export class Answer {
  readonly status: number;
  readonly #response: Response;
  readonly #options: AnswerOptions;

  constructor(response: Response, options: AnswerOptions) {
    this.status = response.status;
    this.#response = response;
    this.#options = options;
  }

  /** The body in pieces. Time the reader takes for a piece does not count as silence. @throws DubberApiError when it breaks off. */
  async *pieces(): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = this.#response.body?.getReader();
    try {
      while (reader !== undefined) {
        const { done, value } = await unlessSilent(this.#options, () => reader.read());
        if (done) return;
        yield value;
      }
    } finally {
      this.drop();
    }
  }

  /** The same as a stream that fails when the connection breaks, and breaks it when it is cancelled. */
  stream(): ReadableStream<Uint8Array> {
    const pieces = this.pieces();
    return new ReadableStream<Uint8Array>(
      {
        async pull(sink) {
          const { done, value } = await pieces.next();
          if (done) sink.close();
          else sink.enqueue(value);
        },
        cancel: () => this.drop(),
      },
      { highWaterMark: 0 },
    );
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const pieces = await Array.fromAsync(this.pieces());
    const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /** @throws DubberApiError `invalid_answer`. */
  async json<T>(): Promise<T> {
    return parseAnswer(await this.text(), this.status);
  }

  /** Closes the connection if the body has not been read to its end. */
  drop(): void {
    this.#options.controller.abort();
  }
}

/** @throws DubberApiError `invalid_answer`. */
export function parseAnswer<T>(text: string, status?: number): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const message = "The answer is no JSON: is this a Dubber server?";
    throw new DubberApiError("invalid_answer", message, {
      ...{ cause, ...(status !== undefined && { status }) },
    });
  }
}

/**
 * Waits for the server, but not for ever.
 *
 * @throws the signal's reason; DubberApiError `timeout`, `connection_error`; DubberError `unreadable` for a file that changes while it is sent.
 */
export async function unlessSilent<T>(
  { controller, signal, timeoutMs }: AnswerOptions,
  wait: () => Promise<T>,
): Promise<T> {
  let isSilent = false;
  const giveUp = () => {
    isSilent = true;
    controller.abort();
  };
  const timer = Number.isFinite(timeoutMs) ? setTimeout(giveUp, timeoutMs) : undefined;
  try {
    return await wait();
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (isSilent || isPlatformTimeout(error)) {
      throw new DubberApiError("timeout", "The server did not answer in time.", { cause: error });
    }
    if (isLostFile(error)) {
      throw new DubberError("unreadable", "The file changed while it was being sent.", {
        hint: "Send it again when nothing writes to it any more.",
        cause: error,
      });
    }
    const message = `No answer: ${reasonOf(error)}. \`dubber serve\` starts a server.`;
    throw new DubberApiError("connection_error", message, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Node's fetch waits five minutes at most, and says so in the cause. */
function isPlatformTimeout(error: unknown): boolean {
  const { code } = Object(Object(error).cause) as { readonly code?: unknown };
  return typeof code === "string" && /^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code);
}

/** A file that has become another one while it was read (File API, "NotReadableError"). */
function isLostFile(error: unknown): boolean {
  const { name } = Object(Object(error).cause) as { readonly name?: unknown };
  return name === "NotReadableError";
}

/** "fetch failed" alone helps nobody; the cause knows more. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code } = Object(cause) as { readonly code?: unknown };
  const message = cause instanceof Error ? cause.message : "the connection broke";
  return (message || String(code)).replace(/\.$/, "");
}
