import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { VoiceStore } from "../voices/contract.ts";
import { makeStoredVoice } from "../voices/testing/stored-voice.ts";
import { type Database, openDatabase } from "./database.ts";
import { openSqliteVoices } from "./sqlite-voices.ts";
import { fillDisk } from "./testing/full-disk.ts";

let folder: string;
let database: Database;
let voices: VoiceStore;
const open = () => {
  database = openDatabase(join(folder, "dubber.db"));
  voices = openSqliteVoices(database);
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-voices-"));
  open();
});
afterEach(async () => {
  database.close();
  await rm(folder, { recursive: true });
});
const all = { owner: "ann", offset: 0, limit: 100 };
const idsOf = async (query: Partial<Parameters<VoiceStore["list"]>[0]> = {}) =>
  (await voices.list({ ...all, ...query })).voices.map(({ id }) => id);

describe("the voice store", () => {
  it("keeps everything that is known of a voice, over a restart", async () => {
    const voice = makeStoredVoice({
      ...{ name: 'Ann\u0000 "O\'Neill" 😀', description: undefined, language: undefined },
      ...{ promptText: undefined, engineVoices: { elevenlabs: "x" }, hasConsent: false },
    });
    expect(await voices.add(voice)).toEqual({ is: "added" });
    database.close();
    open();
    expect(await voices.get("ann", "my_voice")).toEqual(voice);
  });

  it("has one voice of an id for each owner, and shows nobody another's", async () => {
    await voices.add(makeStoredVoice());
    expect(await voices.add(makeStoredVoice({ name: "Other" }))).toEqual({ is: "exists" });
    expect(await voices.add(makeStoredVoice({ owner: "bob" }))).toEqual({ is: "added" });
    expect((await voices.get("ann", "my_voice"))?.name).toBe("My voice");
    await voices.remove("bob", "my_voice");
    expect(await voices.get("ann", "my_voice")).toBeDefined();
    expect(await voices.get("", "my_voice")).toBeUndefined();
    expect(await voices.change("bob", "my_voice", { name: "x" }, 2)).toBeUndefined();
    expect((await voices.list({ ...all, owner: "bob" })).total).toBe(0);
    expect((await voices.totals("bob")).total).toBe(0);
  });

  it("adds one of several of the same id that come in one turn", async () => {
    const added = await Promise.all(
      [1, 2, 3].map((at) => voices.add(makeStoredVoice({ name: `${at}` }))),
    );
    expect(added.map(({ is }) => is)).toEqual(["added", "exists", "exists"]);
  });

  it("gives a second request with the same key the first one's answer", async () => {
    const remember = { key: "key", requestHash: "hash", status: 201, body: { id: 1 } };
    await voices.add(makeStoredVoice(), remember);
    const again = await voices.add(makeStoredVoice({ id: "other" }), { ...remember, body: 2 });
    expect(again).toMatchObject({ is: "remembered", answer: { status: 201, body: { id: 1 } } });
    expect(await idsOf()).toEqual(["my_voice"]);
  });

  it("lists newest first, by type and by language, in pages with the true total", async () => {
    const languages = ["en", "en-GB", "es", undefined];
    for (const [at, language] of languages.entries()) {
      const type = at === 0 ? "sft" : "zero_shot";
      await voices.add(makeStoredVoice({ id: `voice_${at}`, type, language, createdAt: at }));
    }
    expect(await idsOf()).toEqual(["voice_3", "voice_2", "voice_1", "voice_0"]);
    expect(await idsOf({ language: "en-US" })).toEqual(["voice_1", "voice_0"]);
    expect(await idsOf({ language: "nonsense!" })).toEqual([]);
    expect(await idsOf({ type: "sft" })).toEqual(["voice_0"]);
    const page = await voices.list({ ...all, offset: 1, limit: 2 });
    expect(page.voices.map(({ id }) => id)).toEqual(["voice_2", "voice_1"]);
    expect(page.total).toBe(4);
    expect(await voices.totals("ann")).toEqual({
      ...{ total: 4, seconds: 16, byType: { sft: 1, zero_shot: 3 } },
      byLanguage: { en: 1, "en-GB": 1, es: 1, unknown: 1 },
    });
  });

  it("changes what is said about a voice, and nothing else", async () => {
    const voice = makeStoredVoice();
    await voices.add(voice);
    const changed = await voices.change("ann", "my_voice", { name: "New", language: "es" }, 2000);
    expect(changed).toEqual({ ...voice, name: "New", language: "es", updatedAt: 2000 });
    expect(await voices.get("ann", "my_voice")).toEqual(changed);
    expect(await voices.change("ann", "none", { name: "New" }, 2000)).toBeUndefined();
  });

  it("notes what an engine calls it, for each engine, unless it has another recording by now", async () => {
    const voice = makeStoredVoice();
    await voices.add(voice);
    const both = [
      voices.setEngineVoice(voice, "one", "a"),
      voices.setEngineVoice(voice, "two", "b"),
    ];
    expect(await Promise.all(both)).toEqual([true, true]);
    const other = { ...voice, file: "voice_2.wav" };
    expect(await voices.setEngineVoice(other, "one", "c")).toBe(false);
    expect((await voices.get("ann", "my_voice"))?.engineVoices).toEqual({ one: "a", two: "b" });
    await voices.remove("ann", "my_voice");
    expect(await voices.setEngineVoice(voice, "one", "d")).toBe(false);
  });

  it("gives a removed voice once, and knows every file that belongs to one", async () => {
    const voice = makeStoredVoice();
    await voices.add(voice);
    expect(await voices.fileNames()).toEqual(new Set(["voice_1.wav"]));
    const removed = await Promise.all([
      voices.remove("ann", "my_voice"),
      voices.remove("ann", "my_voice"),
    ]);
    expect(removed).toEqual([voice, undefined]);
    expect(await voices.fileNames()).toEqual(new Set());
  });

  it("says that the disk is full, and has nothing of it then", async () => {
    const disk = fillDisk(database);
    await expect(voices.add(makeStoredVoice())).rejects.toMatchObject({ code: "disk_full" });
    disk.isFull = false;
    expect(await idsOf()).toEqual([]);
    expect(await voices.add(makeStoredVoice())).toEqual({ is: "added" });
  });
});
