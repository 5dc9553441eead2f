import OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startFakeOpenai } from "../../test/support/services/fake-openai.ts";
import type { FakeService } from "../../test/support/services/fake-service.ts";
import type { Fault } from "../../test/support/services/fault.ts";
import { openOpenai } from "./openai.ts";
import { describeService } from "./service-speech/testing/service-conformance.ts";
import type { SpeechRequest } from "./synthesizer.ts";
import { describeSynthesizer } from "./testing/synthesizer-conformance.ts";

const key = "test-key";
let fault: Fault | undefined;
let fake: FakeService;
const env = () => ({ OPENAI_API_KEY: key, OPENAI_BASE_URL: `${fake.url}/v1` });
beforeAll(async () => {
  fake = await startFakeOpenai({ key, fault: () => fault });
});
afterEach(() => {
  fault = undefined;
});
afterAll(() => fake.close());

const sample = {
  voice: "alloy",
  texts: ["Hello, here is a first sentence to say.", "And one more, 25 percent other."],
} as const;
describeSynthesizer("the openai engine", () => openOpenai({ env: env() }), sample);
describeSynthesizer(
  "the openai engine with a client of the caller's",
  () => openOpenai({ client: new OpenAI({ apiKey: key, baseURL: `${fake.url}/v1` }) }),
  sample,
);
const outcomes = {
  // Its own word for 403 is a country that is not served; for 404 a model.
  "status 403": ["engine_failed", false],
  "status 404": ["unknown_model", false],
} as const;
describeService("the openai engine", {
  start: startFakeOpenai,
  open: (url, apiKey) =>
    openOpenai({ env: { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: `${url}/v1` } }),
  voice: "alloy",
  outcomes,
});
describeService("the openai engine with a client of the caller's", {
  start: startFakeOpenai,
  open: (url, apiKey) =>
    openOpenai({ client: new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 5, timeout: 1 }) }),
  voice: "alloy",
  outcomes,
});

async function sent(request: Partial<SpeechRequest>, model?: string) {
  await using engine = await openOpenai({ env: env(), ...(model && { model }) });
  const result = await engine.speak({ text: "Hello there", voice: "alloy", ...request });
  const { body = {}, headers = {}, path } = fake.requests.at(-1) ?? {};
  return { ...result, body, headers, path };
}

