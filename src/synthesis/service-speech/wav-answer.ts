/** Sound as a service sends it, in memory: WAV in any of its usual forms, or bare samples. Not a reader of files. */
import { endianness } from "node:os";
import { DubberError } from "../../core/error.ts";

export type Sound = {
  /** Mono; a view of the bytes it was read from where they can be used as they are. */
  readonly audio: Int16Array<ArrayBuffer>;
  /** Hz. */
  readonly sampleRate: number;
};

type SampleKind = "u8" | "s16" | "s24" | "s32" | "f32";
type WavFormat = { readonly kind: SampleKind; readonly channels: number; readonly rate: number };

const sampleBytes: Readonly<Record<SampleKind, number>> = { u8: 1, s16: 2, s24: 3, s32: 4, f32: 4 };
/** Programs that write to a pipe leave this or something near the largest number for a size they cannot know. */
const leastUnknownSize = 0x7fff_0000;

export function isWav(bytes: Uint8Array): boolean {
  return bytes.length >= 12 && nameAt(bytes, 0) === "RIFF" && nameAt(bytes, 8) === "WAVE";
}

/**
 * Reads a WAV body: 8, 16, 24 or 32 bits or 32-bit floats, any number of channels (mixed down), any order of chunks; sizes
 * of 0 or 0xFFFFFFFF mean "to the end".
 *
 * @throws DubberError `engine_failed`, retryable when the sound is cut or damaged, not when it is stored in a way we do not read.
 */
export function readWavAnswer(bytes: Uint8Array<ArrayBuffer>): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: WavFormat | undefined;
  let position = 12;
  while (position + 8 <= bytes.length) {
    const name = nameAt(bytes, position);
    const size = view.getUint32(position + 4, true);
    const body = position + 8;
    const left = bytes.length - body;
    if (name === "data") {
      if (format === undefined) throw damaged("its fmt chunk is missing");
      const isUnknown = size === 0 || size >= leastUnknownSize;
      if (!isUnknown && size > left) {
        throw damaged(`it ends after ${left} of ${size} bytes of sound`);
      }
      return decode(bytes.subarray(body, isUnknown ? bytes.length : body + size), format);
    }
    if (name === "fmt ") format = readFormat(view, body, Math.min(size, left));
    position = body + size + (size % 2);
  }
  throw damaged("it has no sound in it");
}

/**
 * Bare samples: 16 bits, little-endian, mono.
 *
 * @throws DubberError `engine_failed`, retryable, for an odd number of bytes.
 */
export function readRawAnswer(bytes: Uint8Array<ArrayBuffer>, sampleRate: number): Sound {
  return decode(bytes, { kind: "s16", channels: 1, rate: sampleRate });
}

function decode(data: Uint8Array<ArrayBuffer>, { kind, channels, rate }: WavFormat): Sound {
  const frameBytes = sampleBytes[kind] * channels;
  if (data.length % frameBytes !== 0) {
    throw damaged(`${data.length} bytes are no whole number of ${frameBytes}-byte samples`);
  }
  if (kind === "s16" && channels === 1) return { audio: viewSamples(data), sampleRate: rate };
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const audio = new Int16Array(data.length / frameBytes);
  const step = sampleBytes[kind];
  for (let index = 0, at = 0; index < audio.length; index++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, at += step) sum += read(view, at, kind);
    audio[index] = Math.max(-0x8000, Math.min(0x7fff, Math.round(sum / channels)));
  }
  return { audio, sampleRate: rate };
}

/** One sample on the scale of 16 bits. */
function read(view: DataView, at: number, kind: SampleKind): number {
  switch (kind) {
    case "u8":
      return (view.getUint8(at) - 128) * 256;
    case "s16":
      return view.getInt16(at, true);
    case "s24":
      return (view.getUint16(at, true) | (view.getInt8(at + 2) << 16)) / 256;
    case "s32":
      return view.getInt32(at, true) / 65_536;
    case "f32": {
      const value = view.getFloat32(at, true) * 32_768;
      return Number.isNaN(value) ? 0 : value;
    }
  }
}

/** The bytes as numbers; copied only where they begin at an odd byte. */
function viewSamples(data: Uint8Array<ArrayBuffer>): Int16Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = aligned(data);
  if (endianness() === "BE") Buffer.from(buffer, byteOffset, byteLength).swap16();
  return new Int16Array(buffer, byteOffset, byteLength / 2);
}

function aligned(data: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return data.byteOffset % 2 === 0 ? data : new Uint8Array(data);
}

function readFormat(view: DataView, at: number, size: number): WavFormat {
  if (size < 16) throw damaged("its fmt chunk is cut short");
  let tag = view.getUint16(at, true);
  const channels = view.getUint16(at + 2, true);
  const rate = view.getUint32(at + 4, true);
  const bits = view.getUint16(at + 14, true);
  // WAVE_FORMAT_EXTENSIBLE keeps the real tag in the first two bytes of its sub-format.
  if (tag === 0xfffe && size >= 26) tag = view.getUint16(at + 24, true);
  const kind = kindOf(tag, bits);
  if (kind === undefined) {
    const message = `The service sent WAV with ${bits}-bit samples of format ${tag}, which Dubber does not read.`;
    const hint = "Let the server answer with 16-bit PCM.";
    throw new DubberError("engine_failed", message, { hint });
  }
  if (channels < 1) throw damaged("it has 0 channels");
  if (rate < 4000 || rate > 384_000) throw damaged(`its sample rate is ${rate} Hz`);
  return { kind, channels, rate };
}

function kindOf(tag: number, bits: number): SampleKind | undefined {
  if (tag === 3) return bits === 32 ? "f32" : undefined;
  if (tag !== 1) return undefined;
  return ({ 8: "u8", 16: "s16", 24: "s24", 32: "s32" } as const)[bits];
}

function nameAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function damaged(reason: string): DubberError {
  return new DubberError("engine_failed", `The service sent damaged sound: ${reason}.`, {
    retryable: true,
  });
}
