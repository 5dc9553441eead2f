/** Who speaks: voices kept by name, from run to run and from video to video, and speakers told apart by their voices. */
import { readFile, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DubOptions, DubResult } from "../src/index.ts";
import type { Diarizer } from "../src/recognition/diarize.ts";
import { type HeardTalk, makeHeardTalk, phrases } from "./support/heard-talk.ts";
import { dub, prep, prepareSetup, synth } from "./support/library.ts";

let talk: HeardTalk;
beforeEach(async () => {
  talk = await makeHeardTalk();
});
afterEach(() => talk[Symbol.asyncDispose]());

const env = (): Record<string, string> => ({
  ...{ PATH: process.env.PATH ?? "", HOME: talk.at(), XDG_CACHE_HOME: talk.at("cache") },
});
/** A text in which they take turns, the first one first. */
async function writeText(name: string, speakers: readonly string[]): Promise<string> {
  const cues = phrases.map(({ start, end }, index) => {
    const stamp = (at: number) => new Date(at * 1000).toISOString().slice(11, 23);
    const who = speakers[index % speakers.length];
    return `${stamp(start)} --> ${stamp(end)}\n<v ${who}>Línea ${index + 1} de ${who}.\n`;
  });
  await writeFile(talk.at(name), `WEBVTT\n\n${cues.join("\n")}`);
  return talk.at(name);
}
function run(options: Partial<DubOptions>, start = dub): Promise<DubResult> {
  const { stt: _stt, translationModel: _model, ...usual } = talk.options;
  return start({ ...usual, ...options }, { env: env() }).result;
}
const voicesOf = ({ lines = [] }: DubResult): Readonly<Record<string, string>> =>
  Object.fromEntries(lines.map(({ speaker = "", voice }) => [speaker, voice]));
const voicesFile = async (path: string) => JSON.parse(await readFile(path, "utf8"));

describe("named speakers", () => {
  it("have a voice each, kept in voices.json, and changing it there is heard", async () => {
    const subs = await writeText("who.vtt", ["Ann", "Bob"]);
    const first = voicesOf(await run({ subs }));
    expect(first.Ann).not.toBe(first.Bob);
    const path = talk.at("work", "voices.json");
    const kept = await voicesFile(path);
    expect(kept.speakers).toEqual([
      { label: "Ann", name: "Ann", voices: { "embedded/es": first.Ann } },
      { label: "Bob", name: "Bob", voices: { "embedded/es": first.Bob } },
    ]);
    const before = await readFile(path, "utf8");
    await run({ subs });
    expect(await readFile(path, "utf8")).toBe(before);
    await writeFile(path, before.replace(`"${first.Bob}"`, '"es+m3"'));
    expect(voicesOf(await run({}, synth))).toEqual({ Ann: first.Ann, Bob: "es+m3" });
  });

  it("sound the same in the next video, whoever speaks first there", async () => {
    const voices = talk.at("family.json");
    const first = voicesOf(await run({ subs: await writeText("one.vtt", ["Ann", "Bob"]), voices }));
    const second = await run({
      subs: await writeText("two.vtt", ["Bob", "Carla", "Ann"]),
      ...{ workdir: talk.at("second"), output: talk.at("second.wav"), voices },
    });
    const now = voicesOf(second);
    expect(now).toMatchObject(first);
    expect(new Set(Object.values(now)).size).toBe(3);
    const names = (await voicesFile(voices)).speakers.map(({ name }: { name: string }) => name);
    expect(names).toEqual(["Ann", "Bob", "Carla"]);
  });

  it("are found by the name a person gave them", async () => {
    const voices = talk.at("family.json");
    await writeFile(
      voices,
      JSON.stringify({
        schema: 1,
        speakers: [{ label: "Ann", name: "Ann", voices: { "embedded/es": "es+f4" } }],
      }),
    );
    const subs = await writeText("one.vtt", ["Speaker 1", "Speaker 2"]);
    await run({ subs }, prep);
    await writeFile(
      talk.at("work", "voices.json"),
      JSON.stringify({ schema: 1, speakers: [{ label: "Speaker 1", name: "Ann" }] }),
    );
    expect(voicesOf(await run({ voices }, synth))["Speaker 1"]).toBe("es+f4");
  });

  it("in a file that holds no voices are an error that names the place", async () => {
    const voices = talk.at("broken.json");
    await writeFile(voices, '{"schema": 1, "speakers": [{"label": 3}]}');
    const subs = await writeText("one.vtt", ["Ann"]);
    await expect(run({ subs, voices })).rejects.toMatchObject({
      code: "invalid_options",
      message: expect.stringContaining("speakers.0.label"),
    });
  });
});

