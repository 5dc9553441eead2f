import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { takeLock } from "../core/lock.ts";
import { carryInto, changeVoices } from "./shared-voices.ts";
import { type KnownSpeaker, readVoices } from "./voices-file.ts";

const key = "made-up/es";
const speaker = (label: string, more: Partial<KnownSpeaker> = {}): KnownSpeaker => ({
  ...{ label, name: label, voices: {} },
  ...more,
});

describe("changeVoices", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dubber-voices-"));
    path = join(folder, "series", "voices.json");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("loses nobody when several runs write at once, and leaves no lock behind", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `Person ${index + 10}`);
    const eager = { now: () => 0, sleep: () => new Promise<void>((done) => setImmediate(done)) };
    // With pauses this short 50 tries may not be enough for twelve: whoever is refused comes again.
    const add = async (name: string): Promise<void> => {
      for (;;) {
        try {
          return await changeVoices(path, (now) => [...now, speaker(name)], {}, eager);
        } catch (error) {
          if (!(error instanceof Error && "retryable" in error && error.retryable)) throw error;
        }
      }
    };
    await Promise.all(names.map(add));
    expect((await readVoices(path)).map(({ name }) => name)).toEqual(names);
    expect(await readdir(join(folder, "series"))).toEqual(["voices.json"]);
  });

  it("waits for a writer, but not for ever", async () => {
    await changeVoices(path, () => [speaker("Ann")]);
    await using _held = await takeLock(`${path}.lock`);
    const pauses: number[] = [];
    const clock = { now: () => 0, sleep: async (ms: number) => void pauses.push(ms) };
    const change = changeVoices(path, (now) => [...now, speaker("Bob")], {}, clock);
    await expect(change).rejects.toMatchObject({
      ...{ code: "work_directory_locked", retryable: true },
      message: expect.stringContaining(path),
    });
    expect(pauses).toHaveLength(49);
    expect(await readVoices(path)).toEqual([speaker("Ann")]);
  });

  it("needs no lock to change nothing", async () => {
    await changeVoices(path, () => [speaker("Ann")]);
    await using _held = await takeLock(`${path}.lock`);
    await changeVoices(path, (now) => now);
    expect(await readVoices(path)).toEqual([speaker("Ann")]);
  });

  it("gives up with the caller's own reason", async () => {
    await changeVoices(path, () => [speaker("Ann")]);
    await using _held = await takeLock(`${path}.lock`);
    const reason = new Error("enough");
    const change = changeVoices(path, () => [], { signal: AbortSignal.abort(reason) });
    await expect(change).rejects.toBe(reason);
  });
});

describe("carryInto", () => {
  const none = new Map<string, undefined>();

  it("calls whoever has no name by a number that nobody has, and carries them once", () => {
    const shared = [speaker("Speaker 1", { print: [1, 0], voices: { [key]: "a" } })];
    const stranger = speaker("Speaker 1", { print: [0, 1], voices: { [key]: "b" } });
    const cast = { speakers: [stranger], key, before: none };
    const now = carryInto(shared, cast);
    expect(now).toEqual([shared[0], { ...stranger, label: "Speaker 2", name: "Speaker 2" }]);
    const before = new Map([["Speaker 1", "b"]]);
    expect(carryInto(now, { ...cast, before })).toEqual(now);
  });

  it("leaves out whom nobody could find again", () => {
    expect(carryInto([], { speakers: [speaker("Speaker 1")], key, before: none })).toEqual([]);
  });

  it("keeps a person's print, and takes the name they were given since", () => {
    const shared = [speaker("Speaker 4", { print: [1, 0], voices: { [key]: "a" } })];
    const ann = speaker("Speaker 1", { name: "Ann", print: [0.9, 0.1], voices: { [key]: "b" } });
    const before = new Map([["Speaker 1", "a"]]);
    expect(carryInto(shared, { speakers: [ann], key, before })).toEqual([
      speaker("Speaker 4", { name: "Ann", print: [1, 0], voices: { [key]: "b" } }),
    ]);
    const named = [speaker("Ann", { print: [0, 1] })];
    expect(carryInto(named, { speakers: [ann], key, before: none })).toEqual([
      speaker("Ann", { print: [0, 1], voices: { [key]: "b" } }),
    ]);
  });

  it("keeps the voice another run has chosen meanwhile", () => {
    const shared = [speaker("Ann", { voices: { [key]: "theirs" } })];
    const ann = speaker("Ann", { voices: { [key]: "ours" } });
    expect(carryInto(shared, { speakers: [ann], key, before: none })).toEqual(shared);
  });
});
