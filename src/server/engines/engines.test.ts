import { afterEach, describe, expect, it } from "vitest";
import { makeFakeEngine } from "../../../test/support/fake-engine.ts";
import { DubberError } from "../../core/error.ts";
import type { Voice } from "../../core/voice.ts";
import type { Synthesizer } from "../../synthesis/synthesizer.ts";
import { type Engines, type EnginesOptions, openEngines } from "./engines.ts";
import { keptVoiceName } from "./kept-voices.ts";

let engines: Engines;
let now = 0;
const open = (options: Partial<EnginesOptions> = {}): Engines => {
  engines = openEngines({
    ...{ env: {}, defaultEngine: "fake", limit: 4, callTimeoutMs: 1000, outageMs: 1000 },
    ...{ now: () => now, ...options },
  });
  return engines;
};
afterEach(async () => {
  await engines[Symbol.asyncDispose]();
  now = 0;
});
const down = new DubberError("service_down", "It is down.", { retryable: true });

/** An engine that counts what it is asked, and may be down. */
function openFake(voices?: readonly Voice[]) {
  const engine = makeFakeEngine(voices && { voices });
  const state = { opened: 0, listed: 0, closed: 0, isDown: false, cannotOpen: false };
  const { voices: list } = engine;
  Object.assign(engine, {
    async voices() {
      state.listed += 1;
      if (state.isDown) throw down;
      return list();
    },
    async close() {
      state.closed += 1;
    },
  });
  const extra = {
    async fake(): Promise<Synthesizer> {
      state.opened += 1;
      await Promise.resolve();
      if (state.cannotOpen) throw down;
      return engine;
    },
  };
  return { engine, state, extra };
}

