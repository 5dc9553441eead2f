import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpenAI } from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFakeElevenlabs } from "../../test/support/services/fake-elevenlabs.ts";
import { startFakeOpenai } from "../../test/support/services/fake-openai.ts";
import type { FakeService, FakeServiceOptions } from "../../test/support/services/fake-service.ts";
import { type BatchItem, makeSynthBatch } from "./batch.ts";
import { BatchError } from "./batch-error.ts";
import { openEmbedded } from "./embedded.ts";
import { recordedTone } from "./testing/recorded-tone.ts";
import {
  makeSynthElevenlabsBatch,
  makeSynthOpenaiBatch,
  processTtsBatch,
  ttsSpeakOpenai,
} from "./tts-batch.ts";
import { isWholeWavClip } from "./wav-clip.ts";

let directory: string;
const open: FakeService[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
  await rm(directory, { recursive: true });
});

async function fake(options: FakeServiceOptions = {}) {
  const service = await startFakeOpenai(options);
  open.push(service);
  const client = new OpenAI({ apiKey: "test-key", baseURL: `${service.url}/v1` });
  return { service, how: { client, model: "gpt-4o-mini-tts", voice: "onyx" } };
}

const texts = (count: number): string[] =>
  Array.from(
    { length: count },
    (_, index) => `Line number ${index}${", and more".repeat(index % 4)}.`,
  );
const paths = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => join(directory, `${index}.wav`));
/** Answers in the opposite order of the requests. */
const latencyMs = ({ index }: { index: number }): number => Math.max(0, 60 - index * 4);

