import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { partCache } from "./part-cache.ts";
import type { RecognitionResult } from "./recognizer.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const samples = Int16Array.from({ length: 3200 }, (_, index) => index);
const result: RecognitionResult = {
  phrases: [
    {
      ...{ start: 0, end: 1, text: "hello", noSpeech: 0.1, confidence: -0.2, compression: 1.2 },
      words: [{ text: "hello", start: 0, end: 0.5 }],
    },
  ],
  hasTimes: true,
  language: "en",
  warnings: ["a warning"],
};

describe("partCache", () => {
  it("gives back what was kept, for the same sound, language, prompt and recogniser only", async () => {
    const cache = partCache(join(directory, "parts"), "whisper-1");
    expect(await cache.read({ samples })).toBeUndefined();
    await cache.write({ samples }, result);
    expect(await cache.read({ samples: samples.slice() })).toEqual(result);
    expect(await cache.read({ samples, language: "en" })).toBeUndefined();
    expect(await cache.read({ samples, prompt: "Kennedy" })).toBeUndefined();
    expect(await cache.read({ samples: samples.subarray(1) })).toBeUndefined();
    expect(
      await partCache(join(directory, "parts"), "whisper-2").read({ samples }),
    ).toBeUndefined();
  });

  it("keeps times that are no numbers as that", async () => {
    const cache = partCache(directory, "1");
    const endless = { start: 1, end: Number.POSITIVE_INFINITY, text: "on and on" };
    await cache.write({ samples }, { phrases: [endless], hasTimes: true, warnings: [] });
    expect((await cache.read({ samples }))?.phrases).toEqual([{ ...endless, end: Number.NaN }]);
  });

  it.each([
    "",
    "{",
    "null",
    '{"phrases":[]}',
    '{"phrases":[],"hasTimes":true,"warnings":[],"more":1}',
  ])("takes a damaged file for none: %s", async (content) => {
    const cache = partCache(directory, "1");
    await cache.write({ samples }, result);
    const [name] = await readdir(directory);
    await writeFile(join(directory, name as string), content);
    expect(await cache.read({ samples })).toBeUndefined();
    await cache.write({ samples }, result);
    expect(await cache.read({ samples })).toEqual(result);
    expect(await readdir(directory)).toEqual([name]);
  });
});
