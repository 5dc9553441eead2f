import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foundTools } from "../../test/support/found-tools.ts";
import { longOrShort } from "../../test/support/long-or-short.ts";
import { localFile, runFfmpeg } from "./ffmpeg.ts";
import { probe } from "./probe.ts";
import { encodeSoundFile, type SoundFile } from "./sound-file.ts";
import { type SoundFormat, soundFormats } from "./sound-format.ts";
import type { Tools } from "./tools.ts";

let tools: Tools;
let directory: string;
const at = (name: string): string => join(directory, name);
const formats = ["mp3", "opus", "aac", "flac", "wav", "pcm"] as const;
const tone = (seconds: number, rate: number): Int16Array =>
  Int16Array.from({ length: Math.round(seconds * rate) }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 440 * index) / rate)),
  );
async function* inPieces(...pieces: readonly Int16Array[]): AsyncGenerator<Int16Array> {
  yield* pieces;
}

beforeAll(async () => {
  tools = await foundTools();
  directory = await mkdtemp(join(tmpdir(), "dubber-file-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function encode(
  format: SoundFormat,
  sampleRate: number,
  samples: AsyncIterable<Int16Array>,
  { outRate, own = tools }: { readonly outRate?: number; readonly own?: Tools } = {},
): Promise<SoundFile> {
  const outPath = at(`sound${soundFormats[format].extension}`);
  return await encodeSoundFile(own, { format, sampleRate, outRate, samples, outPath });
}

const rates = [8000, 22_050, 24_000, 44_100, 48_000];

describe.each(formats)("a file of %s", (format) => {
  const one = formats.indexOf(format) % rates.length;
  it.each(longOrShort(rates, [rates[one] as number]))(
    "from %i Hz says its length",
    async (rate) => {
      const file = await encode(format, rate, inPieces(tone(1.5, rate), tone(0.75, rate)));
      const path = at(`sound${soundFormats[format].extension}`);
      expect(file.seconds).toBeCloseTo(2.25, 3);
      expect(file.sizeBytes).toBe((await stat(path)).size);
      expect(file.sampleRate).toBe(format === "opus" ? 48_000 : rate);
      if (format === "pcm") return;
      const info = await probe(tools, path);
      const padding = soundFormats[format].paddingSamples / rate;
      expect(info.duration).toBeGreaterThan(2.249);
      expect(info.duration).toBeLessThanOrEqual(2.251 + padding);
      expect(info.audio[0]).toMatchObject({ channels: 1 });
    },
  );

  it("at another rate, and of a single sample", async () => {
    const file = await encode(format, 22_050, inPieces(tone(1, 22_050)), { outRate: 24_000 });
    expect(file).toMatchObject({ seconds: 1, sampleRate: format === "opus" ? 48_000 : 24_000 });
    if (format === "pcm") expect(file.sizeBytes).toBe(48_000);
    if (format === "wav") expect(file.sizeBytes).toBe(48_044);
    const tiny = await encode(format, 24_000, inPieces(Int16Array.of(5)));
    expect(tiny.seconds).toBe(1 / 24_000);
  });

  it("without a sample, or with a source that fails, is an error", async () => {
    const empty = encode(format, 24_000, inPieces(new Int16Array(0)));
    await expect(empty).rejects.toMatchObject({ code: "invalid_media" });
    const reason = new Error("the engine is gone");
    async function* broken(): AsyncGenerator<Int16Array> {
      yield tone(1, 24_000);
      throw reason;
    }
    await expect(encode(format, 24_000, broken())).rejects.toBe(reason);
  });

  it("ends with the signal's own reason", async () => {
    const ending = new AbortController();
    const reason = new Error("enough");
    let count = 0;
    async function* endless(): AsyncGenerator<Int16Array> {
      for (;;) {
        if (count++ === 5) ending.abort(reason);
        yield tone(1, 24_000);
      }
    }
    const outPath = at(`ended${soundFormats[format].extension}`);
    const options = { format, sampleRate: 24_000, samples: endless(), outPath };
    const work = encodeSoundFile(tools, options, { signal: ending.signal });
    await expect(work).rejects.toBe(reason);
  });
});

describe("a sound file", () => {
  it("keeps every sample where nothing is lost", async () => {
    const samples = tone(1.25, 24_000);
    for (const format of ["flac", "wav", "pcm"] as const) {
      await encode(format, 24_000, inPieces(samples.subarray(0, 9999), samples.subarray(9999)));
      const path = at(`sound${soundFormats[format].extension}`);
      const raw = format === "pcm" ? ["-f", "s16le", "-ar", "24000", "-ac", "1"] : [];
      const output = ["-f", "s16le", localFile(at("decoded"))];
      await runFfmpeg(tools, [...raw, "-i", localFile(path), ...output]);
      expect((await readFile(at("decoded"))).equals(Buffer.from(samples.buffer))).toBe(true);
    }
  });

  it("is a WAV with the plain header, also when it was resampled", async () => {
    for (const outRate of [24_000, 16_000]) {
      await encode("wav", 24_000, inPieces(tone(1, 24_000)), { outRate });
      const bytes = await readFile(at("sound.wav"));
      expect(bytes.toString("latin1", 36, 40)).toBe("data");
      expect(bytes.readUInt32LE(40)).toBe(outRate * 2);
      expect(bytes.length).toBe(44 + outRate * 2);
    }
  });

  it("that comes out shorter than it went in is no success", async () => {
    // Reads everything, encodes half a second.
    const script = `#!/bin/sh\nlast=\nfor one; do [ -n "$last" ] && set -- "$@" "$last"; last=$one; shift; done\n`;
    const cut = `exec ${tools.ffmpeg} "$@" -t 0.5 "$last"\n`;
    await writeFile(at("short"), script + cut);
    await chmod(at("short"), 0o755);
    const own = { ...tools, ffmpeg: at("short") };
    for (const format of ["mp3", "opus", "aac", "flac"] as const) {
      const work = encode(format, 24_000, inPieces(tone(2, 24_000)), { own });
      await expect(work).rejects.toMatchObject({ code: "tool_failed" });
    }
  });

  it("cannot be written where there is no folder", async () => {
    for (const format of ["pcm", "mp3"] as const) {
      const outPath = at(`nowhere/sound${soundFormats[format].extension}`);
      const samples = inPieces(tone(1, 24_000));
      const work = encodeSoundFile(tools, { format, sampleRate: 24_000, samples, outPath });
      await expect(work).rejects.toMatchObject({ name: "DubberError" });
    }
  });
});
