import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFakeEngine } from "../../../test/support/fake-engine.ts";
import { recordedTone } from "../../synthesis/testing/recorded-tone.ts";
import { deleteVoice } from "../voices/delete-voice.ts";
import { makeStoredVoice } from "../voices/testing/stored-voice.ts";
import { keepVoices, openSpeechBench, type SpeechBench } from "./testing/speech-bench.ts";

const wav = Buffer.from(recordedTone(200).wav);
let bench: SpeechBench;
const openWith = async (engine: ReturnType<typeof makeFakeEngine>) => {
  bench = await openSpeechBench(engine);
  await bench.files.write("voice_1.wav", [wav]);
  await bench.voices.add(makeStoredVoice());
};
afterEach(() => bench[Symbol.asyncDispose]());

const cloning = () => makeFakeEngine({ features: { cloning: true } });
const own = { ownVoice: "my_voice" };

describe("an engine that is given recordings", () => {
  beforeEach(() => openWith(cloning()));
  const asked = () => bench.engine.asked.at(-1);

  it("speaks with an uploaded voice: its recording, and what is said in it", async () => {
    await bench.finish(await bench.begin(own));
    expect(asked()).toMatchObject({ voice: "", recording: { wav, text: "What I said." } });
    await bench.finish(await bench.begin({ ...own, promptText: "Other words." }));
    expect(asked()?.recording?.text).toBe("Other words.");
  });

  it("gets no words of the recording for another language", async () => {
    await bench.finish(await bench.begin({ ...own, kind: "cross-lingual" }));
    expect(asked()?.recording).toEqual({ wav });
  });

  it("speaks with a recording that came with the request", async () => {
    await bench.files.write("task_0a_prompt.wav", [wav]);
    await bench.finish(await bench.begin({ promptFile: "task_0a_prompt.wav", promptText: "Hi." }));
    expect(asked()).toMatchObject({ voice: "", recording: { wav, text: "Hi." } });
  });

  it("is not asked for a voice that has been deleted meanwhile, or is somebody else's", async () => {
    const task = await bench.begin(own);
    await bench.voices.remove("ann", "my_voice");
    await expect(bench.run(task)).rejects.toMatchObject({ code: "voice_not_found", status: 404 });
    await bench.voices.add(makeStoredVoice({ owner: "bob" }));
    await expect(bench.run(task)).rejects.toMatchObject({ code: "voice_not_found" });
    expect(bench.engine.asked).toEqual([]);
  });

  it("is not asked for a voice whose recording goes while the task begins", async () => {
    const task = await bench.begin(own);
    await bench.files.remove("voice_1.wav");
    await expect(bench.run(task)).rejects.toMatchObject({ code: "voice_not_found" });
  });
});

