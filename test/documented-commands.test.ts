/** The commands of the asynchronous guide, word for word, against a service on loopback. */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ffprobe } from "./support/media.ts";
import { openSpeechBench, type SpeechBench, type Spoken } from "./support/speech-bench.ts";

let bench: SpeechBench;
const noKeys = { OPENAI_API_KEY: "", OPENAI_BASE_URL: "", ELEVENLABS_API_KEY: "" };
/** Types it, after the clips of earlier ones are gone. */
async function type(line: string, env = {}): Promise<Spoken> {
  await rm(bench.at(".work/video/speech"), { recursive: true, force: true });
  return await bench.run(line.split(" ").slice(1), env);
}
/** The same where no key is known, with the clips that are there. */
const retype = (line: string): Promise<Spoken> =>
  bench.run(line.split(" ").slice(1), {
    ...noKeys,
    ELEVENLABS_BASE_URL: bench.env.ELEVENLABS_BASE_URL,
  });

beforeAll(async () => {
  bench = await openSpeechBench();
  const { copyFile } = await import("node:fs/promises");
  await copyFile(bench.at("talk.mp4"), bench.at("video.mp4"));
  await bench.run(["prep", "video.mp4", "--subs", "talk.es.vtt"]);
});
beforeEach(() => {
  bench.behaviour = { latencyMs: () => 200 };
});
afterAll(() => bench[Symbol.asyncDispose]());

describe("dubber --input_video video.mp4", () => {
  it("--stage synth --async-tts: speaks with openai, many calls at once", async () => {
    const line = "dubber --input_video video.mp4 --stage synth --async-tts --align-mode segment";
    const { code, asked, mostInFlight } = await type(line);
    expect({ code, asked: asked.length }).toEqual({ code: 0, asked: 4 });
    expect(mostInFlight).toBeGreaterThan(2);
    expect((await stat(bench.at(".work/video/new_audio.wav"))).size).toBeGreaterThan(9 * 96_000);
  });

  it("is right exactly as the guide has it", async () => {
    const { code, asked, stderr } = await type(
      "dubber --input_video video.mp4 --stage synth --async-tts",
    );
    expect({ code, isAsked: asked.length > 0 }).toEqual({ code: 0, isAsked: true });
    expect(stderr).toContain("The voice is openai.");
    expect(stderr).toContain(".work/video/synth_async.log");
    const log = await readFile(bench.at(".work/video/synth_async.log"), "utf8");
    expect(log.trim().split("\n")).toHaveLength(asked.length);
  });

  it("--max-concurrent 2: never more than that", async () => {
    const line = "dubber --input_video video.mp4 --stage synth --async-tts --max-concurrent 2";
    expect((await type(`${line} --align-mode segment`)).mostInFlight).toBe(2);
  });

  it("without --async-tts: one call at a time, and says so to who named a limit", async () => {
    const line = "dubber --input_video video.mp4 --stage synth --max-concurrent 4";
    const { code, mostInFlight, stderr } = await type(`${line} --align-mode segment`);
    expect({ code, mostInFlight }).toEqual({ code: 0, mostInFlight: 1 });
    expect(stderr).toContain("--max-concurrent does not count");
  });

  it("--stage prep, synth, burn and youtube in a work directory, each with the flags of all", async () => {
    const flags =
      "--workdir deep/work --async-tts --max-concurrent 3 --voice-main onyx --youtube-title Puentes --stt local --skip-polish";
    for (const stage of ["prep", "synth", "burn", "youtube"]) {
      const text = stage === "prep" ? " --subs talk.es.vtt" : "";
      const line = `dubber --input_video video.mp4 --stage ${stage} ${flags}${text}`;
      const { code, stderr, asked } = await type(`${line} --output out.mp4`);
      expect({ stage, code, stderr: code === 0 ? "" : stderr }).toEqual({
        ...{ stage, code: 0, stderr: "" },
      });
      expect(asked.every(({ voice }) => voice === "onyx")).toBe(true);
      expect(asked.length > 0).toBe(stage === "synth");
    }
    expect((await ffprobe(bench.at("out.mp4"))).streams).toHaveLength(3);
    expect(await readdir(bench.at("deep/work/youtube"))).toEqual([
      ...["chapters.txt", "description.md", "tags.txt", "title.txt"],
    ]);
    expect(await readFile(bench.at("deep/work/youtube/title.txt"), "utf8")).toBe("Puentes\n");
  });

  it("--stage youtube: prints where the texts are, and why there are no chapters", async () => {
    const { code, asked, stdout, stderr } = await retype(
      "dubber --input_video video.mp4 --stage youtube",
    );
    expect({ code, asked, stdout }).toEqual({
      code: 0,
      asked: [],
      stdout: ".work/video/youtube\n",
    });
    expect(stderr).toMatch(
      /The texts for YouTube are in \.work\/video\/youtube, without chapters: /,
    );
  });

  it("--stage youtube before prep says what is missing", async () => {
    const { code, stderr } = await retype(
      "dubber --input_video video.mp4 --stage youtube --workdir empty",
    );
    expect(code).toBe(1);
    expect(stderr).toContain("dubber prep");
  });

  it("without a stage: all of them", async () => {
    const line = "dubber --input_video video.mp4 --subs talk.es.vtt --async-tts --output all.mp4";
    const { code, asked, stdout } = await type(line);
    expect({ code, stdout, isAsked: asked.length > 0 }).toEqual({
      ...{ code: 0, stdout: "all.mp4\n", isAsked: true },
    });
  });

  it("--tts-provider or TTS_PROVIDER name another engine", async () => {
    const line = "dubber --input_video video.mp4 --stage synth --async-tts";
    const path = /^\/v1\/text-to-speech/;
    const byFlag = await type(`${line} --tts-provider elevenlabs`);
    expect(byFlag.asked[0]?.path).toMatch(path);
    expect((await type(line, { TTS_PROVIDER: "elevenlabs" })).asked[0]?.path).toMatch(path);
    const local = await type(line, { TTS_PROVIDER: "embedded", ...noKeys });
    expect({ code: local.code, asked: local.asked }).toEqual({ code: 0, asked: [] });
  });

  it.each([
    ["--stage upload", 'no stage "upload"'],
    ["--stage mix", 'no stage "mix"'],
  ])("%s ends with 2", async (stage, problem) => {
    const { code, stderr, stdout } = await type(`dubber --input_video video.mp4 ${stage}`);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(problem);
    const { result } = await type(`dubber --input_video video.mp4 ${stage} --json`);
    expect(result).toMatchObject({ type: "result", status: "failed", error: { code: "usage" } });
  });
});

