/** What went wrong in the pipeline the documents describe, as far as it is about speaking: none of it may come back. */
import { readFile, writeFile } from "node:fs/promises";
import { OpenAI } from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  BatchError,
  buildTimelineSentences,
  makeSynthOpenaiBatch,
  processTtsBatch,
} from "../src/index.ts";
import { burn, dub, estimate, prep } from "./support/library.ts";
import { startFakeOpenai } from "./support/services/fake-openai.ts";
import type { FakeService, FakeServiceOptions } from "./support/services/fake-service.ts";
import type { Fault } from "./support/services/fault.ts";
import { makeTalk, type Talk } from "./support/talk.ts";

let talk: Talk;
let service: FakeService;
/** Set by a test before it asks for anything. */
let behaviour: { -readonly [Name in "fault" | "latencyMs"]?: FakeServiceOptions[Name] } = {};
beforeEach(async () => {
  talk = await makeTalk({ lines: 6 });
  behaviour = {};
  service = await startFakeOpenai({
    secondsPerCharacter: 0.02,
    fault: (request) => behaviour.fault?.(request),
    latencyMs: (request) => behaviour.latencyMs?.(request) ?? 0,
  });
});
afterEach(async () => {
  await service.close();
  await talk[Symbol.asyncDispose]();
});

const how = () => ({
  client: new OpenAI({ apiKey: "test-key", baseURL: `${service.url}/v1` }),
  model: "gpt-4o-mini-tts",
  voice: "onyx",
});
const keys = (): Record<string, string> => ({
  ...talk.env,
  OPENAI_API_KEY: "test-key",
  OPENAI_BASE_URL: `${service.url}/v1`,
});
const texts = Array.from({ length: 14 }, (_, index) => `Sentence ${"so ".repeat(index)}ends.`);
const outputPaths = (): string[] => texts.map((_, index) => talk.at(`${index}.wav`));
const segments = texts
  .slice(0, 6)
  .map((text, index) => ({ start: index * 4, end: index * 4 + 3, text }));
const groups = segments.map((_, index) => [index]);

describe("known wrongs of the earlier pipeline", () => {
  it("the limit had no effect: always 5 in flight", async () => {
    behaviour.latencyMs = () => 40;
    const most: number[] = [];
    for (const maxConcurrent of [2, 7]) {
      const fresh = await startFakeOpenai({ latencyMs: () => 40 });
      const client = new OpenAI({ apiKey: "test-key", baseURL: `${fresh.url}/v1` });
      await processTtsBatch({ ...how(), client, texts, outputPaths: outputPaths(), maxConcurrent });
      most.push(fresh.mostInFlight);
      await fresh.close();
    }
    expect(most).toEqual([2, 7]);
  });

  it("batch results came back in the order of completion", async () => {
    behaviour.latencyMs = ({ index }) => 80 - index * 5;
    const paths = outputPaths();
    expect(await processTtsBatch({ ...how(), texts, outputPaths: paths })).toEqual(paths);
    const bytes = await Promise.all(paths.map(async (path) => (await readFile(path)).length));
    // Each text is longer than the one before, and so is the file that was asked for it.
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
  });

  it("the asynchronous path ignored its clip cache", async () => {
    const synthFunc = makeSynthOpenaiBatch(how());
    const options = {
      segments,
      sentenceGroups: groups,
      tmpDir: talk.at("tmp"),
      voiceTag: "main",
      synthFunc,
    };
    const signed = { ...options, cacheSig: ["openai", "gpt-4o-mini-tts", "onyx"] };
    await buildTimelineSentences(signed);
    expect(service.requests).toHaveLength(segments.length);
    await buildTimelineSentences(signed);
    expect(service.requests).toHaveLength(segments.length);
    await buildTimelineSentences({ ...signed, cacheSig: ["openai", "gpt-4o-mini-tts", "nova"] });
    expect(service.requests).toHaveLength(segments.length * 2);
  });

  it("one failed request lost the whole run", async () => {
    behaviour.fault = ({ text }) =>
      text === texts[3] ? { kind: "status", status: 400 } : undefined;
    const paths = outputPaths();
    const error: BatchError = await processTtsBatch({ ...how(), texts, outputPaths: paths }).catch(
      (e) => e,
    );
    expect(error).toBeInstanceOf(BatchError);
    expect(error.results.filter((result) => "path" in result)).toHaveLength(texts.length - 1);
    behaviour.fault = ({ text }) =>
      text === talk.texts[0] ? { kind: "status", status: 400 } : undefined;
    const { status, output, lines } = await dub(
      { ...talk.options, engine: "openai" },
      { env: keys() },
    ).result;
    expect([status, output, lines?.length]).toEqual([
      "partial",
      talk.options.output,
      talk.texts.length - 1,
    ]);
  });

  it("there was no retry anywhere", async () => {
    const faults: readonly Fault[] = [{ kind: "status", status: 503 }, { kind: "cut" }];
    behaviour.fault = ({ attempt }) => faults[attempt - 1];
    await processTtsBatch({
      ...how(),
      texts: texts.slice(0, 3),
      outputPaths: outputPaths().slice(0, 3),
    });
    expect(service.requests).toHaveLength(9);
  });

  it("clip names held the line's index, so inserting a line re-spoke all later ones; instructions were not in the key", async () => {
    const options = { ...talk.options, engine: "openai" } as const;
    await dub(options, { env: keys() }).result;
    const before = service.requests.length;
    const srt = await readFile(talk.subs, "utf8");
    const more = talk.at("more.es.srt");
    await writeFile(more, `1\n00:00:00,000 --> 00:00:00,900\nUna línea nueva.\n\n${srt}`);
    await dub({ ...options, subs: more }, { env: keys() }).result;
    expect(service.requests.slice(before).map(({ text }) => text)).toEqual(["Una línea nueva."]);
    await dub({ ...options, voiceInstructions: "Slowly." }, { env: keys() }).result;
    expect(service.requests.length).toBe(before + 1 + talk.texts.length);
  });

  it("keys were demanded for work that needs none", async () => {
    const options = { ...talk.options, engine: "openai" } as const;
    const keyless = { env: talk.env };
    expect((await estimate(options, keyless)).missingLines).toBe(talk.texts.length);
    expect((await prep(options, keyless).result).status).toBe("done");
    await dub(options, { env: keys() }).result;
    const asked = service.requests.length;
    expect((await burn(options, keyless).result).status).toBe("done");
    const { OPENAI_API_KEY: _, ...addressOnly } = keys();
    expect((await dub(options, { env: addressOnly }).result).status).toBe("done");
    const silent = await dub({ ...options, noTts: true }, { env: addressOnly }).result;
    expect([silent.status, silent.lines?.length]).toEqual(["done", talk.texts.length]);
    expect(service.requests).toHaveLength(asked);
  });
});
