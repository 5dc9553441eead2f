/** Sends one answer of a fake service, whole or with a fault. */
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { type Packing, packSpeech, type Saying } from "./fake-speech.ts";
import type { Fault } from "./fault.ts";

export type SoundReplyOptions = {
  readonly saying: Saying;
  /** Hz. */
  readonly sampleRate: number;
  readonly packing: Packing;
  /** Absent: the answer has no content type. */
  readonly contentType?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sends one prepared body of this many seconds instead. */
  readonly cannedSeconds?: number;
  readonly fault: Fault | undefined;
};

type JsonReply = {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

const page = "<!doctype html><title>Sign in</title><p>This network asks you to sign in first.</p>";
const shortSamples = 10;
const dripPieces = 16;
/** Odd, so that a sample is torn in two. */
const firstPieceBytes = 8191;
const canned = new Map<string, Buffer>();

/** The way back to one client. */
export class SoundReply {
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

  async sendSound(options: SoundReplyOptions): Promise<void> {
    const { fault, headers, contentType } = options;
    if (fault?.kind === "hang") return;
    if (fault?.kind === "reset") {
      this.#response.socket?.resetAndDestroy();
      return;
    }
    if (fault?.kind === "html") {
      this.#response.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" });
      return this.#finish(page);
    }
    // Without this a body that is sent at once would carry its length, which no speech service does.
    const all = { ...headers, "transfer-encoding": "chunked" };
    this.#response.writeHead(200, contentType ? { ...all, "content-type": contentType } : all);
    await this.#sendBody(bodyOf(options), options);
  }

  async #sendBody(body: Buffer, { fault, cannedSeconds }: SoundReplyOptions): Promise<void> {
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
    } else if (cannedSeconds !== undefined || body.length <= firstPieceBytes) {
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

function bodyOf({ saying, packing, fault, cannedSeconds, ...options }: SoundReplyOptions): Buffer {
  const sampleRate = fault?.kind === "rate" ? fault.sampleRate : options.sampleRate;
  if (fault?.kind === "empty") return Buffer.alloc(0);
  if (fault?.kind === "short") return packSpeech(saying, sampleRate, packing, shortSamples);
  const body =
    cannedSeconds === undefined
      ? packSpeech(saying, sampleRate, packing)
      : cannedBody(cannedSeconds, sampleRate, packing);
  return fault?.kind === "odd" ? body.subarray(0, -1) : body;
}

function cannedBody(seconds: number, sampleRate: number, packing: Packing): Buffer {
  const name = `${seconds} ${sampleRate} ${packing}`;
  const body = canned.get(name) ?? packSpeech({ key: "canned", seconds }, sampleRate, packing);
  canned.set(name, body);
  return body;
}
