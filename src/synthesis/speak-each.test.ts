import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { longOrShort } from "../../test/support/long-or-short.ts";
import { DubberError } from "../core/error.ts";
import { scheduleCalls } from "./schedule.ts";
import { type LineOutcome, type SpokenLine, speakEach } from "./speak-each.ts";
import type { SpeechRequest, Synthesizer } from "./synthesizer.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** An engine in this process that gives eight samples for everything. */
function quickEngine(before: (request: SpeechRequest) => void = () => {}): Synthesizer {
  return {
    ...{ name: "quick", version: "1", place: "local", lanes: 50 },
    features: {
      instructions: false,
      cloning: false,
      seed: false,
      context: false,
      maxCharacters: 1e6,
    },
    voices: async () => [],
    async speak(request) {
      before(request);
      return { audio: new Int16Array(8), sampleRate: 8000, warnings: [] };
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}

async function collect(lines: AsyncIterable<LineOutcome>): Promise<LineOutcome[]> {
  const outcomes: LineOutcome[] = [];
  for await (const outcome of lines) outcomes.push(outcome);
  return outcomes;
}

describe("speakEach", () => {
  it("pulls lines as they are needed, however many there are, and loses none", async () => {
    const total = longOrShort(10_000, 2_500);
    let pulled = 0;
    let most = 0;
    let done = 0;
    async function* lines(): AsyncGenerator<SpokenLine> {
      while (pulled < total) {
        most = Math.max(most, pulled - done);
        yield { id: `${pulled++}`, text: `Line ${pulled}`, voice: "v" };
      }
    }
    const synthesizer = scheduleCalls(quickEngine(), { limit: 50 });
    const seen = new Set<string>();
    for await (const { id, status } of speakEach({ synthesizer, lines: lines(), directory })) {
      done += 1;
      seen.add(id);
      expect(status).toBe("spoken");
    }
    expect(seen.size).toBe(total);
    // What is looked at ahead, what is under way, and what waits for its reader.
    expect(most).toBeLessThan(2_000 + 3 * synthesizer.lanes);
    expect(await readdir(directory)).toHaveLength(total);
  });

  it("stops pulling and speaking when its reader stops", async () => {
    let asked = 0;
    function* lines(): Generator<SpokenLine> {
      for (let index = 0; ; index++) yield { id: `${index}`, text: `Line ${index}`, voice: "v" };
    }
    const engine = quickEngine(() => {
      asked += 1;
    });
    const synthesizer = scheduleCalls(engine, { limit: 2 });
    const seen: string[] = [];
    for await (const { id } of speakEach({ synthesizer, lines: lines(), directory })) {
      seen.push(id);
      if (seen.length === 5) break;
    }
    const askedThen = asked;
    await new Promise(setImmediate);
    expect(asked).toBe(askedThen);
    expect(asked).toBeLessThan(20);
  });

  it("gives equal lines that come at once the one clip, and its length once", async () => {
    let asked = 0;
    const synthesizer = scheduleCalls(
      quickEngine(() => {
        asked += 1;
      }),
    );
    const lines = Array.from({ length: 9 }, (_, index) => ({
      id: `${index}`,
      text: "Same.",
      voice: "v",
    }));
    const outcomes = await collect(speakEach({ synthesizer, lines, directory }));
    expect(asked).toBe(1);
    expect(new Set(outcomes.map(({ path }) => path)).size).toBe(1);
    expect(outcomes.reduce((sum, { seconds }) => sum + seconds, 0)).toBe(8 / 8000);
  });

  it.each([
    ["an error of its own", () => new DubberError("invalid_text", "No."), "invalid_text"],
    ["an unknown error", () => new TypeError("No."), "engine_failed"],
    ["an empty quota", () => new DubberError("quota_exhausted", "No."), "quota_exhausted"],
  ])("tells %s as the outcome of its line", async (_, makeError, code) => {
    const engine = quickEngine(({ text }) => {
      if (text === "bad") throw makeError();
    });
    const lines = ["good", "bad", "fine"].map((text) => ({ id: text, text, voice: "v" }));
    const outcomes = await collect(
      speakEach({ synthesizer: scheduleCalls(engine, { retries: 0 }), lines, directory }),
    );
    expect(outcomes.map(({ id, status }) => [id, status]).toSorted()).toEqual([
      ...[
        ["bad", "failed"],
        ["fine", "spoken"],
        ["good", "spoken"],
      ],
    ]);
    expect(outcomes.find(({ id }) => id === "bad")?.error).toMatchObject({ code });
  });

  it.each([
    "engine_unavailable",
    "unknown_voice",
    "unknown_model",
    "key_missing",
    "key_refused",
  ] as const)("ends with %s, which every other line would meet as well", async (code) => {
    const engine = quickEngine(() => {
      throw new DubberError(code, "No.");
    });
    const lines = ["a", "b"].map((text) => ({ id: text, text, voice: "v" }));
    const outcomes = speakEach({ synthesizer: scheduleCalls(engine), lines, directory });
    await expect(collect(outcomes)).rejects.toMatchObject({ code });
  });
});