describe("the openai engine", () => {
  it("asks for WAV, and for nothing that was not wished for", async () => {
    const { body, headers, path } = await sent({});
    expect(path).toBe("/v1/audio/speech");
    expect(body).toEqual({
      model: "gpt-4o-mini-tts",
      input: "Hello there",
      voice: "alloy",
      response_format: "wav",
    });
    expect(headers.authorization).toBe(`Bearer ${key}`);
    expect(Object.keys(headers).filter((name) => name.startsWith("x-"))).toEqual([]);
  });

  it("passes speed and instructions on, and nothing for a language or neighbours", async () => {
    const { body, warnings } = await sent({
      ...{ speed: 1.25, instructions: "Whisper.", language: "en" },
      ...{ previousText: "Before.", nextText: "After." },
    });
    expect(body).toMatchObject({ speed: 1.25, instructions: "Whisper." });
    expect(Object.keys(body).length).toBe(6);
    expect(warnings).toEqual([]);
  });

  it("clamps a speed, and warns of a seed", async () => {
    const { body, warnings } = await sent({ speed: 9, seed: 1 });
    expect(body).toMatchObject({ speed: 4 });
    expect(warnings).toEqual([
      expect.stringContaining("9 became 4"),
      expect.stringContaining("seed"),
    ]);
  });

  it("sends no instructions to models that follow none, and warns", async () => {
    const { body, warnings } = await sent({ instructions: "Whisper." }, "tts-1-hd");
    expect(body).not.toHaveProperty("instructions");
    expect(warnings).toEqual([expect.stringContaining("tts-1-hd")]);
  });

  it("offers the voices of the model, the first one first", async () => {
    await using newer = await openOpenai({ env: env() });
    await using older = await openOpenai({ env: env(), model: "tts-1" });
    const ids = (await newer.voices()).map(({ id }) => id);
    expect(ids.slice(0, 3)).toEqual(["alloy", "ash", "ballad"]);
    expect(ids.length).toBe(13);
    expect((await older.voices()).length).toBe(9);
  });

  it.each(["tts-1", "gpt-4o-mini-tts"])("knows a voice %s does not have", async (model) => {
    await using engine = await openOpenai({ env: env(), model });
    await expect(engine.speak({ text: "Hello", voice: "aloy" })).rejects.toMatchObject({
      code: "unknown_voice",
      message: expect.stringContaining('"aloy"'),
      hint: expect.stringContaining("alloy"),
    });
  });

  it("knows a model the service does not have", async () => {
    await using engine = await openOpenai({ env: env(), model: "gpt-9-tts" });
    await expect(engine.speak({ text: "Hello", voice: "alloy" })).rejects.toMatchObject({
      code: "unknown_model",
      message: expect.stringContaining('"gpt-9-tts"'),
      retryable: false,
    });
  });

  it("knows an exhausted quota from a call too many", async () => {
    await using engine = await openOpenai({ env: env() });
    fault = { kind: "status", status: 429, code: "insufficient_quota" };
    await expect(engine.speak({ text: "Hello", voice: "alloy" })).rejects.toMatchObject({
      code: "quota_exhausted",
      retryable: false,
    });
  });

  it("takes the sample rate from the header", async () => {
    fault = { kind: "rate", sampleRate: 44_100 };
    expect(await sent({})).toMatchObject({ sampleRate: 44_100 });
  });

  it("names the model and another server in its version, without its password", async () => {
    const version = async (url: string | undefined, model?: string) => {
      const settings = { OPENAI_API_KEY: key, OPENAI_BASE_URL: url };
      await using engine = await openOpenai({ env: settings, ...(model && { model }) });
      return engine.version;
    };
    expect(await version(undefined)).toBe("gpt-4o-mini-tts");
    expect(await version("https://api.openai.com/v1/")).toBe("gpt-4o-mini-tts");
    expect(await version("http://me:secret@localhost:8880/v1/?a=b", "kokoro")).toBe(
      "kokoro at http://localhost:8880/v1",
    );
  });

  it("needs a key to speak, unless it asks another server", async () => {
    const speak = async (settings: Record<string, string>) => {
      await using engine = await openOpenai({ env: settings });
      await engine.speak({ text: "Hello", voice: "alloy" });
    };
    await expect(speak({})).rejects.toMatchObject({
      code: "key_missing",
      hint: expect.stringContaining("OPENAI_API_KEY"),
    });
    await expect(speak({ OPENAI_API_KEY: "two words" })).rejects.toMatchObject({
      code: "key_refused",
    });
    await using free = await startFakeOpenai({ key: "" });
    await using engine = await openOpenai({ env: { OPENAI_BASE_URL: `${free.url}/v1` } });
    expect((await engine.speak({ text: "Hello", voice: "alloy" })).audio.length).toBeGreaterThan(0);
  });

  it("names whom to charge, and takes a name and password of the address", async () => {
    const settings = { ...env(), OPENAI_ORG_ID: "org-1", OPENAI_PROJECT_ID: "proj-1" };
    await using engine = await openOpenai({ env: settings });
    await engine.speak({ text: "Hello", voice: "alloy" });
    expect(fake.requests.at(-1)?.headers).toMatchObject({
      "openai-organization": "org-1",
      "openai-project": "proj-1",
    });
    await using free = await startFakeOpenai({ key: "" });
    const url = free.url.replace("//", "//me:secret@");
    await using other = await openOpenai({ env: { OPENAI_BASE_URL: url } });
    const call = other.speak({ text: "Hello", voice: "alloy" });
    // It answers 404 below another path; the message shows neither.
    await expect(call).rejects.toMatchObject({ message: expect.not.stringContaining("secret") });
    await using right = await openOpenai({ env: { OPENAI_BASE_URL: `${url}/v1` } });
    await right.speak({ text: "Hello", voice: "alloy" });
    const login = Buffer.from("me:secret").toString("base64");
    expect(free.requests.at(-1)?.headers.authorization).toBe(`Basic ${login}`);
  });

  it.each(["localhost:8000", "ftp://host/v1", "nonsense"])(
    "refuses the address %s",
    async (url) => {
      await expect(
        openOpenai({ env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: url } }),
      ).rejects.toMatchObject({ code: "invalid_options" });
    },
  );

  it("speaks with what the caller's client is set to, and tries once", async () => {
    const client = new OpenAI({ apiKey: key, baseURL: `${fake.url}/v1`, maxRetries: 9 });
    await using engine = await openOpenai({ client });
    const before = fake.requests.length;
    fault = { kind: "status", status: 500 };
    await expect(engine.speak({ text: "Hello", voice: "alloy" })).rejects.toMatchObject({
      code: "service_down",
    });
    expect(fake.requests.length).toBe(before + 1);
    expect(engine.version).toBe(`gpt-4o-mini-tts at ${fake.url}/v1`);
  });
});
