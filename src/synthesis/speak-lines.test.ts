import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBill } from "../core/bill.ts";
import { DubberError } from "../core/error.ts";
import { openBudget } from "./budget.ts";
import { openEmbedded } from "./embedded.ts";
import type { ScheduledSynthesizer } from "./schedule.ts";
import { scheduleCalls } from "./schedule.ts";
import type { SpokenLine } from "./speak-each.ts";
import { type SpeakProgress, speakLines } from "./speak-lines.ts";
import type { SpeechRequest } from "./synthesizer.ts";
import { encodeWavClip } from "./wav-clip.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterEach(() => rm(directory, { recursive: true }));

type Speak = (request: SpeechRequest, signal?: AbortSignal) => void | Promise<void>;

/** An engine in this process: one sample per character, and whatever `before` does first. */
function listen(before: Speak = () => {}, lanes = 2) {
  const asked: string[] = [];
  let now = 0;
  const most = { atOnce: 0 };
  const synthesizer: ScheduledSynthesizer = {
    ...{ name: "listening", version: "1", place: "local", lanes, retries: 4 },
    features: {
      instructions: true,
      cloning: false,
      seed: false,
      context: false,
      maxCharacters: 1000,
    },
    state: () => ({ inFlight: now, limit: lanes, calls: asked.length, retries: 0, throttled: 0 }),
    voices: async () => [],
    async speak(request, call) {
      call?.signal?.throwIfAborted();
      asked.push(request.text);
      most.atOnce = Math.max(most.atOnce, ++now);
      try {
        await before(request, call?.signal);
        const audio = Int16Array.from(request.text, (character) => character.charCodeAt(0));
        return { audio, sampleRate: 8000, warnings: request.text === "warn" ? ["hm"] : [] };
      } finally {
        now -= 1;
      }
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  return { synthesizer, asked, most };
}

const toLines = (...texts: string[]): SpokenLine[] =>
  texts.map((text, index) => ({ id: `${index}`, text, voice: "v" }));

describe("speakLines", () => {
  it("writes one whole clip per line and says where", async () => {
    const { synthesizer } = listen();
    const { clips, failures, spoken, reused } = await speakLines({
      ...{ synthesizer, directory },
      lines: toLines("one", "three"),
    });
    expect([failures, spoken, reused]).toEqual([[], 2, 0]);
    const path = clips.get("1")?.path ?? "";
    const expected = encodeWavClip(
      Int16Array.from("three", (c) => c.charCodeAt(0)),
      8000,
    );
    expect(await readFile(path)).toEqual(Buffer.from(expected));
    expect(await readdir(directory)).toHaveLength(2);
  });

  it("speaks the longest first, but one by one in their own order", async () => {
    const texts = Array.from({ length: 8 }, (_, index) => "x".repeat(1 + ((index * 3) % 8)));
    const lengths = (asked: readonly string[]): number[] => asked.map(({ length }) => length);
    const release: (() => void)[] = [];
    const two = listen(() => new Promise((resolve) => release.push(resolve)), 2);
    const speaking = speakLines({ ...two, directory, lines: toLines(...texts) });
    // One answer at a time: two lanes at once would race for their next line.
    for (let count = 2; count <= 8; count++) {
      await expect.poll(() => release.length, { interval: 1 }).toBe(count);
      release[count - 2]?.();
    }
    release.at(-1)?.();
    await speaking;
    expect(lengths(two.asked).slice(0, 2).toSorted()).toEqual([7, 8]);
    expect(lengths(two.asked).slice(2)).toEqual([6, 5, 4, 3, 2, 1]);
    const one = listen(undefined, 1);
    await speakLines({ ...one, directory, lines: toLines(...texts.map((text) => `${text}.`)) });
    expect(one.asked).toEqual(texts.map((text) => `${text}.`));
  });

  it.each([1, 3])("with %s lanes speaks as many at once", async (lanes) => {
    let release: () => void = () => {};
    const allThere = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { synthesizer, most } = listen(() => {
      if (most.atOnce === lanes) release();
      return allThere;
    }, lanes);
    const lines = toLines(..."abcdefgh");
    await speakLines({ synthesizer, directory, lines });
    expect(most.atOnce).toBe(lanes);
  });

  it("speaks equal lines once, and the next time not at all", async () => {
    const lines = toLines("same", "same", "other");
    const first = listen();
    const before = await speakLines({ synthesizer: first.synthesizer, directory, lines });
    expect(first.asked.toSorted()).toEqual(["other", "same"]);
    expect(before.clips.get("0")).toEqual(before.clips.get("1"));
    const second = listen();
    const after = await speakLines({ synthesizer: second.synthesizer, directory, lines });
    expect(second.asked).toEqual([]);
    expect([after.spoken, after.reused]).toEqual([0, 2]);
    expect([...after.clips.values()].every(({ isReused }) => isReused)).toBe(true);
  });

  it("speaks only the line that was inserted", async () => {
    await speakLines({ synthesizer: listen().synthesizer, directory, lines: toLines("a", "b") });
    const { synthesizer, asked } = listen();
    await speakLines({ synthesizer, directory, lines: toLines("a", "new", "b") });
    expect(asked).toEqual(["new"]);
  });

  it("speaks a clip again that was cut, emptied or overwritten with zeros", async () => {
    const lines = toLines("one", "second", "the third");
    const { clips } = await speakLines({ synthesizer: listen().synthesizer, directory, lines });
    const [one = "", second = "", third = ""] = [...lines].map(({ id }) => clips.get(id)?.path);
    await truncate(one, (await stat(one)).size - 1);
    await truncate(second, 0);
    await writeFile(third, new Uint8Array((await stat(third)).size));
    const { synthesizer, asked } = listen(() => {}, 1);
    const again = await speakLines({ synthesizer, directory, lines });
    expect(asked).toEqual(["one", "second", "the third"]);
    expect([again.spoken, again.reused]).toEqual([3, 0]);
  });

  it("collects failures without losing the other lines; the next run speaks only those", async () => {
    const lines = toLines("good", "bad line", "fine", "odd line", "mute");
    const { synthesizer } = listen(({ text }) => {
      if (text === "bad line") throw new DubberError("invalid_text", "Not these words.");
      if (text === "odd line") throw new TypeError("oops");
    });
    const result = await speakLines({ synthesizer, directory, lines });
    expect(result.failures).toMatchObject([
      { id: "1", error: { code: "invalid_text" } },
      { id: "3", error: { name: "DubberError", code: "engine_failed", message: /oops/ } },
    ]);
    expect([...result.clips.keys()].toSorted()).toEqual(["0", "2", "4"]);
    const { synthesizer: well, asked } = listen();
    await speakLines({ synthesizer: well, directory, lines });
    expect(asked.toSorted()).toEqual(["bad line", "odd line"]);
  });

  it("takes lines that failed for the moment up once more when all others have ended", async () => {
    const count = new Map<string, number>();
    const { synthesizer, asked } = listen(({ text }) => {
      const tries = (count.get(text) ?? 0) + 1;
      count.set(text, tries);
      const down = new DubberError("service_down", "Hm.", { retryable: true });
      if ((text === "unlucky" && tries === 1) || text === "hopeless one") throw down;
    }, 1);
    const seen: number[] = [];
    const { clips, failures } = await speakLines({
      ...{ synthesizer, directory, lines: toLines("unlucky", "hopeless one", "good", "fine") },
      onProgress: ({ done }) => seen.push(done),
    });
    expect(asked).toEqual(["unlucky", "hopeless one", "good", "fine", "unlucky", "hopeless one"]);
    expect([clips.size, failures.map(({ id }) => id)]).toEqual([3, ["1"]]);
    expect(seen).toEqual([1, 2, 3, 4]);
    const { failures: first } = await speakLines({
      ...{ synthesizer: { ...synthesizer, retries: 0 }, directory, lines: toLines("hopeless one") },
    });
    expect([first.length, count.get("hopeless one")]).toEqual([1, 3]);
  });

  it("takes an answer without sound for a failure", async () => {
    const { synthesizer } = listen();
    const mute = {
      ...synthesizer,
      speak: async () => ({ audio: new Int16Array(0), sampleRate: 8000, warnings: [] }),
    };
    const { failures } = await speakLines({ synthesizer: mute, directory, lines: toLines("a") });
    expect(failures).toMatchObject([{ id: "0", error: { code: "engine_failed" } }]);
    expect(await readdir(directory)).toEqual([]);
  });

  it("leaves out lines with nothing to speak, with a warning, and passes the engine's warnings on", async () => {
    const { synthesizer, asked } = listen();
    const { clips, failures, warnings } = await speakLines({
      ...{ synthesizer, directory },
      lines: toLines("♪ ♪", "warn"),
    });
    expect(asked).toEqual(["warn"]);
    expect([[...clips.keys()], failures]).toEqual([["1"], []]);
    expect(warnings).toEqual([
      { id: "0", message: expect.stringContaining("nothing to speak") },
      { id: "1", message: "hm" },
    ]);
  });

  it("stops at a failure every line would share", async () => {
    const { synthesizer, asked } = listen(() => {
      throw new DubberError("engine_unavailable", "Not installed.");
    }, 1);
    const run = speakLines({ synthesizer, directory, lines: toLines("a", "b", "c") });
    await expect(run).rejects.toMatchObject({ code: "engine_unavailable" });
    expect(asked).toEqual(["a"]);
  });

  it("stops when clips cannot be written", async () => {
    const file = join(directory, "file");
    await writeFile(file, "");
    const { synthesizer, asked } = listen(() => {}, 1);
    const run = speakLines({ synthesizer, directory: file, lines: toLines("a", "b") });
    await expect(run).rejects.toThrow();
    expect(asked).toEqual(["a"]);
  });

  it("rejects with the signal's reason when those in flight have ended, and keeps what was done", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let isOver = false;
    const { synthesizer, asked } = listen(async ({ text }, signal) => {
      if (text !== "slow") return;
      setImmediate(() => controller.abort(reason));
      await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      await new Promise(setImmediate);
      isOver = true;
      throw reason;
    }, 1);
    const run = speakLines(
      { synthesizer, directory, lines: toLines("longer", "slow", "b") },
      { signal: controller.signal },
    );
    await expect(run).rejects.toBe(reason);
    expect([isOver, asked]).toEqual([true, ["longer", "slow"]]);
    expect(await readdir(directory)).toHaveLength(1);
  });

  it("tells how far it is after every clip", async () => {
    const seen: SpeakProgress[] = [];
    await speakLines({ synthesizer: listen().synthesizer, directory, lines: toLines("abc") });
    await speakLines({
      ...{ synthesizer: listen(() => {}, 1).synthesizer, directory },
      lines: toLines("abc", "ab", "a", "a"),
      onProgress: (progress) => seen.push(progress),
    });
    const [first, second, third, last] = seen;
    expect(seen).toHaveLength(4);
    expect(first).toMatchObject({ done: 1, total: 4, spoken: 0, reused: 1, charactersDone: 3 });
    expect(second).toMatchObject({
      done: 2,
      spoken: 1,
      reused: 1,
      charactersDone: 5,
      spokenSeconds: 2 / 8000,
    });
    expect(third).toMatchObject({ done: 3, spoken: 2, reused: 1 });
    expect(last).toMatchObject({
      ...{ done: 4, total: 4, spoken: 2, reused: 1, failed: 0 },
      ...{ charactersDone: 7, charactersTotal: 7, spokenSeconds: 3 / 8000 },
    });
  });

  it("stops asking when the next call could cost more than it may", async () => {
    const { synthesizer, asked } = listen(() => {}, 1);
    // 15 characters a second: 30 characters are 2 seconds, which cost 2 cents.
    const budget = openBudget({ usdPerMinute: 0.6, bill: openBill(0.03) });
    const lines = toLines("a".repeat(30), "b".repeat(15), "c".repeat(15));
    const { failures, clips } = await speakLines({
      synthesizer,
      directory,
      lines: lines.slice(0, 1),
      budget,
    });
    expect([failures, clips.size]).toEqual([[], 1]);
    // The clip was far shorter than expected: only what was heard is counted.
    expect(budget.spentUsd).toBeCloseTo((30 / 8000 / 60) * 0.6, 9);
    const tight = openBudget({ usdPerMinute: 0.6, bill: openBill(0.005) });
    const rest = await speakLines({ synthesizer, directory, lines, budget: tight });
    expect(rest.failures.map(({ id, error }) => [id, error.code])).toEqual([
      ["1", "too_expensive"],
      ["2", "too_expensive"],
    ]);
    expect(asked).toHaveLength(1);
  });

  it("makes the same clips with the embedded engine, however many lanes it has", async () => {
    const texts = Array.from({ length: 8 }, (_, index) => `Línea número ${index}.`);
    const lines = toLines(...texts).map((line) => ({ ...line, voice: "es" }));
    const folders = [join(directory, "one"), join(directory, "two")];
    const runs: Record<string, Buffer>[] = [];
    for (const [index, folder] of folders.entries()) {
      await using synthesizer = scheduleCalls(await openEmbedded({ lanes: index + 1 }));
      await speakLines({ synthesizer, directory: folder, lines });
      const names = await readdir(folder);
      const files = names
        .toSorted()
        .map(async (name) => [name, await readFile(join(folder, name))]);
      runs.push(Object.fromEntries(await Promise.all(files)));
    }
    expect(Object.keys(runs[0] ?? {})).toHaveLength(8);
    expect(runs[0]).toEqual(runs[1]);
  });
});
