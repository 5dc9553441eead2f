import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foundTools } from "../../test/support/found-tools.ts";
import { longOrShort } from "../../test/support/long-or-short.ts";
import { localFile, runFfmpeg } from "./ffmpeg.ts";
import { probe } from "./probe.ts";
import { encodeSound } from "./sound-encoder.ts";
import type { Tools } from "./tools.ts";

let tools: Tools;
let directory: string;
const at = (name: string): string => join(directory, name);
/** Three parts at least (see countParts), and not a whole number of AAC frames. */
const long = { rate: 16_000, frames: 16_000 * 62 + 333 };
/** Where the two parts meet: the middle of all AAC frames, whose first one is silent. */
const seam = (Math.round((Math.ceil(long.frames / 1024) + 1) / 2) - 1) * 1024;
/** Clicks exactly on the seam, around it, and far from it. */
const clicks = [1000, 200_000, seam - 1024, seam - 1, seam + 700, seam + 1024, 970_000];
const bitrateKbps = 64;
const clicksExactly = [...clicks, seam].sort((a, b) => a - b);

beforeAll(async () => {
  tools = await foundTools();
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
  await writeFile(at("clicks.wav"), wav(clicksExactly));
  await writeFile(at("seam.wav"), wav([seam]));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A quiet tone with clicks, stereo, at a low rate: what counts is how long it is. */
function wav(at: readonly number[], { frames, rate } = long): Buffer {
  const bytes = Buffer.alloc(44 + frames * 4);
  bytes.write("RIFF");
  bytes.writeUInt32LE(36 + frames * 4, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(2, 22);
  bytes.writeUInt32LE(rate, 24);
  bytes.writeUInt32LE(rate * 4, 28);
  bytes.writeUInt16LE(4, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(frames * 4, 40);
  for (let frame = 0; frame < frames; frame++) {
    const value = Math.round(1500 * Math.sin((2 * Math.PI * 330 * frame) / rate));
    bytes.writeInt16LE(value, 44 + frame * 4);
    bytes.writeInt16LE(value, 46 + frame * 4);
  }
  for (const frame of at) {
    bytes.writeInt16LE(28_000, 44 + frame * 4);
    bytes.writeInt16LE(28_000, 46 + frame * 4);
  }
  return bytes;
}

async function decode(name: string): Promise<Int16Array> {
  const args = ["-ac", "1", "-c:a", "pcm_s16le", "-f", "s16le", localFile(at("decoded.raw"))];
  await runFfmpeg(tools, ["-i", localFile(at(name)), ...args]);
  const bytes = await readFile(at("decoded.raw"));
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

async function encodeWhole(from: string, to: string): Promise<void> {
  const output = [
    "-c:a",
    "aac",
    "-b:a",
    "64k",
    "-flags:a",
    "+bitexact",
    "-f",
    "ipod",
    localFile(at(to)),
  ];
  await runFfmpeg(tools, ["-i", localFile(at(from)), ...output]);
}

/** The loudest sample near `position`. */
function peakNear(sound: Int16Array, position: number, reach = 300): number {
  let best = position;
  for (let index = position - reach; index <= position + reach; index++) {
    if (Math.abs(sound[index] ?? 0) > Math.abs(sound[best] ?? 0)) best = index;
  }
  return best;
}

describe("encodeSound", () => {
  it("gives long AAC the length and the sample positions of one encode, also on a seam", async () => {
    await encodeWhole("clicks.wav", "whole.m4a");
    const parts = { path: at("clicks.wav"), outPath: at("parts.m4a"), codec: "aac" as const };
    await encodeSound(tools, { ...parts, bitrateKbps, parts: 2 });
    const [whole, spliced] = [await decode("whole.m4a"), await decode("parts.m4a")];
    expect(spliced.length).toBe(whole.length);
    const [one, two] = [await probe(tools, at("whole.m4a")), await probe(tools, at("parts.m4a"))];
    expect(two.duration).toBeCloseTo(one.duration, 4);
    expect(two.startTime).toBe(one.startTime);
    for (const click of clicks) {
      expect(Math.abs(peakNear(spliced, click) - click), `click at ${click}`).toBeLessThanOrEqual(
        1,
      );
    }
    // Before the seam the parts are the same encode.
    const before = seam - 4 * 1024;
    const differs = spliced.findIndex((one, index) => index >= before || one !== whole[index]);
    expect(differs).toBe(before);
    expect((await readdir(directory)).filter((name) => name.startsWith(".tmp"))).toEqual([]);
  });

  it("makes no spike where parts meet", async () => {
    await encodeWhole("seam.wav", "whole.m4a");
    const parts = { path: at("seam.wav"), outPath: at("seam.m4a"), codec: "aac" as const };
    await encodeSound(tools, { ...parts, bitrateKbps, parts: 2 });
    const source = await readFile(at("seam.wav"));
    const distance = (sound: Int16Array): number => {
      let sum = 0;
      for (let frame = seam - 4096; frame < seam + 4096; frame++) {
        sum += (source.readInt16LE(44 + frame * 4) - (sound[frame] as number)) ** 2;
      }
      return Math.sqrt(sum / 8192);
    };
    const [whole, spliced] = [await decode("whole.m4a"), await decode("seam.m4a")];
    expect(Math.abs(peakNear(spliced, seam) - seam)).toBeLessThanOrEqual(1);
    expect(distance(spliced)).toBeLessThan(1.5 * distance(whole) + 10);
  });

  it("gives the same bytes for any number of processes and on every run", async () => {
    // Two processes made the first one, in the test above.
    const bytes = [await readFile(at("parts.m4a"))];
    for (const parts of longOrShort([1, 2], [1])) {
      const outPath = at("same.m4a");
      await encodeSound(tools, {
        path: at("clicks.wav"),
        outPath,
        codec: "aac",
        bitrateKbps,
        parts,
      });
      bytes.push(await readFile(outPath));
    }
    for (const one of bytes.slice(1)) expect(one.equals(bytes[0] as Buffer)).toBe(true);
  });

  it.each([
    ["aac", "m4a", 1],
    ["opus", "opus", 1],
    ["mp3", "mp3", 1],
    ["flac", "flac", 0],
    ["pcm", "wav", 0],
  ] as const)("keeps every sample of short sound in place as %s", async (codec, extension, off) => {
    const path = at("source.wav");
    await writeFile(path, wav([1000], { rate: 48_000, frames: 120_000 }));
    const name = `short.${extension}`;
    const seen: number[] = [];
    const onProgress = (seconds: number): number => seen.push(seconds);
    await encodeSound(tools, { path, outPath: at(name), codec }, { onProgress });
    expect(Math.abs(peakNear(await decode(name), 1000) - 1000)).toBeLessThanOrEqual(off);
    expect(seen.at(-1)).toBeGreaterThan(2);
  });

  it("ends all processes and leaves nothing behind when it is cancelled", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const run = encodeSound(
      tools,
      { path: at("clicks.wav"), outPath: at("cancelled.m4a"), codec: "aac", parts: 2 },
      { signal: controller.signal, onProgress: () => controller.abort(reason) },
    );
    await expect(run).rejects.toBe(reason);
    expect((await readdir(directory)).filter((name) => name.startsWith(".tmp"))).toEqual([]);
  });

  it("refuses what is not a WAV", async () => {
    await writeFile(at("text.wav"), "not sound at all");
    const request = { path: at("text.wav"), outPath: at("x.m4a"), codec: "aac" as const };
    await expect(encodeSound(tools, request)).rejects.toMatchObject({ code: "invalid_media" });
  });
});
