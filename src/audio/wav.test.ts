import { mkdtemp, open, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readMono, writeMono } from "./mono-clip.ts";
import type { SampleFormat } from "./wav-header.ts";
import { openWav } from "./wav-reader.ts";
import { createWav } from "./wav-writer.ts";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-"));
  path = join(folder, "sound.wav");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const formats: readonly SampleFormat[] = ["s16", "s24", "s32", "f32"];

function chunk(name: string, body: Buffer, size = body.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 0, "latin1");
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
}

function riff(chunks: readonly Buffer[], kind = "RIFF"): Buffer {
  const body = Buffer.concat([Buffer.from("WAVE"), ...chunks]);
  return chunk(kind, body, kind === "RIFF" ? body.length : 0xffff_ffff);
}

function formatChunk(options: {
  channels: number;
  tag?: number;
  bits?: number;
  isExtensible?: boolean;
}): Buffer {
  const { channels, tag = 1, bits = 16, isExtensible = false } = options;
  const body = Buffer.alloc(isExtensible ? 40 : 16);
  body.writeUInt16LE(isExtensible ? 0xfffe : tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(22_050, 4);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  if (isExtensible) {
    body.writeUInt16LE(22, 16);
    body.writeUInt16LE(tag, 24);
  }
  return chunk("fmt ", body);
}

function int16Bytes(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => {
    bytes.writeInt16LE(value, 2 * index);
  });
  return bytes;
}

async function readAll(bytes: Buffer): Promise<{ frames: number; values: number[] }> {
  await writeFile(path, bytes);
  await using wav = await openWav(path);
  const into = new Int16Array(wav.frames * wav.channels);
  expect(await wav.readInt16(0, into)).toBe(wav.frames);
  return { frames: wav.frames, values: [...into] };
}

