import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeWavClip } from "../wav-clip.ts";
import { isWav, readRawAnswer, readWavAnswer } from "./wav-answer.ts";

type Parts = {
  tag?: number;
  bits?: number;
  channels?: number;
  rate?: number;
  size?: number;
  before?: Buffer;
  data: Buffer;
};

function wav({ tag = 1, bits = 16, channels = 1, rate = 24_000, size, before, data }: Parts) {
  const format = Buffer.alloc(24);
  format.write("fmt ", 0, "latin1");
  format.writeUInt32LE(16, 4);
  format.writeUInt16LE(tag, 8);
  format.writeUInt16LE(channels, 10);
  format.writeUInt32LE(rate, 12);
  format.writeUInt32LE((rate * channels * bits) / 8, 16);
  format.writeUInt16LE((channels * bits) / 8, 20);
  format.writeUInt16LE(bits, 22);
  const head = Buffer.from("data\0\0\0\0", "latin1");
  head.writeUInt32LE(size ?? data.length, 4);
  const riff = Buffer.from("RIFF\xff\xff\xff\xffWAVE", "latin1");
  return new Uint8Array(Buffer.concat([riff, before ?? Buffer.alloc(0), format, head, data]));
}

const sixteen = (...samples: number[]) => Buffer.from(new Int16Array(samples).buffer);

describe("readWavAnswer", () => {
  it("reads back what a clip was written with, without copying it", () => {
    fc.assert(
      fc.property(
        fc.int16Array({ minLength: 1 }),
        fc.integer({ min: 8000, max: 96_000 }),
        (audio, rate) => {
          const bytes = new Uint8Array(encodeWavClip(audio, rate));
          const sound = readWavAnswer(bytes);
          expect(sound).toEqual({ audio, sampleRate: rate });
          expect(sound.audio.buffer).toBe(bytes.buffer);
        },
      ),
    );
  });

  it.each([0, 0xffff_ffff, 0x7fff_ffff, 0x7fff_f000])("takes the size %s for unknown", (size) => {
    expect([...readWavAnswer(wav({ size, data: sixteen(1, 2, 3) })).audio]).toEqual([1, 2, 3]);
  });

  it("skips other chunks, also of odd length, and what follows the sound", () => {
    const before = Buffer.from("LIST\x03\0\0\0abc\0", "latin1");
    const data = Buffer.concat([sixteen(5, -6), Buffer.from("LIST\x02\0\0\0ab", "latin1")]);
    expect([...readWavAnswer(wav({ before, size: 4, data })).audio]).toEqual([5, -6]);
    const odd = Buffer.from("junk\x03\0\0\0abc", "latin1");
    expect(() => readWavAnswer(wav({ before: odd, data: sixteen(1) }))).toThrow(/no sound/);
  });

  it("reads sound at an odd place of a larger buffer, also where a slice would copy nothing", () => {
    const whole = wav({ data: sixteen(1, -2, 300) });
    const larger = Buffer.alloc(whole.length + 1);
    larger.set(whole, 1);
    expect([...readWavAnswer(larger.subarray(1) as Buffer<ArrayBuffer>).audio]).toEqual([
      1, -2, 300,
    ]);
  });

  it("reads sound that begins at an odd byte", () => {
    const bytes = wav({ data: sixteen(7, 8) });
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect([...readWavAnswer(shifted.subarray(1)).audio]).toEqual([7, 8]);
  });

  it.each([
    ["8 bits", { bits: 8, data: Buffer.from([0, 128, 255]) }, [-32_768, 0, 32_512]],
    ["24 bits", { bits: 24, data: Buffer.from([0, 0, 0x80, 0xff, 0xff, 0x7f]) }, [-32_768, 32_767]],
    [
      "32 bits",
      { bits: 32, data: Buffer.from(new Int32Array([-(2 ** 31), 65_536]).buffer) },
      [-32_768, 1],
    ],
    [
      "floats",
      { tag: 3, bits: 32, data: Buffer.from(new Float32Array([-2, 0.5, 2, Number.NaN]).buffer) },
      [-32_768, 16_384, 32_767, 0],
    ],
    ["stereo", { channels: 2, data: sixteen(10, 20, -30, 10) }, [15, -10]],
  ])("reads %s", (_, parts, samples) => {
    expect([...readWavAnswer(wav(parts)).audio]).toEqual(samples);
  });

  it.each([
    ["sound that ends early", { size: 8, data: sixteen(1, 2) }, /4 of 8 bytes/],
    ["half a sample", { size: 0, data: Buffer.alloc(3) }, /3 bytes/],
    ["half a frame", { channels: 2, data: sixteen(1) }, /2 bytes/],
    ["no channel", { channels: 0, data: sixteen(1) }, /0 channels/],
    ["no rate", { rate: 0, data: sixteen(1) }, /0 Hz/],
  ])("refuses %s, which another try may mend", (_, parts, message) => {
    expect(() => readWavAnswer(wav(parts))).toThrow(message);
    expect(() => readWavAnswer(wav(parts))).toThrow(
      expect.objectContaining({ code: "engine_failed", retryable: true }),
    );
  });

  it.each([
    [6, 8],
    [0x55, 16],
    [3, 64],
    [1, 12],
  ])("refuses samples of format %s with %s bits for good", (tag, bits) => {
    expect(() => readWavAnswer(wav({ tag, bits, data: Buffer.alloc(8) }))).toThrow(
      expect.objectContaining({ code: "engine_failed", retryable: false }),
    );
  });

  it("never throws anything but its own errors", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (tail) => {
        const bytes = new Uint8Array([...wav({ data: sixteen(1) }).subarray(0, 12), ...tail]);
        try {
          readWavAnswer(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: "engine_failed" });
        }
      }),
    );
  });
});

describe("isWav", () => {
  it("looks at both names", () => {
    expect(isWav(wav({ data: sixteen(1) }))).toBe(true);
    expect(isWav(Buffer.from("RIFF1234AVI LIST"))).toBe(false);
    expect(isWav(Buffer.from("RIFF"))).toBe(false);
  });
});

describe("readRawAnswer", () => {
  it("reads little-endian samples and refuses half a one", () => {
    expect(readRawAnswer(new Uint8Array([1, 0, 0xff, 0xff]), 22_050)).toEqual({
      audio: new Int16Array([1, -1]),
      sampleRate: 22_050,
    });
    expect(() => readRawAnswer(new Uint8Array(3), 24_000)).toThrow(/3 bytes/);
  });
});