describe("speakers of a sound", () => {
  const prints = [
    [1, 0, 0],
    [0, 1, 0],
  ];
  /** The first two phrases are said by one, the others by another. */
  const diarizer = (voices = prints): Diarizer => ({
    version: "made up",
    async diarize(pieces) {
      let samples = 0;
      for await (const piece of pieces) samples += piece.length;
      expect(samples / 16_000).toBeCloseTo(12.88, 1);
      return {
        turns: [
          { start: 0.5, end: 6, speaker: 0 },
          { start: 6.5, end: 12.5, speaker: 1 },
        ],
        prints: voices,
      };
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  });

  async function hear(
    options: Partial<DubOptions> = {},
    listener: Diarizer = diarizer(),
  ): Promise<DubResult & { readonly skipped: readonly string[] }> {
    const service = await talk.serve();
    await using setup = prepareSetup({ env: talk.env(service) });
    const text = { ...setup.text, diarizer: async () => listener };
    const job = dub({ ...talk.options, ...options }, { setup: { ...setup, text } });
    const skipped: string[] = [];
    for await (const event of job) {
      if (event.type === "stage" && event.status === "skipped") skipped.push(event.stage);
    }
    return { ...(await job.result), skipped };
  }

  it("are told apart and have a voice each", async () => {
    const result = await hear();
    expect(result.lines?.map(({ speaker }) => speaker)).toEqual([
      ...["Speaker 1", "Speaker 1", "Speaker 2", "Speaker 2"],
    ]);
    expect(new Set(Object.values(voicesOf(result))).size).toBe(2);
  });

  it("are known again by their voices, under the name a person gave", async () => {
    const voices = talk.at("family.json");
    await writeFile(
      voices,
      JSON.stringify({
        schema: 1,
        speakers: [
          { label: "x", name: "Olga", voices: { "embedded/es": "es+f5" }, print: [0.1, 0.99, 0] },
        ],
      }),
    );
    const voicesNow = voicesOf(await hear({ voices }));
    expect(Object.keys(voicesNow).toSorted()).toEqual(["Speaker 1", "Speaker 2"]);
    expect(voicesNow["Speaker 2"]).toBe("es+f5");
    const { speakers } = await voicesFile(talk.at("work", "voices.json"));
    expect(speakers).toContainEqual(
      expect.objectContaining({
        ...{ label: "Speaker 2", name: "Olga", voices: { "embedded/es": "es+f5" } },
      }),
    );
  });

  it("of two videos are not taken for each other because of a number", async () => {
    const voices = talk.at("family.json");
    await hear({ voices });
    const first = (await voicesFile(voices)).speakers;
    const other = [
      [0, 0, 1],
      [0.9, 0.1, 0],
    ];
    const next = { workdir: talk.at("second"), output: talk.at("second.wav"), voices };
    const second = voicesOf(await hear(next, diarizer(other)));
    const [one, two, three] = (await voicesFile(voices)).speakers;
    expect([one, two]).toEqual(first);
    expect(three).toMatchObject({ name: "Speaker 3", print: [0, 0, 1] });
    expect(second["Speaker 2"]).toBe(one.voices["embedded/es"]);
    expect(second["Speaker 1"]).toBe(three.voices["embedded/es"]);
  });

  it("are known from a file that is named later, without listening again", async () => {
    await hear();
    const voices = talk.at("family.json");
    const olga = { label: "Olga", name: "Olga", voices: { "embedded/es": "es+f5" } };
    await writeFile(
      voices,
      JSON.stringify({ schema: 1, speakers: [{ ...olga, print: [0, 1, 0.1] }] }),
    );
    const known = await hear({ voices });
    expect(known.skipped).toContain("prep");
    expect(voicesOf(known)["Speaker 2"]).toBe("es+f5");
    const before = await readFile(voices, "utf8");
    expect((await hear({ voices })).skipped).toContain("synth");
    expect(await readFile(voices, "utf8")).toBe(before);

    // Whichever of the two files is changed, it is heard, and the other one follows.
    await writeFile(voices, before.replace('"es+f5"', '"es+f3"'));
    expect(voicesOf(await hear({ voices }))["Speaker 2"]).toBe("es+f3");
    const own = talk.at("work", "voices.json");
    await writeFile(own, (await readFile(own, "utf8")).replace('"es+f3"', '"es+m3"'));
    expect(voicesOf(await hear({ voices }))["Speaker 2"]).toBe("es+m3");
    expect((await voicesFile(voices)).speakers).toContainEqual(
      expect.objectContaining({ name: "Olga", voices: { "embedded/es": "es+m3" } }),
    );
  });

  it("keep name and voice when they are told apart anew and numbered otherwise", async () => {
    const first = voicesOf(await hear());
    const own = talk.at("work", "voices.json");
    const named = (await readFile(own, "utf8")).replace('"name": "Speaker 1"', '"name": "Ann"');
    await writeFile(own, named);
    const again = voicesOf(await hear({ force: ["prep"] }, diarizer(prints.toReversed())));
    expect(again).toEqual({ "Speaker 1": first["Speaker 2"], "Speaker 2": first["Speaker 1"] });
    expect((await voicesFile(own)).speakers).toMatchObject([
      { label: "Speaker 2", name: "Ann" },
      { label: "Speaker 1", name: "Speaker 1" },
    ]);
  });

  it("stay one where nobody wants them told apart, and need models where their number is given", async () => {
    expect(Object.keys(voicesOf(await hear({ speakers: "off" })))).toEqual([""]);
    const service = await talk.serve();
    const job = prep({ ...talk.options, speakers: 2 }, { env: talk.env(service) });
    await expect(job.result).rejects.toMatchObject({
      code: "model_missing",
      hint: expect.stringContaining("dubber models list"),
    });
  });
});
