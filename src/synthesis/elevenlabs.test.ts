import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { startFakeElevenlabs } from "../../test/support/services/fake-elevenlabs.ts";
import type { FakeService } from "../../test/support/services/fake-service.ts";
import type { Fault } from "../../test/support/services/fault.ts";
import type { ServiceReply } from "../core/service-reply.ts";
import { openElevenlabs } from "./elevenlabs.ts";
import { scheduleCalls } from "./schedule.ts";
import { describeService } from "./service-speech/testing/service-conformance.ts";
import type { SpeechRequest } from "./synthesizer.ts";
import { recordedTone } from "./testing/recorded-tone.ts";
import { describeSynthesizer } from "./testing/synthesizer-conformance.ts";

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
  // One it has made itself it makes again.
  recordingOutcomes: { "status 404": ["engine_failed", true] },
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

describe("the elevenlabs engine with recordings", () => {
  const text = "Hello there";
  const [anna, ben] = [recordedTone(200), recordedTone(300)];
  const adding = "/v1/voices/add";
  const added = ({ requests }: FakeService) => requests.filter(({ path }) => path === adding);
  const made = async ({ url }: FakeService) => {
    const response = await fetch(`${url}/v1/voices`, { headers: { "xi-api-key": key } });
    const { voices } = (await response.json()) as { voices: { voice_id: string; name: string }[] };
    return voices.filter(({ voice_id }) => voice_id.startsWith("made"));
  };
  /** A fault of the first so many requests that make a voice. */
  const failing = (wrong: Fault, times = 1): ((request: { path: string }) => Fault | undefined) => {
    let left = times;
    return ({ path }) => (path === adding && left-- > 0 ? wrong : undefined);
  };

  it("makes one voice of each recording, however many speak with it, and keeps it", async () => {
    await using service = await startFakeElevenlabs({ key });
    await using engine = await open(undefined, service.url);
    const asked = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? anna : ben));
    const speak = (recording: typeof anna) => engine.speak({ text, voice: "", recording });
    await Promise.all(asked.map(speak));
    await speak(recordedTone(200));
    expect(added(service).length).toBe(2);
    const [{ body = {}, headers = {} } = {}] = added(service);
    expect(headers["xi-api-key"]).toBe(key);
    expect(body).toEqual({
      name: expect.stringMatching(/^Dubber [0-9a-f]{24}$/),
      files: { filename: "files.wav", bytes: Buffer.from(anna.wav) },
    });
    const spoken = service.requests.filter(({ path }) => path !== adding);
    expect(new Set(spoken.map(({ voice }) => voice)).size).toBe(2);
    await engine.close();
    expect((await made(service)).length).toBe(2);
  });

  it("finds a voice again that an earlier run has made", async () => {
    await using service = await startFakeElevenlabs({ key });
    for (let run = 0; run < 2; run++) {
      await using engine = await open(undefined, service.url);
      await engine.speak({ text, voice: "", recording: anna });
    }
    expect((await made(service)).length).toBe(1);
  });

  it.each<[string, Fault, number]>([
    ["a service that is busy", { kind: "status", status: 429 }, 1],
    ["a service that fails", { kind: "status", status: 500 }, 1],
    ["an answer that breaks off, although the voice is made", { kind: "cut" }, 1],
    ["an answer that is no answer", { kind: "html" }, 1],
    ["no answer", { kind: "reset" }, 2],
  ])("makes one voice in the end: %s", async (_, wrong, times) => {
    await using service = await startFakeElevenlabs({ key, fault: failing(wrong, times) });
    const engine = await open(undefined, service.url);
    await using scheduled = scheduleCalls(engine, { random: () => 0 });
    const speak = () => scheduled.speak({ text, voice: "", recording: anna });
    const results = await Promise.all([speak(), speak(), speak()]);
    expect(results.every(({ audio }) => audio.length > 0)).toBe(true);
    expect((await made(service)).length).toBe(1);
  });

  it("tells every caller what was said to the one request they share, once", async () => {
    const busy: Fault = { kind: "status", status: 429, retryAfter: "7" };
    await using service = await startFakeElevenlabs({ key, fault: failing(busy) });
    await using engine = await open(undefined, service.url);
    const replies: ServiceReply[] = [];
    const call = { onReply: (reply: ServiceReply) => replies.push(reply) };
    const speak = () => engine.speak({ text, voice: "", recording: anna }, call);
    for (const outcome of await Promise.allSettled([speak(), speak()])) {
      expect(outcome).toMatchObject({ reason: { code: "rate_limited" } });
    }
    expect(replies).toMatchObject([
      { status: 429, retryAfterMs: 7000 },
      { status: 429, retryAfterMs: 7000 },
    ]);
    await speak();
    expect(replies.map(({ status }) => status)).toEqual([429, 429, 200]);
  });

  it.each([
    [401, "missing_permissions"],
    [401, "can_not_use_instant_voice_cloning"],
    [400, "can_not_use_instant_voice_cloning"],
  ])("knows an account that makes no voices: %s %s; others speak on", async (status, code) => {
    const denied: Fault = { kind: "status", status, code };
    await using service = await startFakeElevenlabs({ key, fault: failing(denied) });
    await using engine = scheduleCalls(await open(undefined, service.url));
    await expect(engine.speak({ text, voice: "", recording: anna })).rejects.toMatchObject({
      code: "engine_unsupported",
      message: expect.stringContaining(`${status}`),
      hint: expect.stringContaining("ELEVENLABS_API_KEY"),
      retryable: false,
    });
    expect((await engine.speak({ text, voice })).audio.length).toBeGreaterThan(0);
  });

  it("says so when the account has as many voices as it may have", async () => {
    await using service = await startFakeElevenlabs({ key, mostOwnVoices: 1 });
    await using engine = await open(undefined, service.url);
    await engine.speak({ text, voice: "", recording: anna });
    await expect(engine.speak({ text, voice: "", recording: ben })).rejects.toMatchObject({
      code: "engine_failed",
      message: expect.stringContaining("maximum amount of custom voices"),
      retryable: false,
    });
    const [{ voice_id = "" } = {}] = await made(service);
    await engine.removeVoice?.(voice_id);
    expect((await engine.speak({ text, voice: "", recording: ben })).audio.length).toBeGreaterThan(
      0,
    );
  });

  it("makes a voice again that somebody has taken away", async () => {
    await using service = await startFakeElevenlabs({ key });
    await using engine = scheduleCalls(await open(undefined, service.url), { random: () => 0 });
    const speak = () => engine.speak({ text, voice: "", recording: anna });
    const first = await speak();
    const [{ voice_id = "" } = {}] = await made(service);
    const headers = { "xi-api-key": key };
    await fetch(`${service.url}/v1/voices/${voice_id}`, { method: "DELETE", headers });
    expect(Buffer.from((await speak()).audio).equals(Buffer.from(first.audio))).toBe(true);
    expect((await made(service)).map((one) => one.voice_id)).not.toContain(voice_id);
  });

  it("gives up making a voice when nobody waits for it any more, and begins anew", async () => {
    await using service = await startFakeElevenlabs({ key, fault: failing({ kind: "hang" }) });
    await using engine = await open(undefined, service.url);
    const [first, second] = [new AbortController(), new AbortController()];
    const speak = (signal?: AbortSignal) =>
      engine.speak({ text, voice: "", recording: anna }, signal && { signal });
    const outcomes = Promise.allSettled([speak(first.signal), speak(second.signal)]);
    await vi.waitFor(() => expect(service.inFlight).toBe(1));
    first.abort("one");
    second.abort("two");
    expect(await outcomes).toMatchObject([{ reason: "one" }, { reason: "two" }]);
    await vi.waitFor(() => expect(service.inFlight).toBe(0));
    expect((await speak()).audio.length).toBeGreaterThan(0);
    expect(added(service).length).toBe(2);
  });

  it("makes no voice for a text it would not speak", async () => {
    await using service = await startFakeElevenlabs({ key });
    await using engine = await open(undefined, service.url);
    const call = engine.speak({ text: "...", voice: "", recording: anna });
    await expect(call).rejects.toMatchObject({ code: "invalid_text" });
    expect(service.requests).toEqual([]);
  });

  it.each([404, 400] as const)("takes a voice for taken away that is none: %s", async (status) => {
    await using service = await startFakeElevenlabs({ key, voiceNotFound: status });
    await using engine = await open(undefined, service.url);
    for (const id of ["nobody", "", "..", "a/b?c", "\ud800"]) await engine.removeVoice?.(id);
    expect(service.requests.map(({ path }) => path)).toEqual([
      ...["/v1/voices/nobody", "/v1/voices/a%2Fb%3Fc", "/v1/voices/%EF%BF%BD"],
    ]);
  });

  it("does not take a failure for a voice that is gone", async () => {
    await using engine = await open();
    const id = (await engine.addVoice?.({ name: "Anna", recording: anna })) ?? "";
    fault = { kind: "status", status: 500 };
    await expect(engine.removeVoice?.(id)).rejects.toMatchObject({ code: "service_down" });
    fault = { kind: "status", status: 401 };
    await expect(engine.removeVoice?.(id)).rejects.toMatchObject({ code: "key_refused" });
    fault = undefined;
    await engine.removeVoice?.(id);
  });

  it.each<[Fault, object]>([
    [{ kind: "status", status: 401 }, { code: "key_refused" }],
    [{ kind: "status", status: 401, code: "quota_exceeded" }, { code: "quota_exhausted" }],
    [
      { kind: "status", status: 429 },
      { code: "rate_limited", retryable: true },
    ],
    [{ kind: "empty" }, { code: "engine_failed", retryable: true }],
    [{ kind: "html" }, { code: "engine_failed", retryable: true }],
    [{ kind: "cut" }, { code: "service_down", retryable: true }],
  ])("understands %j when it makes a voice", async (wrong, error) => {
    await using engine = await open();
    fault = wrong;
    const call = engine.addVoice?.({ name: "Anna", recording: anna });
    await expect(call).rejects.toMatchObject(error);
  });

  it("needs a key for voices too, and a recording that is one", async () => {
    await using keyless = await openElevenlabs({ env: {} });
    const missing = { code: "key_missing" };
    const voiceOfAnna = { name: "Anna", recording: anna };
    await expect(keyless.addVoice?.(voiceOfAnna)).rejects.toMatchObject(missing);
    await expect(keyless.removeVoice?.("id")).rejects.toMatchObject(missing);
    const call = keyless.speak({ text, voice: "", recording: anna });
    await expect(call).rejects.toMatchObject(missing);
    await using engine = await open();
    const silent = { name: "Nobody", recording: { wav: new Uint8Array(9) } };
    await expect(engine.addVoice?.(silent)).rejects.toMatchObject({ code: "invalid_media" });
  });
});
