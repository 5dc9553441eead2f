import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type FakeEngineOptions, makeFakeEngine } from "../../../test/support/fake-engine.ts";
import { DubberError } from "../../core/error.ts";
import { openEmbedded } from "../../synthesis/embedded.ts";
import type { Synthesizer } from "../../synthesis/synthesizer.ts";
import { type Engines, openEngines } from "../engines/engines.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { openSqliteVoices } from "../store/sqlite-voices.ts";
import { voiceAliases } from "./aliases.ts";
import type { VoiceStore } from "./contract.ts";
import { checkKind, cloningEngine, findVoice, needCloningEngine } from "./find-voice.ts";
import { listPretrained } from "./pretrained.ts";
import { makeStoredVoice } from "./testing/stored-voice.ts";

let folder: string;
let database: Database;
let voices: VoiceStore;
let embedded: Synthesizer;
let engines: Engines;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-voices-"));
  database = openDatabase(join(folder, "dubber.db"));
  voices = openSqliteVoices(database);
  embedded = await openEmbedded({ lanes: 1 });
});
afterEach(async () => {
  await voices.remove("ann", "my_voice");
});
afterAll(async () => {
  await embedded.close();
  database.close();
  await rm(folder, { recursive: true });
});

const voice = (id: string) => ({ id, name: id, languages: ["en"], gender: "neutral" as const });
const down = new DubberError("service_down", "It is down.");
const isDown = async (): Promise<Synthesizer> => {
  throw down;
};
const fake = (options: FakeEngineOptions) => async () => makeFakeEngine(options);
/** The real embedded engine, kept open, and others in this order. */
const open = (others: Record<string, () => Promise<Synthesizer>>) => {
  const extra = { embedded: async () => ({ ...embedded, close: async () => {} }), ...others };
  engines = openEngines({
    ...{ env: {}, defaultEngine: Object.keys(others)[0] ?? "embedded", limit: 4 },
    ...{ callTimeoutMs: 1000, outageMs: 1000, now: () => 0, extra },
  });
};
const find = (id: string, engine?: string) =>
  findVoice({ engines, voices }, { owner: "ann", id, engine });
const found = async (id: string, engine?: string) => {
  const one = await find(id, engine);
  return `${one.engine} ${one.voice.id}`;
};
const unknown = { code: "voice_not_found", status: 404 };

describe("a voice", () => {
  it("is looked for among the own ones, the aliases, by engine, then by name, the default engine first", async () => {
    open({
      first: fake({ name: "first", voices: [voice("ann"), voice("shared"), voice("my_voice")] }),
      second: fake({
        name: "second",
        voices: [voice("shared"), voice("bob"), voice("second:odd")],
      }),
    });
    expect(await found("ann")).toBe("first ann");
    expect(await found("bob")).toBe("second bob");
    expect(await found("shared")).toBe("first shared");
    expect(await found("second:shared")).toBe("second shared");
    expect(await found("second:second:odd")).toBe("second second:odd");
    expect(await found("pretrained_voice_001")).toBe("embedded en-us");
    expect(await found("my_voice")).toBe("first my_voice");
    await voices.add(makeStoredVoice());
    expect(await find("my_voice")).toMatchObject({ is: "own", engine: undefined });
  });

  it("is looked for in one engine only where the request names it", async () => {
    open({
      first: fake({ name: "first" }),
      second: fake({ name: "second", voices: [voice("bob")] }),
    });
    expect(await found("bob", "second")).toBe("second bob");
    await expect(find("ann", "second")).rejects.toMatchObject(unknown);
  });

  it("of another owner is not there", async () => {
    open({ first: fake({ name: "first" }) });
    await voices.add(makeStoredVoice());
    const order = { owner: "bob", id: "my_voice" };
    await expect(findVoice({ engines, voices }, order)).rejects.toMatchObject(unknown);
    expect(await find("my_voice")).toMatchObject({ is: "own" });
  });

  it.each([
    "",
    "nobody",
    ":",
    "first:",
    ":ann",
    "first:nobody",
    "none:ann",
    "__proto__",
    "pretrained_voice_999",
  ])("that nobody has is refused: %j", async (id) => {
    open({ first: fake({ name: "first" }) });
    await expect(find(id)).rejects.toMatchObject(unknown);
  });

  it("that nobody has is quoted without what could spoil a log or a screen", async () => {
    open({ first: fake({ name: "first" }) });
    const { message } = await find(`a\u0007\u202e\n${"x".repeat(500)}`).catch((error) => error);
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(message.length).toBeLessThan(200);
  });

  it("of the embedded engine is found by every id it speaks with, also those it does not list", async () => {
    open({ first: fake({ name: "first" }) });
    for (const id of ["en-us", "en-us+f2", "en", "en+f3", "es+croak", "EN-US+F2"]) {
      const named = await find(`embedded:${id}`);
      expect(named).toMatchObject({ is: "engine", engine: "embedded", voice: { id } });
      expect(await found(id)).toBe(`embedded ${id}`);
      const { audio } = await embedded.speak({ text: "Hello.", voice: named.voice.id });
      expect(audio.length).toBeGreaterThan(0);
    }
    expect((await find("embedded:es+croak")).voice).toMatchObject({ languages: ["es"] });
    for (const id of ["en+none", "xx", "en+", "+f3", "en+f3+f3"]) {
      await expect(find(`embedded:${id}`)).rejects.toMatchObject(unknown);
    }
  });

  it("of an engine that is down is refused with that engine's error, and others are found all the same", async () => {
    open({ lost: isDown, second: fake({ name: "second", voices: [voice("bob")] }) });
    expect(await found("bob")).toBe("second bob");
    await expect(find("lost:ann")).rejects.toBe(down);
    await expect(find("nobody")).rejects.toBe(down);
    await expect(find("second:nobody")).rejects.toMatchObject(unknown);
  });

  it("is not hidden by an engine that has no voices of its own", async () => {
    const recorded = fake({ name: "recorded", features: { needsRecording: true, cloning: true } });
    open({ recorded });
    await expect(find("nobody")).rejects.toMatchObject(unknown);
    await expect(find("recorded:ann")).rejects.toMatchObject(unknown);
  });
});

