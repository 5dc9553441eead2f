/** Several videos in one command: one setup, one limit, one result; a bad one stops no other. */
import { copyFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { quickMix } from "./support/dub.ts";
import { openSpeechBench, type SpeechBench } from "./support/speech-bench.ts";

let bench: SpeechBench;
const texts = ["--subs", "talk.es.vtt", "--to", "es"];
const common = [...texts, "--align-mode", "segment", ...quickMix];
const openai = ["--tts-provider", "openai"];
/** The names of everything that was made beside the inputs. */
const made = async (): Promise<readonly string[]> =>
  (await readdir(bench.at("."))).filter((name) => name === ".work" || name.includes(".es."));

beforeAll(async () => {
  bench = await openSpeechBench();
  for (const name of ["a.mp4", "b.mp4", "c.mp4"])
    await copyFile(bench.at("talk.mp4"), bench.at(name));
  await writeFile(bench.at("bad.mp4"), "this is no video");
});
beforeEach(async () => {
  bench.behaviour = {};
  await rm(bench.at(".work"), { recursive: true, force: true });
});
afterAll(() => bench[Symbol.asyncDispose]());

it("dubs the others when one fails, and ends with 3 and one result that holds each", async () => {
  const { code, objects } = await bench.run([
    ...["dub", "a.mp4", "bad.mp4", "b.mp4", "c.mp4", ...common, "--json"],
  ]);
  expect(code).toBe(3);
  expect(objects.filter(({ type }) => type === "result")).toHaveLength(1);
  expect(objects.at(-1)).toMatchObject({
    ...{ type: "result", status: "partial" },
    results: [
      { status: "done", video: bench.at("a.mp4"), output: bench.at("a.es.mp4"), lines: 4 },
      { status: "failed", video: bench.at("bad.mp4"), error: { code: "invalid_media" } },
      { status: "done", output: bench.at("b.es.mp4") },
      { status: "done", output: bench.at("c.es.mp4") },
    ],
  });
  const events = objects.filter(({ type }) => type !== "result");
  expect(new Set(events.map(({ video }) => video))).toEqual(
    new Set(["a.mp4", "bad.mp4", "b.mp4", "c.mp4"]),
  );
});

it("tells people how each ended, and scripts what was made", async () => {
  const { code, stdout, stderr } = await bench.run(["dub", "a.mp4", "bad.mp4", "b.mp4", ...common]);
  expect({ code, stdout }).toEqual({ code: 3, stdout: "a.es.mp4\nb.es.mp4\n" });
  expect(stderr).toMatch(/^a\.mp4: a\.mp4 in Spanish · 4 lines spoken/m);
  expect(stderr).toMatch(/^b\.mp4: Mixing: done/m);
  expect(stderr).toMatch(/^bad\.mp4: .*bad\.mp4/m);
  expect(stderr).toContain("1 of 3 videos failed: bad.mp4");
});

it("ends with 0 when all are done, and with the first one's code when all failed", async () => {
  const { code, result } = await bench.run(["prep", "a.mp4", "b.mp4", ...texts, "--json"]);
  expect({ code, status: result.status }).toEqual({ code: 0, status: "done" });
  const env = { OPENAI_API_KEY: "", OPENAI_BASE_URL: "" };
  const failed = await bench.run(["dub", "a.mp4", "bad.mp4", ...common, ...openai, "--json"], env);
  expect({ code: failed.code, status: failed.result.status }).toEqual({
    ...{ code: 4, status: "failed" },
  });
});

it("keeps one limit over all of them", async () => {
  bench.behaviour = { latencyMs: () => 200 };
  const { code, asked, mostInFlight } = await bench.run([
    ...["dub", "a.mp4", "b.mp4", "c.mp4", ...common, ...openai, "--max-concurrent", "2"],
  ]);
  expect({ code, asked: asked.length, mostInFlight }).toEqual({
    ...{ code: 0, asked: 12, mostInFlight: 2 },
  });
});

it("keeps one --max-cost over all of them", async () => {
  // What one video costs is measured by the answer, 1/15 s a character at $0.03 a minute.
  const one = await bench.run(["dub", "a.mp4", ...common, ...openai, "--json"]);
  const { costUsd } = one.result.speech as { costUsd: number };
  expect(costUsd).toBeGreaterThan(0);
  await rm(bench.at(".work"), { recursive: true });
  const { code, result, asked } = await bench.run([
    ...["dub", "a.mp4", "b.mp4", ...common, ...openai, "--max-cost", `${costUsd * 1.5}`, "--json"],
  ]);
  expect({ code, asked: asked.length }).toEqual({ code: 3, asked: 4 });
  expect(result.results).toMatchObject([{ status: "done" }, { error: { code: "too_expensive" } }]);
});

it.each([
  [["--workdir", "w"], "--workdir names one place for 2 videos"],
  [["-o", "x.mp4"], "--output names one place for 2 videos"],
])("refuses %j for several, before anything is done", async (flags, problem) => {
  const before = await made();
  const { code, stderr } = await bench.run(["dub", "a.mp4", "b.mp4", ...common, ...flags]);
  expect({ code, made: await made() }).toEqual({ code: 2, made: before });
  expect(stderr).toContain(problem);
});

it("refuses videos that would share a work directory", async () => {
  await mkdir(bench.at("other"), { recursive: true });
  await copyFile(bench.at("talk.mp4"), bench.at("other/a.mp4"));
  const { code, stderr } = await bench.run(["dub", "a.mp4", "other/a.mp4", ...common]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/a\.mp4 and \S*other\/a\.mp4 would share the work directory/);
  expect(stderr).toContain("--workdir");
  expect(await made()).not.toContain(".work");
});

it("ends them all at Ctrl-C", async () => {
  let isAsked = (): void => {};
  const asked = new Promise<void>((resolve) => (isAsked = resolve));
  let calls = 0;
  bench.behaviour = {
    fault() {
      calls += 1;
      // Both videos are being spoken.
      if (calls === 8) isAsked();
      return { kind: "hang" };
    },
  };
  const args = ["dub", "a.mp4", "b.mp4", "c.mp4", ...common, ...openai];
  const running = bench.start([...args, "--max-concurrent", "8", "--json"]);
  // Not only the calls: a command that ends early would be waited for in vain.
  await Promise.race([asked, running.ended]);
  running.process.kill("SIGINT");
  const { code, stdout } = await running.ended;
  expect({ code, calls }).toEqual({ code: 130, calls: 8 });
  const results = stdout.split("\n").filter((line) => line.includes('"type":"result"'));
  expect(results).toHaveLength(1);
  expect(JSON.parse(results[0] as string)).toMatchObject({ error: { code: "interrupted" } });
});
