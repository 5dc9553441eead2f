import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainRecording, readPromptRecording } from "./prompt-recording.ts";
import { encodeWavClip } from "./wav-clip.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-recording-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function save(content: Uint8Array | string): Promise<string> {
  const path = join(directory, "voice.wav");
  await writeFile(path, content);
  return path;
}

const tone = (seconds: number, rate = 16_000, peak = 9000) =>
  encodeWavClip(
    Int16Array.from({ length: seconds * rate }, (_, at) => peak * Math.sin(at / 20)),
    rate,
  );

describe("readPromptRecording", () => {
  it.each([3, 30])("takes %s s as they are", async (seconds) => {
    const bytes = tone(seconds);
    expect(Buffer.from(await readPromptRecording(await save(bytes))).equals(bytes)).toBe(true);
  });

  it.each([
    ["2.9 s", tone(2.9), /lasts 2.9 s/],
    ["31 s", tone(31), /lasts 31.0 s/],
    ["8 kHz", tone(5, 8000), /8000 Hz/],
    ["silence", tone(5, 16_000, 0), /silent/],
    ["text", "not sound", /no WAV/],
    ["nothing", "", /no WAV/],
    ["a cut file", tone(5).subarray(0, 60_000), /damaged/],
  ])("refuses %s as a recording", async (_, content, message) => {
    await expect(readPromptRecording(await save(content))).rejects.toMatchObject({
      code: "invalid_media",
      message: expect.stringMatching(message),
      hint: expect.stringContaining("3 to 30 s"),
    });
  });

  it("says when there is no file, or a folder", async () => {
    await expect(readPromptRecording(join(directory, "none.wav"))).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(readPromptRecording(directory)).rejects.toMatchObject({ code: "unreadable" });
  });
});

describe("plainRecording", () => {
  const whole = (wav: Uint8Array) => Buffer.concat(plainRecording(wav));

  it("leaves the plainest WAV as it is, at whichever byte of the memory it begins", () => {
    const bytes = tone(3);
    expect(whole(bytes).equals(bytes)).toBe(true);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(whole(shifted.subarray(1)).equals(bytes)).toBe(true);
  });

  it("writes sizes that a stream did not know", () => {
    const bytes = tone(3);
    const streamed = Buffer.from(bytes);
    streamed.writeUInt32LE(0xffffffff, 4);
    streamed.writeUInt32LE(0, 40);
    expect(whole(streamed).equals(bytes)).toBe(true);
  });

  it.each([
    ["2.9 s", tone(2.9), /lasts 2.9 s/],
    ["8 kHz", tone(5, 8000), /8000 Hz/],
    ["silence", tone(5, 16_000, 0), /silent/],
    ["text", Buffer.from("not sound"), /no WAV/],
    ["nothing", new Uint8Array(0), /no WAV/],
    ["a cut file", tone(5).subarray(0, 60_000), /damaged/],
    ["a file without end", new Uint8Array(65 * 2 ** 20), /bytes/],
  ])("refuses %s as a recording", (_, wav, message) => {
    expect(() => plainRecording(wav)).toThrow(message);
    expect(() => plainRecording(wav)).toThrow(expect.objectContaining({ code: "invalid_media" }));
  });
});
