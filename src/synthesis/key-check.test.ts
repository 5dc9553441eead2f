import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { startFakeElevenlabs } from "../../test/support/services/fake-elevenlabs.ts";
import { startFakeOpenai } from "../../test/support/services/fake-openai.ts";
import type { Answer, FakeServiceOptions } from "../../test/support/services/fake-service.ts";
import type { DubberError } from "../core/error.ts";
import { openElevenlabs } from "./elevenlabs.ts";
import { openOpenai } from "./openai.ts";
import { scheduleCalls } from "./schedule.ts";
import type { Synthesizer } from "./synthesizer.ts";

const engines = {
  openai: {
    start: (options: FakeServiceOptions) => startFakeOpenai(options),
    open: (url: string, key: string) =>
      openOpenai({ env: { OPENAI_API_KEY: key, OPENAI_BASE_URL: `${url}/v1` } }),
    voice: "alloy",
    lacksPermission: [
      { status: 403, body: { error: { message: "Missing scopes: api.model.read" } } },
      { status: 401, body: { error: { message: "You have insufficient permissions." } } },
    ],
  },
  elevenlabs: {
    start: (options: FakeServiceOptions) => startFakeElevenlabs(options),
    open: (url: string, key: string) =>
      openElevenlabs({ env: { ELEVENLABS_API_KEY: key, ELEVENLABS_BASE_URL: url } }),
    voice: "JBFqnCBsd6RMkjVDRZzb",
    lacksPermission: [
      { status: 401, body: { detail: { status: "missing_permissions", message: "voices_read" } } },
      { status: 401, body: { detail: "The key has no permission voices_read." } },
    ],
  },
} as const;
const notItsBusiness: readonly Answer[] = [
  { status: 404, body: { detail: "Not Found" } },
  { status: 200, body: "<html></html>" },
  { status: 429, body: {} },
  { status: 500, body: {} },
];

/** Speaks so many lines at once. @returns the error code of each, or `ok`. */
async function speakAll(synthesizer: Synthesizer, voice: string, count: number): Promise<string[]> {
  const lines = Array.from({ length: count }, (_, at) =>
    synthesizer.speak({ text: `Line number ${at}`, voice }),
  );
  return (await Promise.allSettled(lines)).map((one) =>
    one.status === "rejected" ? (one.reason as DubberError).code : "ok",
  );
}

describe.each(Object.entries(engines))("the key of %s", (_, engine) => {
  const { start, open, voice, lacksPermission } = engine;

  it("costs one request of any kind when it is wrong, however slow the refusal", async () => {
    await using fake = await start({ keyRefusalMs: 400 });
    await using lines = scheduleCalls(await open(fake.url, "wrong-key"), { limit: 20 });
    expect(await speakAll(lines, voice, 60)).toEqual(Array(60).fill("key_refused"));
    expect(await speakAll(lines, voice, 5)).toEqual(Array(5).fill("key_refused"));
    expect(fake.requests.length + fake.lookups).toBe(1);
    expect(lines.state().calls).toBe(0);
  });

  it("costs no request when there is none", async () => {
    await using fake = await start({});
    const env = { OPENAI_API_KEY: undefined, ELEVENLABS_BASE_URL: fake.url };
    const keyless = engine === engines.openai ? openOpenai({ env }) : openElevenlabs({ env });
    await using lines = scheduleCalls(await keyless);
    expect(await speakAll(lines, voice, 9)).toEqual(Array(9).fill("key_missing"));
    expect(fake.requests.length + fake.lookups).toBe(0);
  });

  it("is asked about once when it is right", async () => {
    await using fake = await start({});
    await using lines = scheduleCalls(await open(fake.url, "test-key"));
    expect(await speakAll(lines, voice, 9)).toEqual(Array(9).fill("ok"));
    expect([fake.requests.length, fake.lookups]).toEqual([9, 1]);
  });

  it.each([...notItsBusiness, ...lacksPermission])(
    "is no reason not to speak when the question is answered %j",
    async (lookedUp) => {
      await using fake = await start({ lookedUp });
      await using lines = scheduleCalls(await open(fake.url, "test-key"));
      expect(await speakAll(lines, voice, 3)).toEqual(["ok", "ok", "ok"]);
      expect([fake.requests.length, fake.lookups]).toEqual([3, 1]);
    },
  );
});

describe("the key of elevenlabs", () => {
  it("is known from the list of voices, and the list from the question about the key", async () => {
    const { start, open } = engines.elevenlabs;
    await using fake = await start({});
    await using engine = await open(fake.url, "test-key");
    await engine.check?.();
    expect((await engine.voices()).length).toBeGreaterThan(3);
    await engine.check?.();
    expect(fake.lookups).toBe(1);
  });
});

describe("the openai engine", () => {
  it("does without the question when the caller's client cannot ask it", async () => {
    const client = new OpenAI({ apiKey: "k", baseURL: "http://127.0.0.1:9/v1" });
    const { audio } = client;
    await using engine = await openOpenai({ client: { audio, baseURL: client.baseURL } as OpenAI });
    await expect(engine.check?.()).resolves.toBeUndefined();
  });

  it("asks one line, whatever their number, at an address without /v1", async () => {
    await using fake = await startFakeOpenai({});
    const env = { OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: fake.url };
    await using lines = scheduleCalls(await openOpenai({ env }), { limit: 20 });
    expect(await speakAll(lines, "alloy", 300)).toEqual(Array(300).fill("engine_unavailable"));
    // The question about the key, and one line.
    expect([fake.requests.length, fake.lookups]).toEqual([0, 2]);
    await expect(lines.speak({ text: "Hello", voice: "alloy" })).rejects.toMatchObject({
      hint: "Check OPENAI_BASE_URL: it usually ends in /v1.",
    });
  });
});
