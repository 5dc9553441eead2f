import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startFakeElevenlabs } from "../../test/support/services/fake-elevenlabs.ts";
import type { FakeService } from "../../test/support/services/fake-service.ts";
import type { Fault } from "../../test/support/services/fault.ts";
import type { ServiceReply } from "../core/service-reply.ts";
import { openElevenlabs } from "./elevenlabs.ts";
import { describeService } from "./service-speech/service.conformance.ts";
import { describeSynthesizer } from "./synthesizer.conformance.ts";
import type { SpeechRequest } from "./synthesizer.ts";

const key = "test-key";
const voice = "JBFqnCBsd6RMkjVDRZzb";
let fault: Fault | undefined;
let fake: FakeService;
const open = (model?: string, url = fake.url) =>
  openElevenlabs({
    env: { ELEVENLABS_API_KEY: key, ELEVENLABS_BASE_URL: url },
    ...(model && { model }),
  });
beforeAll(async () => {
  fake = await startFakeElevenlabs({ key, saysAtOnce: 5, fault: () => fault });
});
afterEach(() => {
  fault = undefined;
});
afterAll(() => fake.close());

describeSynthesizer("the elevenlabs engine", () => open(), {
  voice,
  texts: ["Hello, here is a first sentence to say.", "And one more, 25 percent other."],
});
describeService("the elevenlabs engine", {
  start: startFakeElevenlabs,
  open: (url, apiKey) =>
    openElevenlabs({ env: { ELEVENLABS_API_KEY: apiKey, ELEVENLABS_BASE_URL: url } }),
  voice,
  // Its own word for 404 is a voice.
  outcomes: { "status 404": ["unknown_voice", false] },
});

async function sent(request: Partial<SpeechRequest>, model?: string) {
  await using engine = await open(model);
  const result = await engine.speak({ text: "Hello there", voice, ...request });
  const { body = {}, headers = {}, path } = fake.requests.at(-1) ?? {};
  return { ...result, body, headers, path };
}

