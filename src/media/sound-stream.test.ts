import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { foundTools } from "../../test/support/found-tools.ts";
import { localFile, runFfmpeg } from "./ffmpeg.ts";
import { soundFormats } from "./sound-format.ts";
import { openSoundStream, type SoundStream } from "./sound-stream.ts";
import type { Tools } from "./tools.ts";

let tools: Tools;
let directory: string;
const at = (name: string): string => join(directory, name);
const sampleRate = 24_000;
const hertz = 440;
const tone = (seconds: number, rate = sampleRate): Int16Array =>
  Int16Array.from({ length: Math.round(seconds * rate) }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hertz * index) / rate)),
  );
const formats = ["mp3", "opus", "aac", "flac", "wav", "pcm"] as const;
const encoded = ["mp3", "opus", "aac", "flac"] as const;

beforeAll(async () => {
  tools = await foundTools();
  directory = await mkdtemp(join(tmpdir(), "dubber-stream-"));
  // Writes its process id, then becomes ffmpeg.
  await script("ffmpeg", `echo $$ > ${at("pid")}\nexec ${tools.ffmpeg} "$@"`);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function script(name: string, lines: string): Promise<Tools> {
  await writeFile(at(name), `#!/bin/sh\n${lines}\n`);
  await chmod(at(name), 0o755);
  return { ...tools, ffmpeg: at(name) };
}
async function openWatched(format: (typeof encoded)[number]): Promise<SoundStream> {
  await rm(at("pid"), { force: true });
  const stream = openSoundStream({ ...tools, ffmpeg: at("ffmpeg") }, { format, sampleRate });
  await vi.waitFor(async () => expect(await pid()).toBeGreaterThan(0));
  return stream;
}
async function pid(): Promise<number> {
  return Number(await readFile(at("pid"), "utf8"));
}
async function expectGone(): Promise<void> {
  const gone = await pid();
  expect(gone).toBeGreaterThan(0);
  expect(() => process.kill(gone, 0)).toThrow();
}

async function readAll(stream: SoundStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream.readable) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Writes in pieces of 0.1 s, as an engine speaks. */
async function writeAll(stream: SoundStream, samples: Int16Array): Promise<void> {
  for (let index = 0; index < samples.length; index += 2400) {
    await stream.write(samples.subarray(index, index + 2400));
  }
}

async function decode(bytes: Buffer, format: string, rate: number): Promise<Int16Array> {
  await writeFile(at("coded"), bytes);
  const raw = format === "pcm" ? ["-f", "s16le", "-ar", `${rate}`, "-ac", "1"] : [];
  const output = ["-ar", `${rate}`, "-ac", "1", "-f", "s16le", localFile(at("decoded"))];
  await runFfmpeg(tools, [...raw, "-i", localFile(at("coded")), ...output]);
  const decoded = await readFile(at("decoded"));
  return new Int16Array(
    decoded.buffer.slice(decoded.byteOffset, decoded.byteOffset + decoded.length),
  );
}

/** The share of the power that the tone has, whatever its phase; the edges, where codecs fade, left out. */
function toneShare(samples: Int16Array, rate: number): number {
  let [sine, cosine, power, count] = [0, 0, 0, 0];
  for (const [index, sample] of samples.entries()) {
    if (index < rate / 10 || index >= samples.length - rate / 10) continue;
    const angle = (2 * Math.PI * hertz * index) / rate;
    sine += sample * Math.sin(angle);
    cosine += sample * Math.cos(angle);
    power += sample ** 2;
    count++;
  }
  return (2 * (sine ** 2 + cosine ** 2)) / (count * power);
}

describe.each(formats)("a stream of %s", (format) => {
  it("is the sound that was written, as long as it was", async () => {
    const stream = openSoundStream(tools, { format, sampleRate });
    const bytes = readAll(stream);
    await writeAll(stream, tone(3));
    await stream.end();
    const samples = await decode(await bytes, format, sampleRate);
    // Decoders that are told the delay leave it out.
    const padding = soundFormats[format].paddingSamples + 1;
    expect(samples.length).toBeGreaterThanOrEqual(3 * sampleRate - 1);
    expect(samples.length).toBeLessThanOrEqual(3 * sampleRate + padding);
    expect(toneShare(samples, sampleRate)).toBeGreaterThan(0.99);
    expect(stream.contentType).toMatch(/^audio\//);
  });

  it("comes while it is still being written", async () => {
    const stream = openSoundStream(tools, { format, sampleRate });
    const early: Buffer[] = [];
    stream.readable.on("data", (chunk: Buffer) => early.push(chunk));
    await stream.write(tone(0.5));
    // More than a header: whole frames of sound.
    await vi.waitFor(() => expect(Buffer.concat(early).length).toBeGreaterThan(1000));
    const ended = once(stream.readable, "end");
    await stream.end();
    await ended;
    expect(early.length).toBeGreaterThan(0);
  });

  it("waits while its reader does", async () => {
    const stream = openSoundStream(tools, { format, sampleRate });
    let isThrough = false;
    // An hour, which no pipe holds.
    const writing = (async () => {
      for (let second = 0; second < 3600; second += 10) await stream.write(tone(10));
      isThrough = true;
    })().catch((error: unknown) => error);
    await once(stream.readable, "readable");
    const first = stream.readable.read() as Buffer;
    expect(first.length).toBeGreaterThan(0);
    expect(stream.readable.readableLength).toBeLessThan(1024 * 1024);
    expect(isThrough).toBe(false);
    await stream.abort(new Error("enough"));
    expect(await writing).toMatchObject({ message: "enough" });
  });

  it("takes another rate and pieces of nothing", async () => {
    const slow = openSoundStream(tools, { format, sampleRate: 22_050, outRate: 24_000 });
    const bytes = readAll(slow);
    await slow.write(new Int16Array(0));
    await slow.write(tone(2, 22_050));
    await slow.end();
    const samples = await decode(await bytes, format, 24_000);
    expect(samples.length / 24_000).toBeGreaterThan(1.999);
    expect(samples.length / 24_000).toBeLessThan(2.1);
    expect(toneShare(samples, 24_000)).toBeGreaterThan(0.99);
  });

  it("takes a single sample", async () => {
    const tiny = openSoundStream(tools, { format, sampleRate });
    const few = readAll(tiny);
    await tiny.write(Int16Array.of(1000));
    await tiny.end();
    // Opus keeps 6.5 ms for its start, and a sample is not much beside that.
    const left = (await decode(await few, format, sampleRate)).length;
    expect(left).toBeGreaterThanOrEqual(format === "opus" ? 0 : 1);
  });

  it("without a sample is an error to both sides", async () => {
    const stream = openSoundStream(tools, { format, sampleRate });
    const bytes = readAll(stream);
    bytes.catch(() => {});
    await expect(stream.end()).rejects.toMatchObject({ code: "invalid_media" });
    await expect(bytes).rejects.toMatchObject({ code: "invalid_media" });
    await expect(stream.write(tone(1))).rejects.toMatchObject({ code: "invalid_media" });
  });

  it("ends with the signal's own reason, and throws it at once when that came before", async () => {
    const ending = new AbortController();
    const reason = new Error("enough");
    const call = { signal: ending.signal };
    const stream = openSoundStream(tools, { format, sampleRate }, call);
    const bytes = readAll(stream);
    bytes.catch(() => {});
    await stream.write(tone(0.5));
    ending.abort(reason);
    await expect(bytes).rejects.toBe(reason);
    await expect(stream.write(tone(0.5))).rejects.toBe(reason);
    await expect(stream.end()).rejects.toBe(reason);
    expect(() => openSoundStream(tools, { format, sampleRate }, call)).toThrow(reason);
  });

  it("takes nothing after its end, which may be asked for twice and given up in vain", async () => {
    const stream = openSoundStream(tools, { format, sampleRate });
    const bytes = readAll(stream);
    await stream.write(tone(0.2));
    await stream.end();
    await stream.end();
    await expect(stream.write(tone(0.1))).rejects.toThrow("after the end");
    const whole = await bytes;
    await stream.abort();
    expect(whole.length).toBeGreaterThan(100);
  });
});

describe.each(encoded)("the encoder of %s", (format) => {
  it("is ended when its reader leaves", async () => {
    const stream = await openWatched(format);
    const writing = (async () => {
      for (;;) await stream.write(tone(0.5));
    })().catch((error: unknown) => error);
    for await (const chunk of stream.readable) {
      expect((chunk as Buffer).length).toBeGreaterThan(0);
      break;
    }
    expect(await writing).toMatchObject({ name: "AbortError" });
    await stream.abort();
    await expectGone();
    await expect(stream.end()).rejects.toMatchObject({ name: "AbortError" });
  });

  it("is gone when it was given up, whatever it was doing", async () => {
    const stream = await openWatched(format);
    await stream.write(tone(0.5));
    await stream.abort();
    await expectGone();
    await expect(readAll(stream)).rejects.toMatchObject({ name: "AbortError" });
  });

  it.each(["SIGTERM", "SIGKILL"] as const)(
    "that is ended by %s is an error to the reader, never an end",
    async (signal) => {
      const stream = await openWatched(format);
      const bytes = readAll(stream);
      bytes.catch(() => {});
      await stream.write(tone(1));
      await once(stream.readable, "data");
      process.kill(await pid(), signal);
      // On SIGTERM it leaves at the next thing that comes: more sound, or the end.
      await expect(stream.end()).rejects.toMatchObject({ code: "tool_failed", retryable: true });
      await expect(bytes).rejects.toMatchObject({ code: "tool_failed", retryable: true });
      await expect(stream.write(tone(1))).rejects.toMatchObject({ code: "tool_failed" });
    },
  );
});

describe("an encoder", () => {
  it("that fails, ends early or is not there is an error, also when nobody reads yet", async () => {
    const failing = await script("failing", "echo it went wrong >&2\nexit 3");
    const early = await script("early", "head -c 1000\nexit 0");
    const cases = [
      [failing, "it went wrong"],
      [early, "before its input"],
      [{ ...tools, ffmpeg: at("nowhere") }, "could not be started"],
    ] as const;
    for (const [own, message] of cases) {
      const stream = openSoundStream(own, { format: "mp3", sampleRate });
      const writing = (async () => {
        for (;;) await stream.write(tone(1));
      })();
      await expect(writing).rejects.toThrow(message);
      await expect(stream.end()).rejects.toThrow(message);
      await expect(readAll(stream)).rejects.toThrow();
    }
  });

  it("says that it lacks a rate, as an error of the stream", async () => {
    const stream = openSoundStream(tools, { format: "opus", sampleRate, outRate: 22_050 });
    const bytes = readAll(stream);
    bytes.catch(() => {});
    await stream.write(tone(0.5)).catch(() => {});
    await expect(stream.end()).rejects.toMatchObject({ code: "tool_failed" });
    await expect(bytes).rejects.toMatchObject({ code: "tool_failed" });
    for (const rate of [0, 0.5, Number.NaN, 1e9]) {
      const open = () => openSoundStream(tools, { format: "wav", sampleRate: rate });
      expect(open).toThrow(expect.objectContaining({ code: "invalid_options" }));
    }
  });
});

describe("WAV and PCM at their own rate", () => {
  it("need no process, and are the samples themselves", async () => {
    const none = { ...tools, ffmpeg: at("nowhere") };
    for (const format of ["wav", "pcm"] as const) {
      const stream = openSoundStream(none, { format, sampleRate });
      const bytes = readAll(stream);
      const samples = tone(1);
      await stream.write(samples);
      const written = samples.slice();
      // Written means taken: the array may be used again.
      samples.fill(0);
      await stream.end();
      const whole = await bytes;
      const header = format === "wav" ? 44 : 0;
      expect(whole.subarray(header).equals(Buffer.from(written.buffer))).toBe(true);
      if (format === "pcm") continue;
      expect([whole.readUInt32LE(4), whole.readUInt32LE(40)]).toEqual([0xffff_ffff, 0xffff_ffff]);
      expect(whole.readUInt32LE(24)).toBe(sampleRate);
    }
  });

  it("let a writer go whose reader has left", async () => {
    const stream = openSoundStream(tools, { format: "pcm", sampleRate });
    const writing = (async () => {
      for (;;) await stream.write(tone(1));
    })();
    writing.catch(() => {});
    await once(stream.readable, "readable");
    stream.readable.destroy();
    await expect(writing).rejects.toMatchObject({ name: "AbortError" });
  });
});