describe("WAV", () => {
  it("gives back the 16-bit samples it was given, in every format, in whatever pieces", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...formats),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.int16Array({ maxLength: 20 }), { maxLength: 4 }),
        async (format, channels, pieces) => {
          const whole = pieces.map((piece) =>
            piece.subarray(0, piece.length - (piece.length % channels)),
          );
          {
            await using wav = await createWav(path, { sampleRate: 8000, channels, format });
            for (const piece of whole) await wav.write(piece);
          }
          const expected = whole.flatMap((piece) => [...piece]);
          await using wav = await openWav(path);
          expect(wav).toMatchObject({ sampleRate: 8000, channels, format });
          expect(wav.frames).toBe(expected.length / channels);
          const into = new Int16Array(expected.length);
          await wav.readInt16(0, into);
          expect([...into]).toEqual(expected);
          const intoSync = new Int16Array(expected.length);
          wav.readInt16Sync(0, intoSync);
          expect([...intoSync]).toEqual(expected);
          const floats = await wav.read(0, wav.frames);
          expect([...floats]).toEqual(expected.map((value) => value / 0x8000));
          expect((await stat(path)).size % 2).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("reads around chunks of any kind, order and size", async () => {
    const samples = [1, -2, 300, -400, 32767, -32768];
    const odd = fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes));
    const other = fc
      .tuple(fc.constantFrom("LIST", "JUNK", "fact", "bext", "id3 "), odd)
      .map(([name, body]) => chunk(name, body));
    await fc.assert(
      fc.asyncProperty(
        fc.array(other, { maxLength: 3 }),
        fc.array(other, { maxLength: 3 }),
        fc.array(other, { maxLength: 2 }),
        fc.boolean(),
        fc.boolean(),
        async (before, between, after, isDataFirst, isExtensible) => {
          const format = formatChunk({ channels: 2, isExtensible });
          const data = chunk("data", int16Bytes(samples));
          const [first, second] = isDataFirst ? [data, format] : [format, data];
          const file = riff([...before, first, ...between, second, ...after]);
          expect(await readAll(file)).toEqual({ frames: 3, values: samples });
        },
      ),
      { numRuns: 60 },
    );
  });

  it("reads past a chunk larger than any buffer", async () => {
    const file = riff([
      chunk("LIST", Buffer.alloc(100_001)),
      formatChunk({ channels: 1 }),
      chunk("data", int16Bytes([7, 8])),
    ]);
    expect(await readAll(file)).toEqual({ frames: 2, values: [7, 8] });
  });

  it.each([0, 0xffff_ffff])("reads a stream of size %i to the end of the file", async (size) => {
    const file = riff([formatChunk({ channels: 1 }), chunk("data", int16Bytes([5, 6, 7]), size)]);
    expect(await readAll(file)).toEqual({ frames: 3, values: [5, 6, 7] });
  });

  it("reads what is there of a file that was cut", async () => {
    const file = riff([
      formatChunk({ channels: 2 }),
      chunk("data", int16Bytes([1, 2, 3, 4, 5, 6])),
    ]);
    const cut = await readAll(file.subarray(0, file.length - 3));
    expect(cut).toEqual({ frames: 2, values: [1, 2, 3, 4] });
  });

  it("reads RF64 by its ds64 chunk, and not what follows the data", async () => {
    const sizes = Buffer.alloc(28);
    sizes.writeBigUInt64LE(6n, 8);
    const file = riff(
      [
        chunk("ds64", sizes),
        formatChunk({ channels: 1 }),
        chunk("data", int16Bytes([1, 2, 3]), 0xffff_ffff),
        chunk("LIST", Buffer.alloc(40)),
      ],
      "RF64",
    );
    expect(await readAll(file)).toEqual({ frames: 3, values: [1, 2, 3] });
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["text", Buffer.from("this is not a sound at all")],
    ["no data", riff([formatChunk({ channels: 1 })])],
    ["no format", riff([chunk("data", int16Bytes([1]))])],
    [
      "8-bit samples",
      riff([formatChunk({ channels: 1, bits: 8 }), chunk("data", Buffer.alloc(2))]),
    ],
    ["A-law", riff([formatChunk({ channels: 1, tag: 6 }), chunk("data", Buffer.alloc(2))])],
    ["no channel", riff([formatChunk({ channels: 0 }), chunk("data", Buffer.alloc(2))])],
  ])("refuses a file with %s as invalid_media, by name", async (_what, bytes) => {
    await writeFile(path, bytes);
    await expect(openWav(path)).rejects.toMatchObject({
      code: "invalid_media",
      message: expect.stringContaining(path),
    });
  });

  it("says not_found for a file that is not there", async () => {
    await expect(openWav(join(folder, "none.wav"))).rejects.toMatchObject({ code: "not_found" });
  });

  it("reads fewer frames at the end and none past it", async () => {
    await writeMono(path, Int16Array.of(1, 2, 3), 8000);
    await using wav = await openWav(path);
    const into = new Int16Array(5).fill(9);
    expect(await wav.readInt16(1, into)).toBe(2);
    expect([...into]).toEqual([2, 3, 9, 9, 9]);
    expect(await wav.read(10, 5)).toHaveLength(0);
    expect(wav.readInt16Sync(10, into)).toBe(0);
  });

  it("puts samples where they belong in any order, silent elsewhere, exactly as long as said", async () => {
    {
      await using wav = await createWav(path, { sampleRate: 8000, channels: 2, frames: 5 });
      await wav.writeAt(3, Int16Array.of(7, 8));
      await wav.writeAt(0, Int16Array.of(1, 2));
      await expect(wav.writeAt(5, Int16Array.of(1, 2))).rejects.toThrow(RangeError);
      await expect(wav.writeAt(1, Int16Array.of(1))).rejects.toThrow(RangeError);
    }
    await using wav = await openWav(path);
    const into = new Int16Array(10);
    expect(await wav.readInt16(0, into)).toBe(5);
    expect([...into]).toEqual([1, 2, 0, 0, 0, 0, 7, 8, 0, 0]);
  });

  it("becomes RF64 past 4 GiB, with the data at the same byte", async () => {
    const frames = 1_100_000_000;
    try {
      {
        await using wav = await createWav(path, { sampleRate: 48_000, channels: 2, frames });
        await wav.writeAt(frames - 1, Int16Array.of(11, -12));
      }
      await using wav = await openWav(path);
      expect(wav.frames).toBe(frames);
      const into = new Int16Array(2);
      await wav.readInt16(frames - 1, into);
      expect([...into]).toEqual([11, -12]);
      const file = await open(path, "r");
      const head = Buffer.alloc(80);
      await file.read(head, 0, 80, 0);
      await file.close();
      expect(head.toString("latin1", 0, 4)).toBe("RF64");
      expect(head.toString("latin1", 72, 76)).toBe("data");
    } finally {
      await truncate(path, 0);
    }
  });

  it("reads a clip of several channels as their mean", async () => {
    {
      await using wav = await createWav(path, { sampleRate: 16_000, channels: 2 });
      await wav.write(Int16Array.of(100, 200, -32768, 0));
    }
    const clip = await readMono(path);
    expect(clip.sampleRate).toBe(16_000);
    expect([...clip.samples].map((value) => value * 0x8000)).toEqual([150, -16384]);
  });

  it("clamps floats beyond full scale instead of wrapping them", async () => {
    await writeMono(path, Float32Array.of(1.5, -1.5, 0.5), 8000);
    await using wav = await openWav(path);
    const into = new Int16Array(3);
    await wav.readInt16(0, into);
    expect([...into]).toEqual([32767, -32768, 16384]);
  });
});
