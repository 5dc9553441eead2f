import { afterEach, describe, expect, it } from "vitest";
import { startFakeOpenai } from "../../test/support/services/fake-openai.ts";
import type { FakeService, FakeServiceOptions } from "../../test/support/services/fake-service.ts";
import { makeRecording } from "../../test/support/services/spoken-phrases.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { prepareTextEngines, type TextEngines } from "./text-engines.ts";

const key = "test-key";
const { samples } = makeRecording({ phrases: [{ start: 0.3, end: 2, text: "Good morning." }] });
const question = {
  ...{ system: "Say something.", user: "Hello" },
  schema: {
    name: "words",
    schema: { type: "object", properties: {}, required: [], additionalProperties: false },
  },
} as const;

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function serve(options: FakeServiceOptions = {}): Promise<FakeService> {
  const service = await startFakeOpenai({ key, ...options });
  open.push(service);
  return service;
}

/** A clock that does not wait between tries, and says how long it should have; deadlines of calls are as they are. */
function hurriedClock(): Clock & { readonly waits: readonly number[] } {
  const waits: number[] = [];
  let ahead = 0;
  return {
    waits,
    now: () => systemClock.now() + ahead,
    async sleep(ms, call) {
      if (ms >= 60_000) return await systemClock.sleep(ms, call);
      waits.push(ms);
      ahead += ms;
      await systemClock.sleep(0, call);
    },
  };
}

function engines(env: Readonly<Record<string, string>>, clock: Clock = systemClock): TextEngines {
  const prepared = prepareTextEngines({ env, scheduling: { clock, random: () => 0.5 } });
  open.push(prepared);
  return prepared;
}

const kinds = {
  "the recogniser": {
    prefix: "STT",
    ask: async (text: TextEngines) => await (await text.listener("openai", {})).ask({ samples }),
  },
  "the language model": {
    prefix: "CHAT",
    ask: async (text: TextEngines) => await (await text.asker("gpt-4o-mini")).ask(question),
  },
} as const;
const otherKey = "other-key-0123456789";

describe.each(Object.entries(kinds))("%s behind the scheduler", (_, { prefix, ask }) => {
  const envOf = ({ url }: FakeService, apiKey = key) => ({
    ...{ OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: `${url}/v1` },
  });

  it.each([429, 500, 503])("is asked again after %i", async (status) => {
    const service = await serve({
      fault: ({ index }) => (index < 2 ? { kind: "status", status } : undefined),
    });
    await ask(engines(envOf(service), hurriedClock()));
    expect(service.requests.length).toBe(3);
  });

  it("is left alone for as long as it asks", async () => {
    const service = await serve({
      fault: ({ index }) =>
        index === 0 ? { kind: "status", status: 429, retryAfter: "7" } : undefined,
    });
    const clock = hurriedClock();
    await ask(engines(envOf(service), clock));
    expect(Math.max(...clock.waits)).toBeGreaterThanOrEqual(7000);
    expect(service.requests.length).toBe(2);
  });

  it("costs one free question with a wrong key, however many ask", async () => {
    const service = await serve();
    const text = engines(envOf(service, "sk-wrong-0123456789"));
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => ask(text)));
    for (const one of asked) {
      expect(one).toMatchObject({ status: "rejected", reason: { code: "key_refused" } });
    }
    expect([service.requests.length, service.lookups]).toEqual([0, 1]);
  });

  it("is asked at an address of its own with the key for that, and with no other", async () => {
    const [usual, own] = [await serve(), await serve({ key: otherKey })];
    const env = {
      ...envOf(usual),
      OPENAI_ORG_ID: "org-1",
      [`${prefix}_BASE_URL`]: `${own.url}/v1`,
    };
    await ask(engines({ ...env, [`${prefix}_API_KEY`]: otherKey }));
    expect(usual.requests.length + usual.lookups).toBe(0);
    expect(own.requests[0]?.headers.authorization).toBe(`Bearer ${otherKey}`);
    expect(JSON.stringify(own.requests[0]?.headers)).not.toContain("org-1");
    // Nothing is said there about a key where it has none, and the usual one is not lent.
    const free = await serve({ key: "" });
    await ask(engines({ ...env, [`${prefix}_BASE_URL`]: `${free.url}/v1` }));
    expect(JSON.stringify(free.requests[0]?.headers)).not.toContain(key);
  });

  it("names the variables it was set up with when they are wrong", async () => {
    const own = await serve({ key: otherKey });
    const env = { OPENAI_API_KEY: key, [`${prefix}_BASE_URL`]: `${own.url}/v1` };
    await expect(ask(engines(env))).rejects.toMatchObject({
      code: "key_refused",
      hint: expect.stringContaining(`${prefix}_API_KEY`),
    });
    const lost = engines({
      [`${prefix}_BASE_URL`]: `${own.url}/v2`,
      [`${prefix}_API_KEY`]: otherKey,
    });
    await expect(ask(lost)).rejects.toMatchObject({
      code: "engine_unavailable",
      hint: expect.stringContaining(`${prefix}_BASE_URL`),
    });
    expect(JSON.stringify(own.requests.map(({ headers }) => headers))).not.toContain(key);
  });

  it("is asked where the voices are when its own address is blank", async () => {
    const usual = await serve();
    await ask(engines({ ...envOf(usual), [`${prefix}_BASE_URL`]: " " }));
    expect(usual.requests.length).toBe(1);
  });
});