describe("an engine that keeps voices", () => {
  let keeping: ReturnType<typeof keepVoices>;
  beforeEach(async () => {
    keeping = keepVoices(cloning());
    await openWith(keeping.engine);
  });
  const voiceOf = async () => (await bench.voices.get("ann", "my_voice"))?.engineVoices;

  it("is given an uploaded voice once, however many tasks come at the same time and later", async () => {
    const adding = Promise.withResolvers<void>();
    keeping.engine.adding = adding.promise;
    const tasks = [];
    for (let at = 0; at < 10; at++) tasks.push(await bench.begin(own));
    const running = tasks.map((task) => bench.finish(task));
    await expect.poll(() => keeping.added.length).toBe(1);
    adding.resolve();
    await Promise.all(running);
    await bench.finish(await bench.begin(own));
    expect(keeping.added).toEqual([{ wav, text: "What I said." }]);
    expect(bench.engine.asked.every(({ recording }) => recording?.wav.length === 0)).toBe(true);
    expect(await voiceOf()).toEqual({ fake: "kept_1" });
  });

  it("goes on making it for the others when one of them is cancelled", async () => {
    const adding = Promise.withResolvers<void>();
    keeping.engine.adding = adding.promise;
    const stop = new AbortController();
    const [first, second] = [await bench.begin(own), await bench.begin(own)];
    const cancelled = bench.run(first, { call: stop });
    const running = bench.finish(second);
    await expect.poll(() => keeping.added.length).toBe(1);
    const reason = new Error("cancelled");
    stop.abort(reason);
    await expect(cancelled).rejects.toBe(reason);
    adding.resolve();
    await running;
    expect(keeping.added).toHaveLength(1);
  });

  it("is asked again by the next task when it has failed", async () => {
    const adding = Promise.withResolvers<void>();
    keeping.engine.adding = adding.promise;
    const task = await bench.begin(own);
    const outcome = expect(bench.run(task)).rejects.toThrow("no room");
    await expect.poll(() => keeping.added.length).toBe(1);
    adding.reject(new Error("no room"));
    await outcome;
    expect(await voiceOf()).toEqual({});
    keeping.engine.adding = undefined;
    await bench.finish(task);
    expect(await voiceOf()).toEqual({ fake: "kept_2" });
  });

  it("keeps none of a voice that is deleted while it is made", async () => {
    const adding = Promise.withResolvers<void>();
    keeping.engine.adding = adding.promise;
    const running = bench.run(await bench.begin(own));
    const outcome = expect(running).rejects.toMatchObject({ code: "voice_not_found" });
    await expect.poll(() => keeping.added.length).toBe(1);
    await bench.voices.remove("ann", "my_voice");
    adding.resolve();
    await outcome;
    expect([...keeping.kept]).toEqual([]);
  });

  it("is not mistaken about a voice that was replaced under its name while it is made", async () => {
    const adding = Promise.withResolvers<void>();
    keeping.engine.adding = adding.promise;
    const running = bench.run(await bench.begin(own));
    const outcome = expect(running).rejects.toMatchObject({ code: "voice_not_found" });
    await expect.poll(() => keeping.added.length).toBe(1);
    await bench.voices.remove("ann", "my_voice");
    await bench.files.write("voice_2.wav", [wav]);
    await bench.voices.add(makeStoredVoice({ file: "voice_2.wav" }));
    adding.resolve();
    await outcome;
    expect(await voiceOf()).toEqual({});
    await bench.finish(await bench.begin(own));
    expect(await voiceOf()).toEqual({ fake: "kept_2" });
    expect([...keeping.kept]).toEqual(["kept_2"]);
  });

  it("keeps nothing of a recording that came with one request, whatever becomes of it", async () => {
    const prompt = "task_0a_prompt.wav";
    await bench.files.write(prompt, [wav]);
    await bench.finish(await bench.begin({ promptFile: prompt }));
    bench.engine.behaviour = { fail: () => new Error("broken") };
    await expect(bench.run(await bench.begin({ promptFile: prompt }))).rejects.toThrow();
    bench.engine.behaviour = { gate: new Promise(() => {}) };
    const stop = new AbortController();
    const running = bench.run(await bench.begin({ promptFile: prompt }), { call: stop });
    await expect.poll(() => bench.engine.inFlight).toBe(1);
    stop.abort(new Error("cancelled"));
    await expect(running).rejects.toThrow("cancelled");
    expect(keeping.added).toHaveLength(3);
    expect([...keeping.kept]).toEqual([]);
  });

  it("does not spoil what was spoken when it cannot forget a recording", async () => {
    await bench.files.write("task_0a_prompt.wav", [wav]);
    const engine = Object.assign(keeping.engine, {
      removeVoice: async () => {
        throw new Error("down");
      },
    });
    const task = await bench.begin({ promptFile: "task_0a_prompt.wav" });
    expect(await bench.finish(task, bench.with(engine))).toMatchObject({ file: `${task.id}.wav` });
  });

  it("forgets a voice that is deleted, and so does every other engine, though one is down", async () => {
    await bench.finish(await bench.begin(own));
    await bench.voices.setEngineVoice(makeStoredVoice(), "gone", "x");
    const { engines } = bench.context;
    const order = { owner: "ann", id: "my_voice" };
    expect(await deleteVoice({ ...bench.context, engines }, order)).toBe(true);
    expect(await bench.voices.leftovers()).toEqual([{ engine: "gone", voice: "x" }]);
    expect([...keeping.kept]).toEqual([]);
    expect(await bench.voices.get("ann", "my_voice")).toBeUndefined();
    expect(await bench.files.stat("voice_1.wav")).toBeUndefined();
    expect(await deleteVoice(bench.context, order)).toBe(false);
  });
});