describe("the elevenlabs engine", () => {
  it("asks for WAV of 24 kHz with the voice in the path, and for nothing else", async () => {
    const { body, headers, path, sampleRate } = await sent({ language: "en" });
    expect(path).toBe(`/v1/text-to-speech/${voice}?output_format=wav_24000`);
    expect(body).toEqual({ text: "Hello there", model_id: "eleven_multilingual_v2" });
    expect(headers["xi-api-key"]).toBe(key);
    expect(sampleRate).toBe(24_000);
  });

  it("passes speed, seed and neighbours on", async () => {
    const wish = { speed: 1.1, seed: 42, previousText: "Before.", nextText: "After." };
    const { body, warnings } = await sent(wish);
    expect(body).toMatchObject({
      voice_settings: { speed: 1.1 },
      seed: 42,
      previous_text: "Before.",
      next_text: "After.",
    });
    expect(warnings).toEqual([]);
  });

  it.each([
    [0, 0],
    [-1, 4_294_967_295],
    [2 ** 32 + 5, 5],
    [1.5, 1],
    [Number.NaN, 0],
  ])("makes the seed %s one the service takes", async (seed, sentSeed) => {
    expect((await sent({ seed })).body.seed).toBe(sentSeed);
  });

  it.each([
    ["eleven_multilingual_v2", undefined, true],
    ["eleven_turbo_v2_5", "pt", true],
    ["eleven_flash_v2_5", "pt", true],
    ["eleven_flash_v2", undefined, true],
    ["eleven_v3", "pt", false],
  ])("gives %s the language %s, and neighbours: %s", async (model, language, context) => {
    const wish = { language: "pt-BR", previousText: "Before.", nextText: "After." };
    const { body, warnings } = await sent(wish, model);
    expect(body.language_code).toBe(language);
    expect(["previous_text", "next_text"].filter((name) => name in body).length).toBe(
      context ? 2 : 0,
    );
    expect(warnings).toEqual([]);
    await using engine = await open(model);
    expect(engine.features.context).toBe(context);
  });

  it.each([
    ["eleven_multilingual_v2", 10_000],
    ["eleven_turbo_v2_5", 40_000],
    ["eleven_v3", 5_000],
    ["eleven_of_tomorrow", 5_000],
  ])("knows how long a text %s takes", async (model, length) => {
    await using engine = await open(model);
    expect(engine.features.maxCharacters).toBe(length);
  });

  it("clamps a speed, and warns of instructions", async () => {
    const { body, warnings } = await sent({ speed: 0.5, instructions: "Whisper." });
    expect(body.voice_settings).toEqual({ speed: 0.7 });
    expect(warnings).toEqual([
      expect.stringContaining("0.5 became 0.7"),
      expect.stringContaining("instructions"),
    ]);
  });

  it("tells how many calls at once the service allows", async () => {
    await using engine = await open();
    const replies: ServiceReply[] = [];
    const call = { onReply: (reply: ServiceReply) => replies.push(reply) };
    await engine.speak({ text: "Hello", voice }, call);
    fault = { kind: "status", status: 429, code: "too_many_concurrent_requests" };
    await expect(engine.speak({ text: "Hello", voice }, call)).rejects.toMatchObject({
      code: "rate_limited",
      retryable: true,
    });
    expect(replies.map(({ allowedAtOnce }) => allowedAtOnce)).toEqual([5, 5]);
  });

  it.each([401, 429])("knows an exhausted quota by its word, with status %s", async (status) => {
    await using engine = await open();
    fault = { kind: "status", status, code: "quota_exceeded" };
    await expect(engine.speak({ text: "Hello", voice })).rejects.toMatchObject({
      code: "quota_exhausted",
      retryable: false,
      message: expect.stringContaining("credits"),
    });
  });

  it.each([404, 400] as const)("knows a voice nobody has, by status %s", async (voiceNotFound) => {
    await using other = await startFakeElevenlabs({ voiceNotFound });
    await using engine = await open(undefined, other.url);
    await engine.voices();
    const near = `${voice.slice(0, -1)}X`;
    await expect(engine.speak({ text: "Hello", voice: near })).rejects.toMatchObject({
      code: "unknown_voice",
      hint: expect.stringContaining(voice),
    });
  });

  it.each(["", ".", "..", "../voices", "a/b?c=d", "\ud800"])(
    "keeps the voice %j inside its path",
    async (odd) => {
      await using engine = await open();
      const before = fake.lookups;
      await expect(engine.speak({ text: "Hello", voice: odd })).rejects.toMatchObject({
        code: "unknown_voice",
      });
      expect(fake.lookups).toBe(before);
    },
  );

  it("knows a model the service does not have", async () => {
    await using engine = await open("eleven_of_tomorrow");
    await expect(engine.speak({ text: "Hello", voice })).rejects.toMatchObject({
      code: "unknown_model",
      message: expect.stringContaining('"eleven_of_tomorrow"'),
    });
  });

  it("offers the account's voices, their own languages before the model's, and asks once", async () => {
    await using engine = await open();
    const before = fake.lookups;
    const voices = await engine.voices();
    expect(await engine.voices()).toBe(voices);
    expect(fake.lookups).toBe(before + 1);
    const rachel = voices.find(({ name }) => name === "Rachel");
    expect(rachel).toMatchObject({ id: "21m00Tcm4TlvDq8ikWAM", gender: "female" });
    expect(rachel?.languages.slice(0, 4)).toEqual(["en", "en-US", "es-MX", "es"]);
    expect(rachel?.languages).toContain("uk");
    const own = voices.find(({ name }) => name === "My own voice");
    expect(own?.gender).toBe("neutral");
    expect(own?.languages).toContain("de");
  });

  it("asks for the voices again when the first answer was none", async () => {
    const bad = await startFakeElevenlabs({ key: "another" });
    await using engine = await open(undefined, bad.url);
    await expect(engine.voices()).rejects.toMatchObject({ code: "key_refused" });
    await bad.close();
    await expect(engine.voices()).rejects.toMatchObject({ code: "service_down" });
    await using good = await startFakeElevenlabs({ port: bad.port });
    expect((await engine.voices()).length).toBeGreaterThan(3);
    expect(good.lookups).toBe(1);
  });

  it("needs a key to be asked anything", async () => {
    await using keyless = await openElevenlabs({ env: {} });
    await expect(keyless.voices()).rejects.toMatchObject({ code: "key_missing" });
    const call = keyless.speak({ text: "Hello", voice: "any" });
    await expect(call).rejects.toMatchObject({ code: "key_missing" });
    await using engine = await openElevenlabs({ env: { ELEVENLABS_API_KEY: "key" } });
    expect(engine.version).toBe("eleven_multilingual_v2");
  });
});