describe("a recording", () => {
  const cloning = (name: string, instructions = false) =>
    fake({ name, features: { cloning: true, instructions } });

  it("is spoken by the first engine that can, and for instructions by one that follows them", async () => {
    open({ plain: fake({ name: "plain" }), one: cloning("one"), two: cloning("two", true) });
    expect(await cloningEngine(engines)).toBe("one");
    expect(await needCloningEngine(engines, "zero-shot")).toBe("one");
    expect(await needCloningEngine(engines, "instruct")).toBe("two");
    await voices.add(makeStoredVoice());
    expect(await find("my_voice")).toMatchObject({ is: "own", engine: "one" });
  });

  it("is refused where nobody can, with what to configure", async () => {
    open({ plain: fake({ name: "plain" }) });
    expect(await cloningEngine(engines)).toBeUndefined();
    await expect(needCloningEngine(engines, "zero-shot")).rejects.toMatchObject({
      ...{ code: "engine_unsupported", message: expect.stringMatching(/COSYVOICE_URL/) },
    });
  });

  it("is refused with the error of an engine that cannot be opened, when that might have been the one", async () => {
    open({ plain: fake({ name: "plain" }), lost: isDown });
    expect(await cloningEngine(engines)).toBeUndefined();
    await expect(needCloningEngine(engines, "zero-shot")).rejects.toBe(down);
    open({ lost: isDown, one: cloning("one") });
    expect(await needCloningEngine(engines, "zero-shot")).toBe("one");
  });

  it("and instructions are refused where the engine follows none", async () => {
    open({ one: cloning("one"), two: cloning("two", true) });
    await checkKind(engines, "sft", "one");
    await checkKind(engines, "instruct", "two");
    await expect(checkKind(engines, "instruct", "one")).rejects.toMatchObject({
      code: "engine_unsupported",
    });
  });
});

describe("the pretrained voices", () => {
  it("are the aliases and all of every engine, each an id that can be spoken with", async () => {
    open({ first: fake({ name: "first" }) });
    const listed = await listPretrained(engines);
    const ids = listed.map((one) => one.voice_id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(0, voiceAliases.size)).toEqual([...voiceAliases.keys()]);
    expect(ids).toContain("first:ann");
    for (const id of [...ids.slice(0, 70), ...ids.filter((_, at) => at % 97 === 0)]) {
      expect(await find(id)).toMatchObject({ is: "engine" });
    }
  });

  it("are those of the engines that are well", async () => {
    open({ lost: isDown, first: fake({ name: "first" }) });
    const listed = (await listPretrained(engines)).map(({ engine }) => engine);
    expect(new Set(listed)).toEqual(new Set(["embedded", "first"]));
  });
});