describe("the engines", () => {
  it("are those that are configured, the default one first, each once", () => {
    expect(open({ defaultEngine: "embedded" }).names).toEqual(["embedded"]);
    const env = {
      ...{
        OPENAI_BASE_URL: "http://localhost:1",
        ELEVENLABS_API_KEY: " ",
        COSYVOICE_URL: "http://x",
      },
    };
    expect(open({ defaultEngine: "cosyvoice", env }).names).toEqual([
      "cosyvoice",
      "embedded",
      "openai",
    ]);
    expect(open({ env: { OPENAI_API_KEY: "k", ELEVENLABS_API_KEY: "k" } }).names).toEqual([
      ...["fake", "embedded", "openai", "elevenlabs"],
    ]);
    // Named as the default, it may still miss its key: it says so when it is asked.
    expect(open({ defaultEngine: "openai" }).names).toEqual(["openai", "embedded"]);
  });

  it.each(["nobody", "", "__proto__", "constructor", "toString"])(
    "refuse the name %j",
    async (name) => {
      open();
      const refusal = { code: "unknown_voice", hint: expect.stringContaining("fake, embedded") };
      await expect(engines.get(name)).rejects.toMatchObject(refusal);
      await expect(engines.voices(name)).rejects.toMatchObject(refusal);
      await expect(engines.findVoice(name, "ann")).rejects.toMatchObject(refusal);
    },
  );

  it("are opened when they are first needed, once for all", async () => {
    const { state, extra } = openFake();
    open({ extra });
    expect(state.opened).toBe(0);
    const all = await Promise.all([1, 2, 3].map(() => engines.get("fake")));
    expect(new Set(all).size).toBe(1);
    expect(state.opened).toBe(1);
  });

  it("may be down at the start, and are used when they are back", async () => {
    const { state, extra } = openFake();
    state.cannotOpen = true;
    open({ extra });
    const failures = await Promise.allSettled([engines.get("fake"), engines.voices("fake")]);
    expect(failures).toMatchObject([{ reason: down }, { reason: down }]);
    state.cannotOpen = false;
    await engines.get("fake");
    expect((await engines.voices("fake")).map(({ id }) => id)).toEqual(["ann", "bob"]);
    expect(state.opened).toBe(2);
  });

  it("list their voices once in five minutes, however many ask", async () => {
    const { state, extra } = openFake();
    open({ extra });
    await Promise.all(Array.from({ length: 100 }, () => engines.voices("fake")));
    await engines.findVoice("fake", "ann");
    now = 5 * 60_000 - 1;
    await engines.voices("fake");
    expect(state.listed).toBe(1);
    now += 1;
    await Promise.all([engines.voices("fake"), engines.findVoice("fake", "bob")]);
    expect(state.listed).toBe(2);
  });

  it("keep no list that failed", async () => {
    const { state, extra } = openFake();
    state.isDown = true;
    open({ extra });
    await expect(engines.voices("fake")).rejects.toBe(down);
    await expect(engines.findVoice("fake", "ann")).rejects.toBe(down);
    state.isDown = false;
    expect(await engines.findVoice("fake", "ann")).toMatchObject({ name: "Ann" });
    expect(state.listed).toBe(3);
  });

  it("have no voices where they speak with recordings only, and are not asked for them", async () => {
    const { engine, state, extra } = openFake();
    Object.assign(engine, { features: { ...engine.features, needsRecording: true } });
    state.isDown = true;
    open({ extra });
    expect(await engines.voices("fake")).toEqual([]);
    expect(await engines.findVoice("fake", "ann")).toBeUndefined();
    expect(state.listed).toBe(0);
  });

  it("show and find no voice that a service keeps for one owner, however long its name is", async () => {
    const plain = { languages: ["en"], gender: "neutral" } as const;
    const kept = ["Anna's", "x".repeat(200)].map(keptVoiceName);
    expect(kept.every((name) => name.length <= 100)).toBe(true);
    const { extra } = openFake([
      { ...plain, id: "ann", name: "Ann" },
      ...kept.map((name, index) => ({ ...plain, id: `kept_${index}`, name })),
    ]);
    const { voices, findVoice } = open({ extra });
    expect((await voices("fake")).map(({ id }) => id)).toEqual(["ann"]);
    expect(await findVoice("fake", "ann")).toMatchObject({ id: "ann" });
    expect(await findVoice("fake", "kept_0")).toBeUndefined();
  });

  it("find a voice among very many as quickly as among few", async () => {
    const voices = Array.from({ length: 50_000 }, (_, at) => ({
      ...{ id: `voice ${at}`, name: `${at}`, languages: ["en"], gender: "neutral" as const },
    }));
    open({ extra: openFake(voices).extra });
    for (let at = 0; at < 50_000; at += 7) {
      expect((await engines.findVoice("fake", `voice ${at}`))?.name).toBe(`${at}`);
    }
    for (const id of ["", "voice", "__proto__", "constructor"]) {
      expect(await engines.findVoice("fake", id)).toBeUndefined();
    }
  });

  it("take ids they do not list, where they say what those mean", async () => {
    const { engine, extra } = openFake();
    const other = { id: "en+croak", name: "Croak", languages: ["en"], gender: "neutral" as const };
    Object.assign(engine, {
      async findVoice(id: string) {
        if (id === other.id) return other;
        if (id === "broken") throw down;
        throw new DubberError("unknown_voice", "No.");
      },
    });
    open({ extra });
    expect(await engines.findVoice("fake", "en+croak")).toEqual(other);
    expect(await engines.findVoice("fake", "en+none")).toBeUndefined();
    await expect(engines.findVoice("fake", "broken")).rejects.toBe(down);
    expect((await engines.findVoice("fake", "ann"))?.name).toBe("Ann");
  });

  it("are all closed at the end, also when one cannot be or never could be opened", async () => {
    const [good, bad] = [openFake(), openFake()];
    bad.state.cannotOpen = true;
    const broken = async () => {
      const engine = makeFakeEngine();
      engine.close = async () => {
        throw new Error("cannot close");
      };
      return engine;
    };
    open({ extra: { fake: good.extra.fake, bad: bad.extra.fake, broken } });
    await Promise.allSettled(["bad", "broken", "fake"].map((name) => engines.get(name)));
    await engines[Symbol.asyncDispose]();
    expect(good.state.closed).toBe(1);
    await expect(engines.get("fake")).rejects.toMatchObject({ code: "engine_unavailable" });
  });

  it("wait at the end for one that is just being opened, and close it", async () => {
    const { state, extra } = openFake();
    const opening = Promise.withResolvers<void>();
    open({ extra: { fake: () => opening.promise.then(extra.fake) } });
    const got = engines.get("fake");
    const closing = engines[Symbol.asyncDispose]();
    opening.resolve();
    await Promise.all([got, closing]);
    expect(state.closed).toBe(1);
  });
});
