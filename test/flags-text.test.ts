/** The flags of hearing, translating and the texts around the video: what each changes in the questions, the files or the bill. */
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Run, runJson } from "./support/dub.ts";
import { type HeardTalk, makeHeardTalk, phrases } from "./support/heard-talk.ts";
import { ffmpeg } from "./support/media.ts";
import type { FakeRequest, FakeService } from "./support/services/fake-service.ts";

let talk: HeardTalk;
let service: FakeService;
beforeAll(async () => {
  talk = await makeHeardTalk();
  service = await talk.serve();
});
afterAll(() => talk[Symbol.asyncDispose]());

type Prepared = Run & { readonly asked: readonly FakeRequest[] };
const usual = ["--to", "es", "--stt", "openai", "--translate", "--skip-polish"];
/** One command in a work directory of its own, and what was asked of the service. */
async function run(name: string, args: readonly string[], command = "prep"): Promise<Prepared> {
  const before = service.requests.length;
  const workdir = ["--workdir", talk.at(name)];
  const out = command === "dub" ? ["-o", talk.at(`${name}.wav`), "--audio-only"] : [];
  const done = await runJson([command, talk.video, ...workdir, ...out, ...args], {
    env: talk.env(service),
  });
  return { ...done, asked: service.requests.slice(before) };
}
const prep = (name: string, ...args: string[]): Promise<Prepared> => run(name, [...usual, ...args]);
const heard = ({ asked }: Prepared) => asked.filter(({ path }) => path.includes("transcriptions"));
const chats = ({ asked }: Prepared) => asked.filter(({ path }) => path.includes("chat"));
/** The data of the questions with this schema. */
const questions = (prepared: Prepared, schema: string): Record<string, unknown>[] =>
  chats(prepared)
    .filter(({ body }) => JSON.stringify(body.response_format).includes(`"name":"${schema}"`))
    .map(({ body }) => JSON.parse((body.messages as { content: string }[])[1]?.content ?? ""));
const question = (prepared: Prepared) => questions(prepared, "translation")[0];
const read = (...names: string[]): Promise<string> => readFile(talk.at(...names), "utf8");
const costOf = ({ result }: Prepared): number => Number(result.costUsd);

