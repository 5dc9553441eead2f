import { describe, expect, it } from "vitest";
import { named } from "../../../test/support/named.ts";
import { encodeWavClip } from "../wav-clip.ts";
import { readSound } from "./sound-answer.ts";

const rate = 24_000;
const tone = (seconds: number, sampleRate = rate) =>
  Int16Array.from({ length: seconds * sampleRate }, (_, at) => 8000 * Math.sin(at / 9));
const bare = (audio: Int16Array) => new Uint8Array(audio.slice().buffer as ArrayBuffer);
const read = (
  body: Uint8Array<ArrayBuffer>,
  type?: string,
  more: { text?: string; bareRate?: number } = {},
) =>
  readSound(
    { status: 200, headers: type === undefined ? {} : { "content-type": type }, body },
    { title: "The service", text: "Hello", ...more },
  );
const retryable = (value: boolean) =>
  expect.objectContaining({ code: "engine_failed", retryable: value });

describe("readSound", () => {
  it("reads WAV whatever its type says, also where bare samples are usual", () => {
    const body = new Uint8Array(encodeWavClip(tone(1, 16_000), 16_000));
    expect(read(body).sampleRate).toBe(16_000);
    expect(read(body, "text/plain", { bareRate: 22_050 }).sampleRate).toBe(16_000);
  });

  it("takes bare samples only from a service that says so, or that sends nothing else", () => {
    const body = bare(tone(1));
    expect(read(body, "audio/pcm").sampleRate).toBe(24_000);
    expect(read(body, "audio/pcm; rate=16000; channels=1").sampleRate).toBe(16_000);
    expect(read(body, undefined, { bareRate: 22_050 }).sampleRate).toBe(22_050);
    for (const type of [undefined, "audio/wav", "application/octet-stream", "text/html"]) {
      expect(() => read(body, type)).toThrow(retryable(true));
    }
    expect(() => read(body, "text/html", { bareRate: 22_050 })).toThrow(retryable(true));
  });

  it.each(named(["ID3\u0004", "OggS", "fLaC", "\0\0\0 ftypM4A", "\x1a\x45\xdf\xa3"]))(
    "does not hope that %s becomes WAV another time",
    (_name, mark) => {
      const body = new Uint8Array(Buffer.alloc(100));
      body.set(Buffer.from(mark, "latin1"));
      expect(() => read(body, "audio/mpeg", { bareRate: rate })).toThrow(retryable(false));
    },
  );

  it("refuses an empty answer, silence and half a sample", () => {
    expect(() => read(new Uint8Array(0), "audio/wav")).toThrow(/empty/);
    expect(() => read(bare(new Int16Array(rate)), "audio/pcm")).toThrow(/silence/);
    expect(() => read(new Uint8Array(4001).fill(50), "audio/pcm")).toThrow(/4001 bytes/);
  });

  it("refuses a sound too short for its letters, and counts letters only", () => {
    const fast = { text: "a".repeat(101) };
    expect(() => read(bare(tone(1)), "audio/pcm", fast)).toThrow(/101 letters/);
    const slower = { text: `${"a".repeat(100)}${".".repeat(1000)}` };
    expect(read(bare(tone(1)), "audio/pcm", slower).audio.length).toBe(rate);
  });

  it("refuses a silence of more than ten seconds, wherever it is, and no pause", () => {
    const withPause = (seconds: number) => {
      const audio = new Int16Array((2 + seconds) * rate);
      audio.set(tone(1));
      audio.set(tone(1), (1 + seconds) * rate);
      return bare(audio);
    };
    expect(read(withPause(9), "audio/pcm").audio.length).toBe(11 * rate);
    expect(() => read(withPause(11), "audio/pcm")).toThrow(/silence of over 10 s/);
    const endless = new Int16Array(12 * rate);
    endless.set(tone(1));
    expect(() => read(bare(endless), "audio/pcm")).toThrow(/silence of over 10 s/);
  });
});
