import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFakeEngine } from "../../../test/support/fake-engine.ts";
import { DubberError } from "../../core/error.ts";
import { joinSpeech } from "../../synthesis/join-speech.ts";
import type { Task } from "../tasks/contract.ts";
import { newTaskId } from "../tasks/task-id.ts";
import { openSpeechBench, type SpeechBench } from "./testing/speech-bench.ts";
import { textParts } from "./text-parts.ts";

const sentences = (count: number) =>
  Array.from(
    { length: count },
    (_, at) => `This is sentence number ${at}, more or less as it was.`,
  );
const long = sentences(40).join(" ");
const longer = sentences(240).join(" ");
let bench: SpeechBench;
beforeEach(async () => {
  bench = await openSpeechBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

/** Two are asked for at once, in no order. */
const textsAsked = (from = 0) =>
  bench.engine.asked
    .slice(from)
    .map(({ text }) => text)
    .toSorted();
const textsOf = (text: string, maxCharacters = 4000) =>
  textParts(text, { maxCharacters })
    .map((part) => part.text)
    .toSorted();
/** The engine fails from a call on, until it is mended. */
const failFrom = (call: number) => {
  const error = new DubberError("engine_failed", "Broken.");
  bench.engine.behaviour = { fail: (_, at) => (at >= call ? error : undefined) };
};

describe("a short text", () => {
  it("is one call and one file, with true facts", async () => {
    const task = await bench.begin({ text: "Hello there.", instructions: "Softly." });
    const spoken = await bench.finish(task);
    expect(bench.engine.asked).toMatchObject([
      { text: "Hello there.", voice: "ann", instructions: "Softly." },
    ]);
    expect(spoken).toMatchObject({ file: `${task.id}.wav`, format: "wav", sampleRate: 16_000 });
    const samples = await bench.samplesOf(spoken.file);
    expect(spoken.duration).toBe(samples.length / 16_000);
    expect(spoken.bytes).toBe(44 + samples.byteLength);
    expect(spoken.synthesisTime).toBeGreaterThanOrEqual(0);
  });

  it("that cannot be spoken leaves nothing", async () => {
    failFrom(1);
    const task = await bench.begin({});
    await expect(bench.run(task)).rejects.toMatchObject({ code: "engine_failed" });
    expect(await bench.namesOfFiles()).toEqual([]);
  });
});

describe("a long text", () => {
  it("is spoken in parts, and sounds like these parts joined", async () => {
    const task = await bench.begin({ text: long, format: "pcm" });
    const spoken = await bench.finish(task);
    const parts = textParts(long, { maxCharacters: 4000 });
    expect(textsAsked()).toEqual(textsOf(long));
    const results = parts.map(async (part) => ({
      part,
      result: await makeFakeEngine().speak({ text: part.text, voice: "ann" }),
    }));
    const { audio } = joinSpeech(await Promise.all(results), "fake");
    expect(await bench.samplesOf(spoken.file)).toEqual(audio);
    expect(spoken.duration).toBeCloseTo(audio.length / 16_000, 9);
  });

  it("loses nothing on its way to the engine, whatever the script", async () => {
    const pieces = [
      "word ",
      "Слово. ",
      "كلمة، ",
      "漢字。",
      "3.14 ",
      "… ",
      "😀",
      "x".repeat(90),
      "\n",
    ];
    const text = Array.from({ length: 200 }, (_, at) => pieces[(at * at + at) % 9]).join("");
    await bench.finish(await bench.begin({ text }));
    const lettersOf = (one: string) => one.match(/[\p{L}\p{N}]/gu)?.join("");
    const parts = textParts(text, { maxCharacters: 4000 }).map((part) => part.text);
    expect(lettersOf(parts.join(" "))).toBe(lettersOf(text));
    expect(textsAsked()).toEqual(parts.toSorted());
  });

  it("tells how far it is: characters spoken of characters to speak, only growing", async () => {
    const task = await bench.begin({ text: long });
    const seen: number[] = [];
    bench.store.watch(task.id, ({ progress }) => seen.push(progress));
    await bench.finish(task);
    const lengths = textParts(long, { maxCharacters: 4000 }).map(({ text }) => text.length);
    const upTo = (at: number) => lengths.slice(0, at).reduce((sum, one) => sum + one, 0);
    const total = upTo(lengths.length);
    const expected = lengths.map((_, at) => Math.min(0.999, upTo(at + 1) / total));
    expect(seen).toEqual(expected);
  });

  it("goes on where it was interrupted: what was spoken is not asked for again", async () => {
    failFrom(5);
    const task = await bench.begin({ text: long });
    await expect(bench.run(task)).rejects.toMatchObject({ code: "engine_failed" });
    expect(await bench.namesOfFiles()).toHaveLength(4);
    bench.engine.behaviour = {};
    const before = bench.engine.asked.length;
    const outcome = await bench.run(task);
    const spoken = bench.engine.asked.slice(0, before).slice(0, 4);
    expect(textsAsked(before)).toHaveLength(textsOf(long).length - 4);
    for (const { text } of spoken) expect(textsAsked(before)).not.toContain(text);
    // They stay until the end is written, and are named then.
    const names = await bench.namesOfFiles();
    expect(outcome).toMatchObject({ is: "done", files: [`${task.id}.wav`] });
    const { scraps = [] } = outcome as { readonly scraps?: readonly string[] };
    expect(names).toEqual([...scraps, `${task.id}.wav`].toSorted());
    // Also when it is done again from the beginning, because the end was not written.
    bench.engine.asked.length = 0;
    await bench.finish(task);
    expect(bench.engine.asked).toEqual([]);
  });

  it("is spoken anew when engine, version, speed or manner have changed", async () => {
    failFrom(4);
    const id = newTaskId();
    const task = await bench.begin({ text: long }, { id });
    await bench.run(task).catch(() => {});
    const other = makeFakeEngine();
    await bench.finish(task, bench.with({ ...other, version: "fake 2" } as typeof other));
    expect(other.asked).toHaveLength(textParts(long, { maxCharacters: 4000 }).length);
    const request = { ...(task.request as object), speed: 1.5 };
    bench.engine.behaviour = {};
    bench.engine.asked.length = 0;
    await bench.finish({ ...task, request });
    expect(bench.engine.asked).toHaveLength(other.asked.length);
  });

  it("is spoken anew when it is cut in another way", async () => {
    failFrom(4);
    const task = await bench.begin({ text: long });
    await bench.run(task).catch(() => {});
    const other = makeFakeEngine({ features: { maxCharacters: 200 } });
    await bench.finish(task, bench.with(other));
    expect(other.asked.map(({ text }) => text).toSorted()).toEqual(textsOf(long, 200));
  });

  it("lets others have a turn after some 4000 characters, and goes on without speaking anything twice", async () => {
    const text = longer;
    const task = await bench.begin({ text });
    // Nobody waits: it goes on.
    const waiting = await bench.store.claim(["speech"]);
    expect(waiting).toBeUndefined();
    await bench.store.giveBack(await bench.begin({}, { id: newTaskId() }), 0);
    let turns = 0;
    let now: Task = task;
    for (;;) {
      turns += 1;
      const outcome = await bench.run(now);
      if (outcome.is === "done") break;
      expect(outcome.progress).toBeGreaterThan(0);
      now = { ...now, progress: outcome.progress };
    }
    expect(turns).toBeGreaterThanOrEqual(3);
    expect(turns).toBeLessThanOrEqual(4);
    expect(textsAsked()).toEqual(textsOf(text));
  });

  it("keeps its turn while nobody waits", async () => {
    const text = longer;
    expect(await bench.run(await bench.begin({ text }))).toMatchObject({ is: "done" });
  });

  it("ends the engine's calls when it is called off, and keeps what it has", async () => {
    const gate = new Promise(() => {});
    const stop = new AbortController();
    bench.engine.behaviour = { ms: 0 };
    const task = await bench.begin({ text: long });
    bench.store.watch(task.id, () => {
      bench.engine.behaviour = { gate };
    });
    const running = bench.run(task, { call: stop });
    await expect.poll(() => bench.engine.inFlight).toBe(2);
    const reason = new Error("cancelled");
    stop.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(bench.engine.inFlight).toBe(0);
    expect(bench.engine.aborted).toBe(2);
    expect((await bench.namesOfFiles()).every((name) => name.endsWith(".part"))).toBe(true);
  });

  it("fails when its parts have different rates", async () => {
    const rates = [16_000, 24_000];
    const task = await bench.begin({ text: long });
    const engine = makeFakeEngine();
    const { speak } = engine;
    engine.speak = async (request, call) => ({
      ...(await speak(request, call)),
      sampleRate: rates[engine.asked.length % 2] ?? 0,
    });
    await expect(bench.run(task, { in: bench.with(engine) })).rejects.toMatchObject({
      code: "engine_failed",
    });
    expect(await bench.namesOfFiles()).not.toContain(`${task.id}.wav`);
  });
});

describe("a text for somebody who listens", () => {
  const listen = (task: Task, sink: Partial<Parameters<SpeechBench["sinks"]["add"]>[1]> = {}) => {
    const heard: number[] = [];
    const rates: (number | undefined)[] = [];
    const ends: unknown[] = [];
    bench.sinks.add(task.id, {
      async write(samples, rate) {
        heard.push(samples.length);
        rates.push(rate);
      },
      end: async () => void ends.push("end"),
      fail: (error) => ends.push(error),
      ...sink,
    });
    return { heard, rates, ends };
  };
  const begin = (text = long) => bench.begin({ text }, { origin: "stream" });

  it("is heard part by part, all of it, and leaves no file", async () => {
    const task = await begin();
    const { heard, rates, ends } = listen(task);
    expect(await bench.run(task)).toEqual({ is: "done", result: null, files: [] });
    expect(ends).toEqual(["end"]);
    expect(rates[0]).toBe(16_000);
    const other = await bench.begin({ text: long });
    const spoken = await bench.finish(other);
    expect(heard.reduce((sum, one) => sum + one, 0)).toBe(Math.round(spoken.duration * 16_000));
    expect((await bench.namesOfFiles()).some((name) => name.startsWith(task.id))).toBe(false);
  });

  it("never ends well when the engine fails in the middle", async () => {
    failFrom(3);
    const task = await begin();
    const { heard, ends } = listen(task);
    await expect(bench.run(task)).rejects.toMatchObject({ code: "engine_failed" });
    expect(heard.length).toBe(2);
    expect(ends).toMatchObject([{ code: "engine_failed" }]);
  });

  it("is given up when the line is closed", async () => {
    const task = await begin();
    const gone = new Error("nobody there");
    const { ends } = listen(task, {
      async write() {
        throw gone;
      },
    });
    await expect(bench.run(task)).rejects.toBe(gone);
    expect(ends).toEqual([gone]);
    expect(bench.engine.inFlight).toBe(0);
  });

  it("ends at once when it is called off, also while the listener does not read", async () => {
    const stop = new AbortController();
    const reason = new Error("stopping");
    const task = await begin();
    const writing = Promise.withResolvers<void>();
    const { ends } = listen(task, {
      write: () => {
        setImmediate(() => stop.abort(reason));
        return writing.promise;
      },
      fail: (error) => {
        ends.push(error);
        writing.reject(error);
      },
    });
    await expect(bench.run(task, { call: stop })).rejects.toBe(reason);
    expect(ends[0]).toBe(reason);
  });

  it("is not spoken when nobody listens any more", async () => {
    expect(await bench.run(await begin())).toMatchObject({ is: "done" });
    expect(bench.engine.asked).toEqual([]);
  });
});