const proofs: Readonly<Record<string, () => Promise<void>>> = {
  async "--stt"() {
    expect(heard(await prep("stt")).length).toBeGreaterThan(0);
    const { code, result, asked } = await run("stt-local", ["--to", "es", "--stt", "local"]);
    expect({ code, error: result.error?.code, asked }).toEqual({
      ...{ code: 4, error: "model_missing", asked: [] },
    });
  },
  async "--stt-model"() {
    const [first] = heard(await prep("stt-model", "--stt-model", "gpt-4o-mini-transcribe"));
    expect(first?.body).toMatchObject({ model: "gpt-4o-mini-transcribe", response_format: "json" });
    expect(await read("stt-model", "segments_raw.json")).toContain("Today we plant 12 trees");
  },
  async "--whisper-model"() {
    const [first] = heard(await prep("whisper-model", "--whisper-model", "gpt-4o-transcribe"));
    expect(first?.body.model).toBe("gpt-4o-transcribe");
  },
  async "--stt-fallback"() {
    const { code, result } = await run("fallback", [...usual, "--stt", "local", "--stt-fallback"]);
    expect({ code, warnings: result.warnings }).toMatchObject({
      ...{ code: 0, warnings: [expect.stringContaining("openai listened, since local")] },
    });
  },
  async "--denoise"() {
    const { code, result } = await prep("denoise", "--denoise");
    expect({ code, hint: result.error?.hint }).toEqual({
      ...{ code: 4, hint: expect.stringContaining("models pull gtcrn") },
    });
  },
  async "--speakers"() {
    const { result } = await prep("speakers", "--speakers", "3");
    expect(result.error).toMatchObject({
      ...{ code: "model_missing", message: expect.stringContaining("3 speakers") },
    });
    expect((await prep("speakers-off", "--speakers", "off")).code).toBe(0);
  },
  async "--rate-stt-openai-per-min"() {
    const usualCost = costOf(await prep("rate-stt"));
    const dear = costOf(await prep("rate-stt-dear", "--rate-stt-openai-per-min", "6"));
    expect(dear - usualCost).toBeCloseTo((12.88 / 60) * (6 - 0.006), 2);
  },
  async "--translate"() {
    const without = await run("translate", ["--to", "es", "--stt", "openai"]);
    expect(without.result.error).toMatchObject({
      ...{ code: "text_missing", hint: expect.stringContaining("--translate") },
    });
    const [first] = chats(await run("translate", ["--to", "es", "--stt", "openai", "--translate"]));
    expect(first?.body.model).toBe("gpt-4o-mini");
  },
  async "--translation-model"() {
    const [first] = chats(await prep("model", "--translation-model", "gpt-4o"));
    expect(first?.body.model).toBe("gpt-4o");
  },
  async "--gpt-model"() {
    const args = ["--to", "es", "--stt", "openai", "--translate", "--gpt-model", "gpt-4o"];
    const done = await run("gpt-model", args);
    expect(new Set(chats(done).map(({ body }) => body.model))).toEqual(
      new Set(["gpt-4o", "gpt-4o-mini"]),
    );
    expect(await read("gpt-model", "segments_polished.json")).toContain("12 trees");
  },
  async "--skip-polish"() {
    await prep("polish");
    await expect(read("polish", "segments_polished.json")).rejects.toMatchObject({
      code: "ENOENT",
    });
  },
  async "--glossary"() {
    await writeFile(talk.at("glossary.csv"), "garden,vergel\n");
    const done = await prep("glossary", "--glossary", talk.at("glossary.csv"));
    expect(question(done)?.glossary).toEqual([{ term: "garden", translation: "vergel" }]);
    expect(await read("glossary", "es", "subs.srt")).toContain("vergel");
  },
  async "--style"() {
    expect(question(await prep("style", "--style", "like a pirate"))?.style).toBe("like a pirate");
  },
  async "--formality"() {
    expect(question(await prep("formality", "--formality", "formal"))?.formality).toBe("formal");
  },
  async "--memory"() {
    const memory = ["--memory", talk.at("shared.jsonl")];
    expect(questions(await prep("memory", ...memory), "translation")).toHaveLength(1);
    expect(questions(await prep("memory-2", ...memory), "translation")).toEqual([]);
  },
  async "--rate-gpt-in-per-mtok"() {
    const dear = costOf(await prep("rate-in", "--rate-gpt-in-per-mtok", "6000"));
    expect(dear).toBeGreaterThan(10 * costOf(await prep("rate-in-usual")));
  },
  async "--rate-gpt-out-per-mtok"() {
    const dear = costOf(await prep("rate-out", "--rate-gpt-out-per-mtok", "24000"));
    expect(dear).toBeGreaterThan(10 * costOf(await prep("rate-out-usual")));
  },
  async "--segments-json"() {
    const segments = [{ start: 1, end: 3, text: "Something else." }];
    await writeFile(talk.at("given.json"), JSON.stringify(segments));
    const done = await prep("segments-json", "--segments-json", talk.at("given.json"));
    expect(heard(done)).toEqual([]);
    expect(question(done)?.lines).toMatchObject([{ text: "Something else." }]);
  },
  async "--segments-srt"() {
    const cue = "1\n00:00:01,000 --> 00:00:03,000\nSomething else again.\n";
    await writeFile(talk.at("given.srt"), cue);
    const done = await prep("segments-srt", "--segments-srt", talk.at("given.srt"));
    expect(question(done)?.lines).toMatchObject([{ text: "Something else again." }]);
  },
  async "--voices"() {
    const text = `WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ann>Hola.\n`;
    await writeFile(talk.at("ann.vtt"), text);
    const voices = talk.at("family.json");
    const args = ["--to", "es", "--subs", talk.at("ann.vtt"), "--voices", voices];
    expect((await run("voices", args, "dub")).code).toBe(0);
    expect(await readFile(voices, "utf8")).toContain('"name": "Ann"');
  },
  async "--no-rewrite"() {
    // A cue far too short for its text, which the model makes shorter.
    const long = phrases.map(({ text }) => text).join(" ");
    await writeFile(talk.at("long.json"), JSON.stringify([{ start: 10, end: 12.5, text: long }]));
    const args = [...usual, "--segments-json", talk.at("long.json")];
    const asked = await run("rewrite", args, "dub");
    expect(questions(asked, "shorter").length).toBeGreaterThan(0);
    const not = await run("no-rewrite", [...args, "--no-rewrite"], "dub");
    expect(questions(not, "shorter")).toEqual([]);
  },
  async "--youtube-title"() {
    await prep("youtube");
    await run("youtube", ["--to", "es", "--youtube-title", "Mein Titel"], "youtube");
    expect(await read("youtube", "es", "youtube", "title.txt")).toBe("Mein Titel\n");
  },
  async "--youtube-outdir"() {
    await prep("outdir");
    await run("outdir", ["--to", "es", "--youtube-outdir", talk.at("texts")], "youtube");
    expect(await read("texts", "title.txt")).toBe("Talk\n");
  },
  async "--no-disclosure"() {
    await prep("disclosure");
    await run("disclosure", ["--to", "es"], "youtube");
    expect(await read("disclosure", "es", "youtube", "description.md")).toContain("sintética");
    await run("disclosure", ["--to", "es", "--no-disclosure"], "youtube");
    expect(await read("disclosure", "es", "youtube", "description.md")).not.toContain("sintética");
  },
  async "--youtube-ai"() {
    await prep("ai");
    const done = await run("ai", ["--to", "es", "--youtube-ai"], "youtube");
    expect(questions(done, "video_texts")).toHaveLength(1);
  },
  async "--youtube-source"() {
    const by = await Promise.all(
      ["srt", "blocks"].map((source) =>
        chaptersBy(`source-${source}`, ["--youtube-source", source]),
      ),
    );
    expect(by[0]).not.toBe(by[1]);
  },
  async "--youtube-gap-thresh"() {
    const short = await chaptersBy("gap-short", ["--youtube-gap-thresh", "1"]);
    const long = await chaptersBy("gap-long", ["--youtube-gap-thresh", "100"]);
    expect(short).not.toBe(long);
  },
};

