/** Samples as bytes ⇄ samples as numbers, for every format a WAV file may have. */
import { type SampleFormat, sampleBytes } from "./wav-header.ts";

/** True where the machine stores numbers as WAV does; then 16-bit samples need no conversion at all. */
export const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** `bytes` as floats, −1 to 1 (float samples keep what lies beyond). A last incomplete sample is dropped. */
export function decodeFloat(bytes: Uint8Array, format: SampleFormat): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const step = sampleBytes[format];
  const samples = new Float32Array(Math.floor(bytes.byteLength / step));
  for (let index = 0, at = 0; index < samples.length; index++, at += step) {
    if (format === "s16") samples[index] = view.getInt16(at, true) / 0x8000;
    else if (format === "s24") samples[index] = readInt24(view, at) / 0x80_0000;
    else if (format === "s32") samples[index] = view.getInt32(at, true) / 0x8000_0000;
    else samples[index] = view.getFloat32(at, true);
  }
  return samples;
}

/** Decodes `bytes` into the front of `into`, rounded to the nearest 16-bit value and clamped. */
export function decodeInt16(bytes: Uint8Array, format: SampleFormat, into: Int16Array): void {
  const samples = decodeFloat(bytes, format);
  for (let index = 0; index < samples.length; index++)
    into[index] = toInt16(samples[index] as number);
}

/** Floats (−1 to 1) or 16-bit samples as the bytes of `format`; what lies beyond full scale is clamped. */
export function encodeSamples(
  samples: Float32Array | Int16Array,
  format: SampleFormat,
): Uint8Array {
  if (format === "s16" && samples instanceof Int16Array && isLittleEndian) {
    return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  }
  const scale = samples instanceof Int16Array ? 1 / 0x8000 : 1;
  const step = sampleBytes[format];
  const bytes = new Uint8Array(samples.length * step);
  const view = new DataView(bytes.buffer);
  for (let index = 0, at = 0; index < samples.length; index++, at += step) {
    const value = (samples[index] as number) * scale;
    if (format === "s16") view.setInt16(at, toInt16(value), true);
    else if (format === "s24") writeInt24(view, at, toWhole(value, 0x80_0000));
    else if (format === "s32") view.setInt32(at, toWhole(value, 0x8000_0000), true);
    else view.setFloat32(at, value, true);
  }
  return bytes;
}

/** The nearest 16-bit value of a float sample, clamped. */
function toInt16(value: number): number {
  return toWhole(value, 0x8000);
}

function toWhole(value: number, scale: number): number {
  return Math.max(-scale, Math.min(scale - 1, Math.round(value * scale)));
}

function readInt24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getInt8(at + 2) << 16);
}

function writeInt24(view: DataView, at: number, value: number): void {
  view.setUint16(at, value & 0xffff, true);
  view.setInt8(at + 2, value >> 16);
}
