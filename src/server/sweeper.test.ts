import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFakeEngine } from "../../test/support/fake-engine.ts";
import { VirtualClock } from "../../test/support/virtual-clock.ts";
import { DubberError } from "../core/error.ts";
import { openEngines } from "./engines/engines.ts";
import type { FileStore } from "./files/contract.ts";
import { openDiskFiles } from "./files/disk-files.ts";
import { type Database, openDatabase } from "./store/database.ts";
import { openSqliteTasks } from "./store/sqlite-tasks.ts";
import { openSqliteVoices } from "./store/sqlite-voices.ts";
import { type SweepOptions, sweep, sweepRegularly } from "./sweeper.ts";
import type { NewTask, Task, TaskStore } from "./tasks/contract.ts";
import { newTaskId } from "./tasks/task-id.ts";
import { hour, makeNewTask } from "./tasks/testing/new-task.ts";
import { deleteVoice } from "./voices/delete-voice.ts";
import { makeStoredVoice } from "./voices/testing/stored-voice.ts";

const keptForMs = 2 * hour;
let isEngineDown: boolean;
/** Voices it was told to forget. */
let forgotten: string[];
const engine = Object.assign(makeFakeEngine(), {
  async removeVoice(id: string) {
    if (isEngineDown) throw new DubberError("service_down", "Down.", { retryable: true });
    forgotten.push(id);
  },
});
let folder: string;
let database: Database;
let tasks: TaskStore;
let files: FileStore;
let options: SweepOptions;
/** From now, ms: files are as old as they are. */
let later: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-sweeper-"));
  database = openDatabase(join(folder, "dubber.db"));
  later = 0;
  [isEngineDown, forgotten] = [false, []];
  const now = () => Date.now() + later;
  tasks = openSqliteTasks(database, { now });
  files = await openDiskFiles(join(folder, "files"));
  const voices = openSqliteVoices(database);
  const engines = openEngines({
    ...{ env: {}, defaultEngine: "fake", limit: 4, callTimeoutMs: 1000, outageMs: 1000, now },
    extra: { fake: async () => engine },
  });
  options = { tasks, voices, files, engines, keptForMs, now };
});
afterEach(async () => {
  if (database.sqlite.isOpen) database.close();
  await rm(folder, { recursive: true, force: true });
});

const submit = async (task: Partial<NewTask> = {}): Promise<Task> => {
  const one = makeNewTask({ createdAt: Date.now(), ...task });
  await tasks.submit(one, { mostWaiting: 99, mostOpen: 99 });
  for (const name of one.files) await keep(name);
  return (await tasks.get(one.id)) as Task;
};
const begin = async (task?: Partial<NewTask>): Promise<Task> => {
  await submit(task);
  return (await tasks.claim(["speech"])) as Task;
};
const complete = async (task: Task, name: string): Promise<void> => {
  await keep(name);
  await tasks.end(task, { is: "completed", atMs: Date.now() + later, result: {}, files: [name] });
};
const keep = (name: string) => files.write(name, [Buffer.from(name)]);
const left = async () => (await Array.fromAsync(files.names())).toSorted();

