/** Every flag that is accepted has an effect that a table shows: this one, or that of the files beside it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dubber } from "./support/command.ts";
import { readPlanIn } from "./support/dub.ts";
import { type FlagBench, openFlagBench } from "./support/flag-bench.ts";
import { ffprobe } from "./support/media.ts";
import { fingerprintOf } from "./support/runs.ts";

let bench: FlagBench;
beforeAll(async () => {
  bench = await openFlagBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const vtt = (name = "talk.vtt"): string[] => ["--subs", bench.at(name)];

const proofs: Readonly<Record<string, () => Promise<void>>> = {
  async "--to"() {
    const { result } = await bench.fresh("prep", "to", ...vtt(), "--to", "pt-BR");
    expect(result).toMatchObject({ language: "pt-BR", languageDirectory: bench.at("to/pt-BR") });
  },
  async "--workdir"() {
    expect(await readdir(bench.at("work"))).toEqual(expect.arrayContaining(["dub.json", "es"]));
  },
  async "--subs"() {
    expect(bench.planned.lines.map(({ text }) => text)).toContain("Hoy hablamos de los puentes.");
  },
  async "--source-language"() {
    const args = [...vtt(), "--to", "es", "--source-subs", bench.at("original.srt")];
    const { result } = await bench.fresh(
      "dub",
      "source",
      ...args,
      "--source-language",
      "de",
      "--keep-original",
    );
    expect(await readFile(join(result.languageDirectory, "subs.de.srt"), "utf8")).toContain(
      "Hallo",
    );
    const { streams } = await ffprobe(result.output);
    expect(streams.map(({ codec_type, tags }) => `${codec_type} ${tags?.language}`)).toEqual([
      ...["video und", "audio spa", "audio deu", "subtitle spa", "subtitle deu"],
    ]);
  },
  async "--source-subs"() {
    const args = [...vtt(), "--to", "es", "--source-subs", bench.at("original.srt")];
    const { result } = await bench.fresh("prep", "source-subs", ...args);
    const raw = await readFile(join(result.languageDirectory, "segments_raw.json"), "utf8");
    expect(raw).toContain("Hallo, das ist ein Test.");
  },
  async "--force"() {
    const again = async (...args: string[]): Promise<string> =>
      (await dubber(["prep", bench.at("talk.mp4"), ...bench.work, ...vtt(), ...args, "--json"]))
        .stdout;
    expect(await again()).toContain('"stage":"prep","language":"es","status":"skipped"');
    expect(await again("--force", "prep")).toContain(
      '"stage":"prep","language":"es","status":"done"',
    );
  },
  async "--workers"() {
    const prints = [];
    for (const workers of ["1", "2"]) {
      const args = [...vtt(), "--to", "es", "--workers", workers, "--background", "keep"];
      const { result } = await bench.fresh("dub", `workers-${workers}`, ...args);
      prints.push(await fingerprintOf(result.languageDirectory, result.output));
    }
    expect(prints[0]).toEqual(prints[1]);
    const { code } = await bench.fresh("prep", "workers-0", ...vtt(), "--workers", "0");
    expect(code).toBe(2);
  },
  async "--gender"() {
    const voice = async (gender: string): Promise<string | undefined> =>
      (await bench.synth("--gender", gender)).lines[0]?.voice;
    expect(await voice("female")).toMatch(/\+f\d$/);
    expect(await voice("male")).not.toMatch(/\+f\d$/);
  },
  async "--voice-map"() {
    const map = ["--voice-map", "Ann=es+f3", "--voice-map", "Bob=es+m7"];
    const { result } = await bench.fresh("dub", "map", ...vtt("who.vtt"), "--to", "es", ...map);
    const { lines } = await readPlanIn(result.languageDirectory);
    expect(lines.map(({ speaker, voice }) => [speaker, voice])).toEqual([
      ["Ann", "es+f3"],
      ["Bob", "es+m7"],
    ]);
  },
  async "--no-tts"() {
    const { code, result } = await bench.fresh("dub", "no-tts", ...vtt(), "--to", "es", "--no-tts");
    const { lines, failures } = await readPlanIn(result.languageDirectory);
    expect({ code, lines }).toEqual({ code: 0, lines: [] });
    expect(failures).toHaveLength(2);
    expect(result.warnings.join()).toContain("Not spoken");
    // Clips that are there are used.
    expect((await bench.synth("--no-tts")).lines).toHaveLength(4);
  },
  async "--json"() {
    const { stdout, stderr } = await dubber([
      "prep",
      bench.at("talk.mp4"),
      ...bench.work,
      "--json",
    ]);
    const types = stdout
      .trim()
      .split("\n")
      .map((one) => JSON.parse(one).type);
    expect({ last: types.at(-1), stderr }).toEqual({ last: "result", stderr: "" });
  },
  async "--quiet"() {
    const { stdout, stderr } = await dubber([
      "prep",
      bench.at("talk.mp4"),
      ...bench.work,
      "--quiet",
    ]);
    expect({ lines: stdout.trim().split("\n").length, stderr }).toEqual({ lines: 1, stderr: "" });
  },
  async "--verbose"() {
    const args = ["prep", bench.at("talk.mp4"), ...bench.work];
    expect((await dubber(args)).stderr).not.toContain("nothing changed");
    expect((await dubber([...args, "--verbose"])).stderr).toContain("nothing changed");
  },
};

it.each(Object.entries(proofs))("%s does what its help says", async (_flag, proof) => {
  await proof();
});

it("lists no flag that no table proves, and no proof of a flag that is gone", async () => {
  const listed = async (command: string): Promise<readonly string[]> => {
    const { stdout } = await dubber([command, "--help"]);
    const terms = [...stdout.matchAll(/^ {2}(-.*?)(?: {2}|$)/gm)].map(([, term]) => term ?? "");
    return terms.flatMap((term) => term.match(/--[a-z-]+/g) ?? []);
  };
  const names = await readdir(import.meta.dirname);
  const files = names.filter((name) => /^flags(-\w+)?\.test\.ts$/.test(name));
  const sources = await Promise.all(
    files.map((name) => readFile(join(import.meta.dirname, name), "utf8")),
  );
  const proven = [...sources.join("\n").matchAll(/^ {2}async "(--[a-z-]+)"\(\)/gm)];
  const known = [...proven.map(([, flag]) => flag as string), "--help"].sort();
  expect([...(await listed("dub"))].sort()).toEqual(known);
  for (const step of ["prep", "synth", "burn", "youtube"]) {
    expect((await listed(step)).filter((flag) => !known.includes(flag))).toEqual([]);
  }
});
