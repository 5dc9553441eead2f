/** The bytes of a good answer, sound or text, and what a fault leaves of them. */
import { type Packing, packSpeech, type Saying } from "./fake-speech.ts";
import type { Fault } from "./fault.ts";

export type SoundBodyOptions = {
  readonly saying: Saying;
  /** Hz. */
  readonly sampleRate: number;
  readonly packing: Packing;
  /** One prepared body of this many seconds instead. */
  readonly cannedSeconds?: number;
};

const shortSamples = 10;
const shortBytes = 10;
const canned = new Map<string, Buffer>();

/** Sound, as a fault leaves it. */
export function soundBody(
  { saying, packing, cannedSeconds, ...options }: SoundBodyOptions,
  fault: Fault | undefined,
): Buffer {
  const sampleRate = fault?.kind === "rate" ? fault.sampleRate : options.sampleRate;
  if (fault?.kind === "empty") return Buffer.alloc(0);
  if (fault?.kind === "short") return packSpeech(saying, sampleRate, packing, shortSamples);
  const body =
    cannedSeconds === undefined
      ? packSpeech(saying, sampleRate, packing)
      : cannedBody(cannedSeconds, sampleRate, packing);
  return fault?.kind === "odd" ? body.subarray(0, -1) : body;
}

/** Text, as a fault leaves it: `odd` takes its last byte, `short` leaves ten, `rate` means nothing to it. */
export function textBody(text: string, fault: Fault | undefined): Buffer {
  const body = Buffer.from(text);
  if (fault?.kind === "empty") return Buffer.alloc(0);
  if (fault?.kind === "short") return body.subarray(0, shortBytes);
  return fault?.kind === "odd" ? body.subarray(0, -1) : body;
}

function cannedBody(seconds: number, sampleRate: number, packing: Packing): Buffer {
  const name = `${seconds} ${sampleRate} ${packing}`;
  const body = canned.get(name) ?? packSpeech({ key: "canned", seconds }, sampleRate, packing);
  canned.set(name, body);
  return body;
}
