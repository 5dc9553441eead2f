/** Several languages in one command: heard once, dubbed one after the other, one result for each. */
import { copyFile, readdir, readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { dubber } from "./support/command.ts";
import { asked, type HeardTalk, makeHeardTalk } from "./support/heard-talk.ts";
import type { FakeService } from "./support/services/fake-service.ts";

let talk: HeardTalk;
let service: FakeService;
beforeEach(async () => {
  talk = await makeHeardTalk();
  service = await talk.serve();
});
afterEach(() => talk[Symbol.asyncDispose]());

const heard = ["--stt", "openai", "--translate", "--skip-polish"];
const texts = [...heard, "--audio-only", "--align-mode", "segment", "--loudness", "off"];

/** Runs it in the video's folder; `objects` are those of `--json`. */
async function run(args: readonly string[], env = talk.env(service)) {
  const ended = await dubber(args, { cwd: talk.at("."), env });
  const lines = args.includes("--json") ? ended.stdout.trim().split("\n") : [];
  const objects = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { ...ended, objects, result: objects.at(-1) ?? {} };
}

it("hears the video once, and dubs it into each", async () => {
  const args = ["dub", "talk.mp4", "--to", "es,ru", "--to", "de", ...texts, "--json"];
  const { code, objects, result } = await run(args);
  expect({ code, error: result.error }).toEqual({ code: 0 });
  expect(result).toMatchObject({
    status: "done",
    results: ["es", "ru", "de"].map((language) => ({
      ...{ status: "done", language, lines: 4, output: talk.at(`talk.${language}.m4a`) },
      languageDirectory: talk.at(".work/talk", language),
    })),
  });
  const kept = await readdir(talk.at(".work/talk/recognition"));
  const parts = kept.filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).length;
  expect(asked(service, "transcriptions")).toBe(parts);
  const events = objects.filter(({ type }) => type !== "result");
  expect(new Set(events.map(({ to }) => to))).toEqual(new Set(["es", "ru", "de"]));
  const listened = events.filter(
    ({ stage, status }) => stage === "recognition" && status === "done",
  );
  expect(listened.map(({ to }) => to)).toEqual(["es"]);
  expect(await readFile(talk.at(".work/talk/ru/subs.srt"), "utf8")).toMatch(/[а-я]/);
});

it("goes on with the others when one fails, and ends with 3", async () => {
  // No voice of the engine speaks it.
  const args = ["dub", "talk.mp4", "--to", "es,zu,ru", ...texts];
  const { code, result } = await run([...args, "--json"]);
  expect(code).toBe(3);
  expect(result).toMatchObject({
    status: "partial",
    results: [
      { status: "done", language: "es" },
      { status: "failed", language: "zu", error: { code: "unknown_language" } },
      { status: "done", language: "ru" },
    ],
  });
  const people = await run(args);
  expect(people.stdout).toBe("talk.es.m4a\ntalk.ru.m4a\n");
  expect(people.stderr).toContain("1 of 3 dubs failed: zu");
  expect(people.stderr).toMatch(/^es: talk\.mp4 in Spanish · 4 lines spoken/m);
});

it("ends with the code of the first when all fail", async () => {
  const env = { ...talk.env(service), OPENAI_API_KEY: "", OPENAI_BASE_URL: "" };
  const { code, result } = await run(["dub", "talk.mp4", "--to", "es,ru", ...texts, "--json"], env);
  expect({ code, status: result.status }).toEqual({ code: 4, status: "failed" });
});

it("dubs several videos into several languages", async () => {
  await copyFile(talk.at("talk.mp4"), talk.at("b.mp4"));
  const { code, result, objects } = await run([
    ...["dub", "talk.mp4", "b.mp4", "--to", "es,ru", ...texts, "--json"],
  ]);
  expect({ code, error: result.error }).toEqual({ code: 0 });
  const results = result.results as readonly { video: string; language: string }[];
  expect(results.map(({ video, language }) => [video, language])).toEqual([
    ...[[talk.at("talk.mp4"), "es"] as const, [talk.at("talk.mp4"), "ru"] as const],
    ...[[talk.at("b.mp4"), "es"] as const, [talk.at("b.mp4"), "ru"] as const],
  ]);
  expect(objects[0]).toMatchObject({ video: expect.stringMatching(/\.mp4$/), to: "es" });
});

it("keeps one --max-cost over all, what a failed one has cost included", async () => {
  await copyFile(talk.at("talk.mp4"), talk.at("b.mp4"));
  // Listening costs some twenty cents; then the translation fails, and what was paid is paid.
  const { code, result } = await run([
    ...["prep", "talk.mp4", "b.mp4", "--to", "es,ru", "--stt", "openai", "--skip-polish"],
    ...["--translation-model", "no-such-model", "--rate-stt-openai-per-min", "1"],
    ...["--max-cost", "0.3", "--json"],
  ]);
  const results = result.results as readonly { readonly error?: { readonly code: string } }[];
  expect({ code, codes: results.map(({ error }) => error?.code) }).toEqual({
    code: 2,
    codes: ["unknown_model", "unknown_model", "too_expensive", "too_expensive"],
  });
});

it("says beforehand what all of them cost, listening once", async () => {
  const args = ["dub", "talk.mp4", ...texts, "--dry-run"];
  const { result, code } = await run([...args, "--to", "es,ru", "--json"]);
  const [first, second] = result.results as readonly Readonly<Record<string, number>>[];
  expect(code).toBe(0);
  expect(first?.costOfListening).toBeGreaterThan(0);
  expect(first?.minutesUnheard).toBeGreaterThan(0.1);
  expect(second).toMatchObject({ costOfListening: 0, minutesUnheard: 0 });
  expect(second?.costOfTranslation).toBeGreaterThan(0);
  expect(second?.costByText).toBeCloseTo((first?.costByText ?? 0) - (first?.costOfListening ?? 0));
  expect(service.requests).toHaveLength(0);
  const { stdout } = await run([...args, "--to", "es,ru"]);
  expect(stdout.match(/^ {2}listening +0\.2 min +\$0\.00\d+$/gm)).toHaveLength(1);
  expect(stdout.match(/^ {2}translating +\$0\.0\d+$/gm)).toHaveLength(2);
});

describe("what names one thing for several languages is refused", () => {
  it.each([
    [["-o", "x.mp4"], "--output names one place for 2 languages"],
    [["--subs", "x.srt"], "--subs names one text for 2 languages"],
    [["--youtube-outdir", "x"], "--youtube-outdir names one place for 2 languages"],
  ])("as %j does", async (flags, problem) => {
    const { code, stderr } = await run(["dub", "talk.mp4", "--to", "es,ru", ...flags]);
    expect(code).toBe(2);
    expect(stderr).toContain(problem);
    expect(await readdir(talk.at("."))).toEqual(["talk.mp4", "talk.wav"]);
  });

  it.each(["es,", "es,nonsense"])("--to %s", async (to) => {
    const { code } = await run(["dub", "talk.mp4", "--to", to]);
    expect(code).toBe(2);
  });

  it("the same language twice is one", async () => {
    const { code, result } = await run([
      ...["prep", "talk.mp4", "--to", "es,Spanish", "--to", "spa", ...heard, "--json"],
    ]);
    expect({ code, language: result.language }).toEqual({ code: 0, language: "es" });
  });
});
