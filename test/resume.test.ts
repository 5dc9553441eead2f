/** Kill it, stop it, edit it: the next run goes on, and the result is the same bytes as if nothing had happened. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dubber, start } from "./support/command.ts";
import { killLoop } from "./support/kill-loop.ts";
import { longOrShort } from "./support/long-or-short.ts";
import { makeVideo } from "./support/media.ts";
import { fingerprintOf, makeSubtitles } from "./support/runs.ts";

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
const args = (): string[] => [
  "dub",
  at("talk.mp4"),
  "--subs",
  at("talk.es.srt"),
  "--to",
  "es",
  ...["--align-mode", "segment", "--loudness", "off", "--workers", "1"],
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "dubber-resume-"));
  await makeVideo(at("talk.mp4"), { seconds: 13 });
  await writeFile(at("talk.es.srt"), makeSubtitles(8));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("gives the same streams, plan, subtitles and sound after kill -9 at any moment", async () => {
  const { expected, killed } = await killLoop({
    folder,
    args: args(),
    rounds: longOrShort(8, 2),
    seed: 1961,
  });
  expect(Object.keys(expected)).toHaveLength(3 + 6);
  for (const { afterMs, code, stderr, fingerprint } of killed) {
    expect({ afterMs, code, stderr }).toEqual({ afterMs, code: 0, stderr: "" });
    expect(fingerprint).toEqual(expected);
  }
  expect(killed.filter(({ wasKilled }) => wasKilled).length).toBeGreaterThanOrEqual(1);
  // Nothing half-written stays beside the person's files.
  expect((await readdir(folder)).filter((name) => name.startsWith(".tmp-"))).toEqual([]);
}, 240_000);

describe("after Ctrl-C", () => {
  it.each([
    ["the command alone", (pid: number) => pid],
    ["the whole process group, as a terminal does", (pid: number) => -pid],
  ])("sent to %s it ends with 130, and the next run finishes", async (_, target) => {
    const run = [...args(), "--workdir", at("stopped"), "-o", at("stopped.mp4")];
    await rm(at("stopped"), { recursive: true, force: true });
    const running = start(run);
    // The first line tells that work has begun.
    running.process.stderr?.once("data", () => {
      process.kill(target(running.process.pid as number), "SIGINT");
    });
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    expect(ended.stderr).toContain("Run the same command again");
    expect(ended.stderr).not.toMatch(/\n\s+at /);
    await expect(stat(at("stopped", ".lock"))).rejects.toMatchObject({ code: "ENOENT" });
    expect(await dubber(run)).toMatchObject({ code: 0 });
  });
});

describe("a finished run", () => {
  const run = (): string[] => [...args(), "--workdir", at("work"), "-o", at("work.mp4"), "--json"];
  const events = (stdout: string) =>
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const stages = (stdout: string): Record<string, string> =>
    Object.fromEntries(
      events(stdout)
        .filter(({ type, status }) => type === "stage" && status !== "started")
        .map(({ stage, status }) => [stage, status]),
    );
  beforeAll(async () => {
    expect(await dubber(run())).toMatchObject({ code: 0 });
  });

  it("is not done again", async () => {
    const { stdout } = await dubber(run());
    expect(new Set(Object.values(stages(stdout)))).toEqual(new Set(["skipped"]));
  });

  it("speaks one line after one line of subs.srt was edited", async () => {
    const before = await readdir(at("work/es/speech"));
    const path = at("work/es/subs.srt");
    await writeFile(path, (await readFile(path, "utf8")).replace("número 3", "que nadie conoce"));
    const { stdout } = await dubber(run());
    expect(stages(stdout)).toEqual({
      sound: "skipped",
      prep: "skipped",
      synth: "done",
      mix: "done",
      burn: "done",
      youtube: "done",
    });
    const after = await readdir(at("work/es/speech"));
    expect(after.filter((name) => !before.includes(name))).toHaveLength(1);
    expect(await readFile(path, "utf8")).toContain("que nadie conoce");
  });

  it("mixes again and speaks nothing when only the background changes", async () => {
    const { stdout } = await dubber([...run(), "--background", "keep"]);
    expect(stages(stdout)).toMatchObject({ synth: "skipped", mix: "done", burn: "done" });
  });

  it("is made again where something it made was damaged", async () => {
    const expected = await fingerprintOf(at("work/es"), at("work.mp4"));
    await writeFile(at("work/es/new_audio.wav"), "damaged");
    const { stdout } = await dubber([...run(), "--background", "keep"]);
    expect(stages(stdout)).toMatchObject({ synth: "skipped", mix: "done" });
    expect(await fingerprintOf(at("work/es"), at("work.mp4"))).toEqual(expected);
  });

  it("is not made into a video from a mix that is not whole, and mended by the next synth", async () => {
    const same = [at("talk.mp4"), "--to", "es", "--workdir", at("work")];
    const sound = await readFile(at("work/es/new_audio.wav"));
    await writeFile(at("work/es/new_audio.wav"), "newer than its subtitles");
    expect(await dubber(["burn", ...same, "-o", at("odd.mp4")])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no whole dub"),
    });
    await rm(at("work/es/sentences_groups.json"));
    const synth = [
      "synth",
      ...same,
      ...["--align-mode", "segment", "--loudness", "off"],
      "--background",
      "keep",
    ];
    expect(await dubber(synth)).toMatchObject({ code: 0 });
    expect(sound.equals(await readFile(at("work/es/new_audio.wav")))).toBe(true);
    expect(await readFile(at("work/es/sentences_groups.json"), "utf8")).toContain("windows");
  });

  it("is done again for the stage that is forced", async () => {
    const { stdout } = await dubber([...run(), "--background", "keep", "--force", "burn"]);
    expect(stages(stdout)).toMatchObject({ synth: "skipped", mix: "skipped", burn: "done" });
    const synth = await dubber([...run(), "--background", "keep", "--force", "synth"]);
    expect(stages(synth.stdout)).toMatchObject({ prep: "skipped", synth: "done", mix: "done" });
  });

  it("takes newer text after a run that was stopped before it had noted what it wrote", async () => {
    const stopped = ["prep", at("talk.mp4"), "--to", "es", "--workdir", at("noted"), "--quiet"];
    await dubber([...stopped, "--subs", at("talk.es.srt")]);
    const state = JSON.parse(await readFile(at("noted/dub.json"), "utf8"));
    await writeFile(at("noted/dub.json"), JSON.stringify({ ...state, stages: {} }));
    await writeFile(at("newer.es.srt"), makeSubtitles(7));
    expect(await dubber([...stopped, "--subs", at("newer.es.srt")])).toMatchObject({ code: 0 });
    expect(await readFile(at("noted/es/subs.srt"), "utf8")).toBe(makeSubtitles(7));
  });

  it("never overwrites edited subtitles, not even with newer ones", async () => {
    await writeFile(at("newer.es.srt"), makeSubtitles(7));
    const newer = run().map((value) => (value === at("talk.es.srt") ? at("newer.es.srt") : value));
    const { code, stdout } = await dubber(newer);
    expect(code).toBe(1);
    expect(events(stdout).at(-1)).toMatchObject({
      error: { code: "edited_file", hint: expect.stringContaining("--subs") },
    });
    expect(await readFile(at("work/es/subs.srt"), "utf8")).toContain("que nadie conoce");
  });

  it("keeps a second language beside the first, with the sound taken once", async () => {
    await writeFile(at("talk.ru.srt"), "1\n00:00:01,000 --> 00:00:03,000\nЭто проба.\n");
    const russian = ["dub", at("talk.mp4"), "--subs", at("talk.ru.srt"), "--to", "ru"];
    const { stdout } = await dubber([
      ...russian,
      "--workdir",
      at("work"),
      "-o",
      at("ru.mp4"),
      "--json",
    ]);
    expect(stages(stdout)).toEqual({
      sound: "skipped",
      prep: "done",
      synth: "done",
      mix: "done",
      burn: "done",
      youtube: "done",
    });
    expect(
      await dubber([
        "dub",
        at("talk.mp4"),
        "--workdir",
        at("work"),
        "--to",
        "es",
        "-o",
        at("work.mp4"),
        "--align-mode",
        "segment",
      ]),
    ).toMatchObject({ code: 0 });
  });
});

it("refuses a directory that is in use", async () => {
  const run = [...args(), "--workdir", at("busy"), "-o", at("busy.mp4"), "--force", "synth"];
  const first = start(run);
  await new Promise((resolve) => first.process.stderr?.once("data", resolve));
  const second = await dubber(run);
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("in use by process") });
  expect(await first.ended).toMatchObject({ code: 0 });
});

it("refuses another video's directory", async () => {
  await makeVideo(at("other.mp4"), { seconds: 2 });
  const other = [
    "prep",
    at("other.mp4"),
    "--subs",
    at("talk.es.srt"),
    "--to",
    "es",
    "--workdir",
    at("work"),
  ];
  const { code, stderr } = await dubber(other);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining("belongs to another video"),
  });
});