/** Chapters of a text with pauses of 0.5 to 8 s over four minutes. */
async function chaptersBy(name: string, args: readonly string[]): Promise<string> {
  let at = 0;
  const segments = Array.from({ length: 40 }, (_, index) => {
    const start = at + (index % 9 === 0 ? 8 : index % 4 === 0 ? 2 : 0.5);
    at = start + 4;
    return { start, end: at, text: `Esto es la parte ${index}${index % 3 === 2 ? "." : ","}` };
  });
  await writeFile(talk.at(`${name}.json`), JSON.stringify(segments));
  const given = ["--to", "es", "--subs", talk.at(`${name}.json`)];
  const video = talk.at("long.mp4");
  const workdir = ["--workdir", talk.at(name)];
  const options = { env: talk.env(service) };
  await runJson(["prep", video, ...workdir, ...given], options);
  await runJson(["youtube", video, ...workdir, "--to", "es", ...args], options);
  return await read(name, "es", "youtube", "chapters.txt");
}
beforeAll(async () => {
  await ffmpeg(
    ...["-f", "lavfi", "-i", "color=c=navy:s=64x36:r=5:d=240", "-f", "lavfi"],
    ...["-i", "anullsrc=r=16000:cl=mono", "-t", "240", "-c:v", "libx264"],
    ...["-preset", "ultrafast", "-c:a", "aac", talk.at("long.mp4")],
  );
});

it.each(Object.entries(proofs))("%s does what its help says", async (_flag, proof) => {
  await proof();
});
