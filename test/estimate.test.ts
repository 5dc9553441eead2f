/** `--dry-run`: what speaking would take and cost, with no key, no request and nothing written. */
import { copyFile, readdir, rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openSpeechBench, type SpeechBench, texts } from "./support/speech-bench.ts";

let bench: SpeechBench;
const noKeys = { OPENAI_API_KEY: "", OPENAI_BASE_URL: "", ELEVENLABS_API_KEY: "" };
const common = ["--subs", "talk.es.vtt", "--to", "es", "--align-mode", "segment", "--dry-run"];
const openai = ["--tts-provider", "openai"];
beforeAll(async () => {
  bench = await openSpeechBench();
  await copyFile(bench.at("talk.mp4"), bench.at("b.mp4"));
});
afterAll(() => bench[Symbol.asyncDispose]());

it("counts lines, characters, minutes and dollars, and leaves nothing", async () => {
  const before = await readdir(bench.at("."), { recursive: true });
  const args = ["dub", "talk.mp4", ...common, ...openai, "--json"];
  const { code, asked, objects } = await bench.run(args, noKeys);
  const characters = texts.join("").length;
  const minutesByText = characters / 15 / 60;
  expect({ code, asked }).toEqual({ code: 0, asked: [] });
  expect(objects).toEqual([
    expect.objectContaining({
      ...{ type: "result", status: "done", language: "es", engine: "openai" },
      ...{ lines: 4, characters, missingLines: 4, missingCharacters: characters },
      minutesByText: expect.closeTo(minutesByText, 6),
      minutesByVideo: expect.closeTo((1.5 + 1.4 + 1.35 + 1) / 60, 3),
      costByText: expect.closeTo(minutesByText * 0.03, 6),
    }),
  ]);
  expect(await readdir(bench.at("."), { recursive: true })).toEqual(before);
});

it("shows people a table", async () => {
  const { code, stdout } = await bench.run(["dub", "talk.mp4", ...common, ...openai], noKeys);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^talk\.mp4 in Spanish, spoken by openai \(\$0\.0300 a minute\)$/m);
  expect(stdout).toMatch(/^ {2}lines +4 +all to be spoken$/m);
  expect(stdout).toMatch(/^ {2}by the text +0\.1 min +\$0\.0\d+$/m);
});

it("says that the local voice costs nothing", async () => {
  const { stdout } = await bench.run(["dub", "talk.mp4", ...common], noKeys);
  expect(stdout).toContain("spoken by embedded (costs nothing)");
});

it("adds several videos up", async () => {
  const args = ["dub", "talk.mp4", "b.mp4", ...common, ...openai, "--json"];
  const { result } = await bench.run(args, noKeys);
  const { results } = result as { results?: readonly { costByText: number }[] };
  expect(results).toHaveLength(2);
  expect(result.costByText).toBeCloseTo(2 * (results?.[0]?.costByText ?? 0), 9);
});

/** Of the work directory that `bench.synth` speaks into. */
async function estimateAgain(...args: readonly string[]) {
  const work = ["--to", "es", "--workdir", "work", "--align-mode", "segment"];
  return await bench.run(["synth", "talk.mp4", ...work, ...openai, ...args, "--dry-run", "--json"]);
}

it.each([
  ["the same", [], 0],
  ["another voice", ["--voice", "nova"], 4],
  ["another model", ["--tts-model", "tts-1-hd"], 4],
  ["another manner", ["--voice-instructions", "Whisper."], 4],
  ["everything again", ["--force", "synth"], 4],
])("counts what is not there yet for %s", async (_, args, missingLines) => {
  await bench.synth(...openai);
  const { result, asked } = await estimateAgain(...args);
  expect({ missing: result.missingLines, asked }).toEqual({ missing: missingLines, asked: [] });
  expect(Number(result.costByText) > 0).toBe(missingLines > 0);
});

it("counts clips of a run that was killed before it had a plan", async () => {
  await bench.synth(...openai);
  await rm(bench.at("work/es/plan.json"));
  expect((await estimateAgain()).result).toMatchObject({ lines: 4, missingLines: 0 });
});