describe("sweeping", () => {
  it("has an engine forget a deleted voice that could not be told before, also after a restart", async () => {
    const { voices, engines } = options;
    await voices.add(makeStoredVoice());
    const { owner, id, file } = makeStoredVoice();
    await voices.setEngineVoice({ owner, id, file }, "fake", "kept-1");
    isEngineDown = true;
    expect(await deleteVoice({ voices, files, engines }, { owner, id })).toBe(true);
    await sweep(options);
    expect(forgotten).toEqual([]);
    isEngineDown = false;
    const again = { ...options, voices: openSqliteVoices(database) };
    await sweep(again);
    await sweep(again);
    expect(forgotten).toEqual(["kept-1"]);
    expect(await voices.leftovers()).toEqual([]);
  });

  it("removes tasks past their age, with everything they had and made", async () => {
    const id = newTaskId();
    const task = await begin({ id, files: [`${id}_prompt.wav`] });
    await complete(task, `${id}.mp3`);
    later = keptForMs - 1000;
    expect(await sweep(options)).toBe(0);
    expect(await left()).toEqual([`${id}.mp3`, `${id}_prompt.wav`]);
    later = keptForMs + 1000;
    expect(await sweep(options)).toBe(2);
    expect(await left()).toEqual([]);
    expect(await tasks.get(id)).toBeUndefined();
    expect(await tasks.isExpired(id, "ann")).toBe(true);
    expect(await sweep(options)).toBe(0);
  });

  it("never touches what waits or is at work, however old it is", async () => {
    const [waiting, working] = [newTaskId(), newTaskId()];
    await begin({ id: working, files: [`${working}_prompt.wav`] });
    await submit({ id: waiting, files: [`${waiting}_prompt.wav`] });
    const given = await begin();
    await tasks.giveBack(given, 0.5);
    const names = [
      `${working}_0.part`,
      `${working}.wav`,
      `${waiting}_3.part`,
      `${given.id}_11.part`,
    ];
    for (const name of names) await keep(name);
    later = 1000 * hour;
    expect(await sweep(options)).toBe(0);
    expect(await left()).toHaveLength(6);
  });

  it("keeps a result whose end was written while it was looking", async () => {
    const task = await begin();
    const name = `${task.id}.wav`;
    await keep(name);
    const fileNames = async () => {
      const names = await tasks.fileNames();
      await complete(task, name);
      return names;
    };
    later = 1000 * hour;
    await sweep({ ...options, tasks: { ...tasks, fileNames } });
    expect(await left()).toEqual([name]);
  });

  it("removes at once what a task has left behind that has ended", async () => {
    const [failed, cancelled] = [await begin(), await begin()];
    for (const { id } of [failed, cancelled]) await keep(`${id}_0.part`);
    await keep(`${cancelled.id}.wav`);
    await tasks.end(failed, { is: "failed", atMs: Date.now(), error: { code: "x", message: "" } });
    await tasks.cancel(cancelled.id, Date.now());
    expect(await sweep(options)).toBe(3);
    expect(await left()).toEqual([]);
  });

  it("removes files that belong to nothing after an hour, and not before", async () => {
    const names = [`${newTaskId()}_prompt.wav`, `${newTaskId()}_0.part`, "voice_00.wav", "x.bin"];
    for (const name of names) await keep(name);
    later = hour - 60_000;
    expect(await sweep(options)).toBe(0);
    later = hour + 1000;
    expect(await sweep(options)).toBe(4);
    expect(await left()).toEqual([]);
  });

  it("keeps the recordings of voices", async () => {
    await keep("voice_1.wav");
    await options.voices.add(makeStoredVoice({ file: "voice_1.wav" }));
    later = 1000 * hour;
    expect(await sweep(options)).toBe(0);
    expect(await left()).toEqual(["voice_1.wav"]);
  });

  it("lives through files that others remove at the same time", async () => {
    await Promise.all(Array.from({ length: 50 }, (_, at) => keep(`stray_${at}.wav`)));
    later = 2 * hour;
    await Promise.all([sweep(options), sweep(options)]);
    expect(await left()).toEqual([]);
    expect(await files.usedBytes()).toBe(0);
  });
});

describe("sweeping regularly", () => {
  it("sweeps at once and again and again, tells of trouble, and ends when it is told to", async () => {
    const clock = new VirtualClock();
    const troubles: unknown[] = [];
    let sweeps = 0;
    const broken: TaskStore = {
      ...tasks,
      async sweep() {
        sweeps += 1;
        if (sweeps === 2) throw new Error("no disk");
        return [];
      },
      fileNames: async () => new Set(),
    };
    const none = { async *names() {} } as unknown as FileStore;
    const end = sweepRegularly(
      { ...options, tasks: broken, files: none },
      { everyMs: 1000, clock, onError: (error) => troubles.push(error) },
    );
    for (let at = 0; at < 3; at++) await clock.advance(1000);
    expect(sweeps).toBe(4);
    expect(troubles).toMatchObject([{ message: "no disk" }]);
    await end();
    expect(clock.sleeping).toBe(0);
  });

  it("ends in the middle of a sweep, without a complaint", async () => {
    const troubles: unknown[] = [];
    for (let at = 0; at < 200; at++) await keep(`stray_${at}.wav`);
    later = 2 * hour;
    const end = sweepRegularly(options, {
      ...{ everyMs: 1000, clock: new VirtualClock() },
      onError: (error) => troubles.push(error),
    });
    await end();
    expect(troubles).toEqual([]);
    expect((await left()).length).toBeGreaterThan(0);
  });
});