describe("ttsSpeakOpenai", () => {
  it("writes one whole WAV with the voice, model and instructions asked for", async () => {
    const { service, how } = await fake();
    const outPath = join(directory, "deep", "test.wav");
    await ttsSpeakOpenai({ ...how, text: "Hello, world!", outPath, instructions: "Calm." });
    expect(await isWholeWavClip(outPath)).toBe(true);
    expect(service.requests.map(({ body }) => body)).toMatchObject([
      { input: "Hello, world!", voice: "onyx", model: "gpt-4o-mini-tts", instructions: "Calm." },
    ]);
  });

  it("throws the engine's own error, and leaves no file", async () => {
    const { how } = await fake();
    const outPath = join(directory, "test.wav");
    await expect(
      ttsSpeakOpenai({ ...how, voice: "nobody", text: "Hi.", outPath }),
    ).rejects.toMatchObject({
      name: "DubberError",
      code: "unknown_voice",
    });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("processTtsBatch", () => {
  it("resolves to the paths in the order of the inputs, whatever the order of the answers", async () => {
    const { service, how } = await fake({ latencyMs });
    const outputPaths = paths(12);
    expect(await processTtsBatch({ ...how, texts: texts(12), outputPaths })).toEqual(outputPaths);
    // What was said is where it belongs: a text and its file have the length of each other.
    const lengths = await Promise.all(
      outputPaths.map(async (path) => (await readFile(path)).length),
    );
    for (const [index, text] of texts(12).entries()) {
      const same = texts(12).findIndex((other) => other.length === text.length);
      expect(lengths[index]).toBe(lengths[same]);
    }
    expect(new Set(lengths).size).toBeGreaterThan(3);
    expect(service.requests).toHaveLength(12);
  });

  it.each([
    [undefined, 5],
    [1, 1],
    [3, 3],
    [9, 9],
  ])("with maxConcurrent %s has %s requests in flight at most", async (maxConcurrent, most) => {
    const { service, how } = await fake({ latencyMs: () => 30 });
    await processTtsBatch({
      ...{ ...how, texts: texts(20), outputPaths: paths(20) },
      ...(maxConcurrent !== undefined && { maxConcurrent }),
    });
    expect(service.mostInFlight).toBe(most);
  });

  it.each([0, -1, Number.NaN, 1e9, 2.5])(
    "refuses maxConcurrent %s before any request",
    async (maxConcurrent) => {
      const { service, how } = await fake();
      const batch = processTtsBatch({ ...how, texts: ["a"], outputPaths: paths(1), maxConcurrent });
      await expect(batch).rejects.toMatchObject({ code: "invalid_options" });
      expect(service.requests).toEqual([]);
    },
  );

  it("refuses lengths that differ, and two equal paths, before any request", async () => {
    const { service, how } = await fake();
    const [path = ""] = paths(1);
    const again = join(directory, "x", "..", "0.wav");
    for (const [count, outputPaths] of [
      [2, [path]],
      [0, [path]],
      [2, [path, again]],
    ] as const) {
      const batch = processTtsBatch({ ...how, texts: texts(count), outputPaths });
      await expect(batch).rejects.toMatchObject({
        code: "invalid_options",
        hint: expect.any(String),
      });
    }
    expect(service.requests).toEqual([]);
    expect(await processTtsBatch({ ...how, texts: [], outputPaths: [] })).toEqual([]);
  });

  it("tries a request again that failed for a moment", async () => {
    const { service, how } = await fake({
      fault: ({ attempt }) => (attempt === 1 ? { kind: "status", status: 500 } : undefined),
    });
    await processTtsBatch({ ...how, texts: texts(3), outputPaths: paths(3) });
    expect(service.requests).toHaveLength(6);
  });

  it("lets the others finish when one fails for good, and says which", async () => {
    const { how } = await fake({
      fault: ({ text }) => (text.includes("2") ? { kind: "status", status: 400 } : undefined),
    });
    const outputPaths = paths(5);
    const error = await processTtsBatch({ ...how, texts: texts(5), outputPaths }).catch(
      (caught) => caught,
    );
    expect(error).toBeInstanceOf(BatchError);
    const { results, code, message } = error as BatchError;
    expect(results.map((result) => ("path" in result ? result.path : result.error.code))).toEqual([
      ...[outputPaths[0], outputPaths[1], "engine_failed", outputPaths[3], outputPaths[4]],
    ]);
    expect([code, message]).toEqual(["engine_failed", expect.stringContaining("1 of 5")]);
    expect((await readdir(directory)).toSorted()).toEqual(["0.wav", "1.wav", "3.wav", "4.wav"]);
  });

  it("leaves tries to the caller's own loop with maxRetries 0", async () => {
    const { service, how } = await fake({
      fault: ({ attempt }) => (attempt === 1 ? { kind: "status", status: 503 } : undefined),
    });
    const batch = { ...how, texts: texts(2), outputPaths: paths(2), maxRetries: 0 };
    await expect(processTtsBatch(batch)).rejects.toMatchObject({ retryable: true });
    expect(service.requests).toHaveLength(2);
    expect(await processTtsBatch(batch)).toEqual(paths(2));
  });

  it("with a wrong key makes one request and says so once", async () => {
    const { service, how } = await fake({ key: "another" });
    const batch = processTtsBatch({ ...how, texts: texts(30), outputPaths: paths(30) });
    await expect(batch).rejects.toMatchObject({ code: "key_refused" });
    expect(service.requests.length + service.lookups).toBe(1);
  });

  it("asks for nothing it could not keep", async () => {
    const { service, how } = await fake();
    await writeFile(join(directory, "file"), "");
    const outputPaths = [join(directory, "file", "a.wav"), join(directory, "b.wav")];
    const error: BatchError = await processTtsBatch({ ...how, texts: texts(2), outputPaths }).catch(
      (e) => e,
    );
    expect(error.results).toMatchObject([
      { error: { code: "unreadable" } },
      { path: outputPaths[1] },
    ]);
    expect(service.requests.map(({ text }) => text)).toEqual([texts(2)[1]]);
  });

  it.each([
    ["a folder that is a file", () => join(directory, "file", "a.wav")],
    ["a folder of the system", () => "/proc/self/a.wav"],
    ["a folder instead of a file", () => directory],
  ])("asks for nothing when the path is in, or is, %s", async (_, path) => {
    const { service, how } = await fake();
    await writeFile(join(directory, "file"), "");
    const batch = processTtsBatch({ ...how, texts: ["Hello."], outputPaths: [path()] });
    await expect(batch).rejects.toMatchObject({ name: "DubberError", hint: expect.any(String) });
    expect(service.requests).toEqual([]);
  });

  it.each([
    ["texts", { texts: [undefined] }],
    ["texts", { texts: null }],
    ["texts", { texts: [5] }],
    ["outputPaths", { outputPaths: [undefined] }],
    ["outputPaths", { outputPaths: [""] }],
    ["voice", { voice: undefined }],
  ])("refuses %s of another kind before any request: %j", async (name, wrong) => {
    const { service, how } = await fake();
    const options = { ...how, texts: ["Hello."], outputPaths: paths(1), ...wrong };
    await expect(processTtsBatch(options as never)).rejects.toMatchObject({
      code: "invalid_options",
      message: expect.stringContaining(name),
    });
    expect(service.requests).toEqual([]);
  });

  it("splits a long text and writes one file of all of it; what is nothing to speak is an error of its own", async () => {
    const { service, how } = await fake({ secondsPerCharacter: 0.011 });
    const long = "A sentence of forty characters, or so it. ".repeat(2400);
    const [first = "", second = "", third = ""] = paths(3);
    const error: BatchError = await processTtsBatch({
      ...{
        ...how,
        texts: [long, "...", "😀 Привет, 世界!\u0007"],
        outputPaths: [first, second, third],
      },
    }).catch((e) => e);
    expect(error.results).toMatchObject([
      { path: first },
      { error: { code: "invalid_text" } },
      { path: third },
    ]);
    expect(service.requests.length).toBeGreaterThan(25);
    expect(service.requests.every(({ text }) => text.length <= 4096)).toBe(true);
    const seconds = ((await readFile(first)).length - 44) / 2 / 24_000;
    expect(seconds).toBeGreaterThan(long.length * 0.011);
  });

  it("ends with the signal's reason, and goes on with nothing", async () => {
    const { service, how } = await fake({ fault: () => ({ kind: "hang" }) });
    const controller = new AbortController();
    const reason = new Error("enough");
    const batch = processTtsBatch({ ...how, texts: texts(9), outputPaths: paths(9) }, controller);
    const refused = expect(batch).rejects.toBe(reason);
    await expect.poll(() => service.inFlight).toBeGreaterThan(0);
    controller.abort(reason);
    await refused;
    await expect.poll(() => service.inFlight).toBe(0);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("makeSynthOpenaiBatch", () => {
  it("holds its limit over all calls of the function together", async () => {
    const { service, how } = await fake({ latencyMs: () => 30 });
    const synth = makeSynthOpenaiBatch({ ...how, maxConcurrent: 3 });
    const all = paths(24);
    const parts = [0, 1, 2].map((part) =>
      synth(texts(24).slice(part * 8, part * 8 + 8), all.slice(part * 8, part * 8 + 8)),
    );
    expect((await Promise.all(parts)).flat()).toEqual(all);
    expect(service.mostInFlight).toBe(3);
  });

  it("tells text by text how it goes", async () => {
    const { how } = await fake({
      latencyMs,
      fault: ({ text }) => (text.includes("4") ? { kind: "status", status: 400 } : undefined),
    });
    const synth = makeSynthOpenaiBatch(how);
    const items: BatchItem[] = [];
    for await (const item of synth.each(texts(8), paths(8))) items.push(item);
    expect(items.flatMap(({ warnings }) => warnings)).toEqual([]);
    expect(items.map(({ done, total }) => [done, total])).toEqual(
      items.map((_, index) => [index + 1, 8]),
    );
    expect(items.map(({ index }) => index).toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(items.filter(({ error }) => error !== undefined).map(({ index }) => index)).toEqual([4]);
  });
});

it("tells with each text what the engine could not do as asked", async () => {
  const { how } = await fake();
  const synth = makeSynthOpenaiBatch({ ...how, model: "tts-1", speed: 9, instructions: "Sing." });
  for await (const { warnings } of synth.each(["Hello."], paths(1))) {
    expect(warnings).toEqual([
      expect.stringContaining("9 became 4"),
      expect.stringContaining("instructions"),
    ]);
  }
});

describe("any engine", () => {
  it("speaks through ElevenLabs in parallel", async () => {
    const service = await startFakeElevenlabs({ latencyMs: () => 30 });
    open.push(service);
    const synth = makeSynthElevenlabsBatch({
      ...{ apiKey: "test-key", baseUrl: service.url, maxConcurrent: 4 },
      voice: "21m00Tcm4TlvDq8ikWAM",
    });
    expect(await synth(texts(12), paths(12))).toEqual(paths(12));
    expect(service.mostInFlight).toBe(4);
  });

  it("speaks with a recording, for which no voice has to be named", async () => {
    const service = await startFakeElevenlabs();
    open.push(service);
    const synth = makeSynthElevenlabsBatch({
      ...{ apiKey: "test-key", baseUrl: service.url, voice: "", recording: recordedTone(200) },
    });
    expect(await synth(texts(3), paths(3))).toEqual(paths(3));
    const { how } = await fake();
    const refused = processTtsBatch({
      ...{ ...how, texts: texts(1), outputPaths: paths(1), recording: recordedTone(200) },
    });
    await expect(refused).rejects.toMatchObject({ code: "engine_unsupported" });
  });

  it("speaks with the embedded voice, and leaves it open for its owner", async () => {
    await using synthesizer = await openEmbedded({ lanes: 1 });
    const synth = makeSynthBatch({ synthesizer, voice: "en" });
    await synth(["One.", "Two."], paths(2));
    await synth(["Three."], [join(directory, "three.wav")]);
    expect(await readdir(directory)).toHaveLength(3);
  });
});