describe("a key", () => {
  const line = "dubber --input_video video.mp4 --stage synth --async-tts";

  it("that is missing ends with 4 and says what to set, before any request", async () => {
    const { code, asked, stderr } = await type(line, noKeys);
    expect({ code, asked }).toEqual({ code: 4, asked: [] });
    expect(stderr).toContain("OPENAI_API_KEY");
    expect(stderr).toContain(".env");
  });

  it("that is wrong costs one request and ends with 4", async () => {
    bench.behaviour = {};
    const { code, asked, lookups, stderr } = await type(line, { OPENAI_API_KEY: "wrong" });
    expect({ code, asked: asked.length + lookups }).toEqual({ code: 4, asked: 1 });
    expect(stderr).toContain("OPENAI_API_KEY");
  });

  it.each([
    ["prep", "dubber --input_video video.mp4 --stage prep --subs talk.es.vtt --workdir nokey"],
    ["--no-tts", `${line} --no-tts`],
    ["--dry-run", `${line} --dry-run`],
  ])("is not needed for %s", async (_what, typed) => {
    const { code, asked, stderr } = await type(typed, noKeys);
    expect({ code, asked, stderr: code === 0 ? "" : stderr }).toEqual({
      ...{ code: 0, asked: [], stderr: "" },
    });
  });

  it("is not needed for burn, and not when everything is spoken", async () => {
    const again = `${line} --tts-provider elevenlabs --voice 21m00Tcm4TlvDq8ikWAM`;
    expect((await type(again)).asked.length).toBeGreaterThan(0);
    for (const typed of [again, `${again} --loudness off`]) {
      const { code, asked, stderr } = await retype(typed);
      expect({ code, asked, stderr: code === 0 ? "" : stderr }).toEqual({
        ...{ code: 0, asked: [], stderr: "" },
      });
    }
    const burn = "dubber --input_video video.mp4 --stage burn --output burnt.mp4";
    const { code, asked } = await retype(burn);
    expect({ code, asked }).toEqual({ code: 0, asked: [] });
  });
});
