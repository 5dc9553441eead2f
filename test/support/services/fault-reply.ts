/** Sends one answer of a fake service, whole or with a fault. */
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Fault } from "./fault.ts";

/** An answer whose bytes a fault may spoil. */
export type SpoilableReply = {
  /** Made only when it is sent. */
  readonly body: () => Buffer;
  /** Absent: the answer has no content type. */
  readonly contentType?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fault: Fault | undefined;
  /** Sent at once, however large. */
  readonly isOnePiece?: boolean;
};

type JsonReply = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

const page = "<!doctype html><title>Sign in</title><p>This network asks you to sign in first.</p>";
const dripPieces = 16;
/** Odd, so that a sample is torn in two. */
const firstPieceBytes = 8191;

/** The way back to one client. */
export class FaultReply {
  readonly #response: ServerResponse;
  readonly #left = new AbortController();
  #onEnd: (() => void) | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.once("close", () => {
      this.#end();
      this.#left.abort();
    });
  }

  /** Called once, just before the client can know that the answer is whole, or when it has gone. */
  onEnd(told: () => void): void {
    if (this.#left.signal.aborted) told();
    else this.#onEnd = told;
  }

  /** Rejects when the client goes away first. */
  async wait(ms: number): Promise<void> {
    if (ms > 0) await delay(ms, undefined, { signal: this.#left.signal });
  }

  sendJson({ status, body, headers }: JsonReply): void {
    this.#response.writeHead(status, { ...headers, "content-type": "application/json" });
    this.#finish(JSON.stringify(body));
  }

  async send(reply: SpoilableReply): Promise<void> {
    const { fault, headers, contentType } = reply;
    if (fault?.kind === "hang") return;
    if (fault?.kind === "reset") {
      this.#response.socket?.resetAndDestroy();
      return;
    }
    if (fault?.kind === "html") {
      this.#response.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" });
      return this.#finish(page);
    }
    // Without this a body that is sent at once would carry its length, which these services do not.
    const all = { ...headers, "transfer-encoding": "chunked" };
    this.#response.writeHead(200, contentType ? { ...all, "content-type": contentType } : all);
    await this.#sendBody(reply.body(), reply);
  }

  async #sendBody(body: Buffer, { fault, isOnePiece }: SpoilableReply): Promise<void> {
    if (fault?.kind === "cut") {
      await this.#write(body.subarray(0, body.length >> 1));
      this.#response.destroy();
    } else if (fault?.kind === "drip") {
      const step = Math.ceil(body.length / dripPieces);
      for (let at = 0; at < body.length; at += step) {
        await this.#write(body.subarray(at, at + step));
        await this.wait(fault.ms);
      }
      this.#finish();
    } else if (isOnePiece || body.length <= firstPieceBytes) {
      this.#finish(body);
    } else {
      await this.#write(body.subarray(0, firstPieceBytes));
      this.#finish(body.subarray(firstPieceBytes));
    }
  }

  #write(piece: Buffer): Promise<void> {
    return new Promise((written, failed) => {
      // An empty piece would never be reported as written.
      if (piece.length === 0) this.#response.flushHeaders();
      if (piece.length === 0) setImmediate(written);
      else this.#response.write(piece, (error) => (error ? failed(error) : written()));
    });
  }

  /** The client may send its next call as soon as it has this, so the place is given back before. */
  #finish(last?: Buffer | string): void {
    this.#end();
    this.#response.end(last);
  }

  #end(): void {
    this.#onEnd?.();
    this.#onEnd = undefined;
  }
}
