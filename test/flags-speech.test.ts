/** The flags of who speaks and how engines are asked: what each changes in the calls, the log or the bill. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { readPlanIn } from "./support/dub.ts";
import type { FakeRequest } from "./support/services/fake-service.ts";
import { openSpeechBench, type SpeechBench, type Spoken, texts } from "./support/speech-bench.ts";

let bench: SpeechBench;
beforeAll(async () => {
  bench = await openSpeechBench();
});
beforeEach(() => {
  bench.behaviour = {};
});
afterAll(() => bench[Symbol.asyncDispose]());

const bridges = texts[1] as string;
const openai = (...args: string[]): Promise<Spoken> =>
  bench.synth("--tts-provider", "openai", ...args);
const elevenlabs = (...args: string[]): Promise<Spoken> =>
  bench.synth("--tts-provider", "elevenlabs", ...args);
/** What every call said there. */
const said = ({ asked }: Spoken, name: string): unknown => {
  const values = new Set(asked.map(({ body }) => body[name]));
  expect(values.size).toBe(1);
  return [...values][0];
};
const triesOf = (asked: readonly FakeRequest[], text: string): number =>
  asked.filter((one) => one.text === text).length;
/** One line fails for good, and only with openai. */
const failBridges = ({ text, path }: FakeRequest) =>
  text === bridges && path.includes("audio/speech")
    ? ({ kind: "status", status: 400, message: "no" } as const)
    : undefined;
const dryRun = async (...args: string[]): Promise<number> => {
  const run = await bench.synth("--dry-run", ...args);
  expect({ code: run.code, asked: run.asked }).toEqual({ code: 0, asked: [] });
  return Number(run.result.usdPerMinute);
};

const proofs: Readonly<Record<string, () => Promise<void>>> = {
  async "--engine"() {
    const { code, asked, objects } = await bench.synth("--engine", "openai");
    expect({ code, texts: asked.map(({ text }) => text).sort() }).toEqual({
      code: 0,
      texts: texts.toSorted(),
    });
    expect(objects).toContainEqual({
      ...{ type: "engine", stage: "synth", engine: "openai", isChosen: true },
    });
    const { code: unknown, result } = await bench.synth("--engine", "loud");
    expect({ unknown, hint: result.error?.hint }).toEqual({
      unknown: 2,
      hint: expect.stringContaining("elevenlabs"),
    });
  },
  async "--tts-provider"() {
    expect((await openai()).asked.every(({ path }) => path === "/v1/audio/speech")).toBe(true);
    const { asked } = await elevenlabs();
    expect(asked.length).toBe(texts.length);
    expect(asked.every(({ path }) => path.startsWith("/v1/text-to-speech/"))).toBe(true);
    // A key alone never spends money.
    const alone = await bench.synth();
    expect({ code: alone.code, asked: alone.asked }).toEqual({ code: 0, asked: [] });
    expect(alone.objects).toContainEqual({
      ...{ type: "engine", stage: "synth", engine: "embedded", isChosen: false },
    });
  },
  async "--tts-model"() {
    expect(said(await openai(), "model")).toBe("gpt-4o-mini-tts");
    expect(said(await openai("--tts-model", "tts-1"), "model")).toBe("tts-1");
    const { code, result } = await openai("--tts-model", "tts-9");
    expect({ code, error: result.error?.code }).toEqual({ code: 2, error: "unknown_model" });
  },
  async "--voice"() {
    expect(said(await openai("--voice", "nova"), "voice")).toBe("nova");
    const { code, result, asked } = await openai("--voice", "nobody", "--sync");
    expect({ code, error: result.error?.code, asked: asked.length }).toEqual({
      ...{ code: 2, error: "unknown_voice", asked: 1 },
    });
  },
  async "--voice-main"() {
    expect(said(await openai("--voice-main", "onyx"), "voice")).toBe("onyx");
  },
  async "--voice-instructions"() {
    expect(said(await openai(), "instructions")).toBeUndefined();
    expect(said(await openai("--voice-instructions", "Whisper."), "instructions")).toBe("Whisper.");
  },
  async "--voice-speed"() {
    expect(said(await openai("--voice-speed", "1.5"), "speed")).toBe(1.5);
  },
  async "--voice-seed"() {
    expect(said(await elevenlabs("--voice-seed", "77"), "seed")).toBe(77);
  },
  async "--voice-context"() {
    const { asked } = await elevenlabs("--voice-context");
    const second = asked.find(({ text }) => text === bridges);
    expect(second?.body).toMatchObject({ previous_text: texts[0], next_text: texts[2] });
    expect(said(await elevenlabs(), "previous_text")).toBeUndefined();
  },
  async "--elevenlabs-voice-id"() {
    const other = "SAz9YHcvj6GT2YYXdXww";
    expect((await elevenlabs()).asked[0]?.voice).not.toBe(other);
    const { asked, code } = await elevenlabs("--elevenlabs-voice-id", other, "--voice", "alloy");
    expect({ code, voices: new Set(asked.map(({ voice }) => voice)) }).toEqual({
      code: 0,
      voices: new Set([other]),
    });
    const { objects } = await openai("--elevenlabs-voice-id", other);
    expect(JSON.stringify(objects)).toContain("--elevenlabs-voice-id does not count");
  },
  async "--elevenlabs-model-id"() {
    expect(said(await elevenlabs(), "model_id")).toBe("eleven_multilingual_v2");
    const args = ["--elevenlabs-model-id", "eleven_flash_v2_5", "--tts-model", "gpt-4o-mini-tts"];
    expect(said(await elevenlabs(...args), "model_id")).toBe("eleven_flash_v2_5");
  },
  async "--max-concurrent"() {
    bench.behaviour = { latencyMs: () => 200 };
    expect((await openai()).mostInFlight).toBeGreaterThan(2);
    expect((await openai("--max-concurrent", "2")).mostInFlight).toBe(2);
    const auto = await openai("--max-concurrent", "auto");
    expect({ code: auto.code, asked: auto.asked.length }).toEqual({ code: 0, asked: 4 });
    expect(await readFile(bench.at("cache/dubber/limits.json"), "utf8")).toContain("openai");
  },
  async "--async-tts"() {
    bench.behaviour = { latencyMs: () => 200 };
    expect((await openai("--async-tts")).mostInFlight).toBeGreaterThan(1);
    const { code, result } = await openai("--async-tts", "--sync");
    expect({ code, error: result.error?.message }).toEqual({
      code: 2,
      error: expect.stringContaining("exclude each other"),
    });
  },
  async "--sync"() {
    bench.behaviour = { latencyMs: () => 50 };
    const { asked, mostInFlight } = await openai("--sync");
    expect({ asked: asked.length, mostInFlight }).toEqual({ asked: 4, mostInFlight: 1 });
  },
  async "--tts-retries"() {
    bench.behaviour = {
      fault: ({ text }) => (text === bridges ? { kind: "cut" } : undefined),
    };
    expect(triesOf((await openai("--tts-retries", "0")).asked, bridges)).toBe(1);
    const { code, asked, result } = await openai("--tts-retries", "2");
    // Three at once, and three when all others have ended.
    expect({ code, tries: triesOf(asked, bridges) }).toEqual({ code: 3, tries: 6 });
    expect(result.failures.map(({ text }) => text)).toEqual([bridges]);
  },
  async "--tts-timeout"() {
    let hasHung = false;
    bench.behaviour = {
      fault({ text }) {
        if (text !== texts[0] || hasHung) return undefined;
        hasHung = true;
        return { kind: "hang" };
      },
    };
    const { code, objects } = await openai("--tts-timeout", "0.3");
    expect(code).toBe(0);
    expect(objects.filter(({ type, outcome }) => type === "call" && outcome !== "ok")).toHaveLength(
      1,
    );
  },
  async "--tts-patience"() {
    bench.behaviour = { fault: () => ({ kind: "status", status: 503 }) };
    const { code, result } = await openai("--tts-patience", "0.2");
    expect({ code, error: result.error?.code }).toEqual({ code: 1, error: "service_down" });
    const people = ["synth", "talk.mp4", "--to", "es", "--workdir", "work", "--force", "synth"];
    const { stderr } = await bench.run([
      ...[...people, "--tts-provider", "openai", "--tts-patience", "0.2"],
    ]);
    expect(stderr).toContain("Every call is in work/synth_async.log.");
  },
  async "--fallback-provider"() {
    bench.behaviour = { fault: failBridges };
    expect((await openai()).code).toBe(3);
    const { code, result } = await openai("--fallback-provider", "embedded");
    expect({ code, speech: result.speech }).toEqual({
      code: 0,
      speech: expect.objectContaining({ byFallback: 1 }),
    });
    expect(result.warnings.join()).toContain("was spoken by embedded");
  },
  async "--fallback-model"() {
    bench.behaviour = { fault: failBridges };
    const args = ["--fallback-provider", "elevenlabs", "--fallback-model", "eleven_flash_v2_5"];
    const { asked } = await openai(...args);
    expect(asked.at(-1)).toMatchObject({ text: bridges, model: "eleven_flash_v2_5" });
  },
  async "--fallback-voice"() {
    bench.behaviour = { fault: failBridges };
    const args = ["--fallback-provider", "embedded", "--fallback-voice", "es+f4"];
    await openai(...args);
    const { lines } = await readPlanIn(bench.at("work/es"));
    expect(lines.find(({ text }) => text === bridges)?.voice).toBe("es+f4");
  },
  async "--retry-failed"() {
    bench.behaviour = { fault: failBridges };
    const given = ["synth", "talk.mp4", "--to", "es", "--workdir", "work", "--json"];
    const again = [...given, "--align-mode", "segment", "--tts-provider", "openai"];
    expect((await openai()).code).toBe(3);
    const { lines } = await readPlanIn(bench.at("work/es"));
    await rm(join(bench.at("work/es/speech"), lines[0]?.clip as string));
    bench.behaviour = {};
    const { code, asked } = await bench.run([...again, "--retry-failed"]);
    expect({ code, asked: asked.map(({ text }) => text) }).toEqual({ code: 3, asked: [bridges] });
    const whole = await bench.run(again);
    expect({ code: whole.code, asked: whole.asked.map(({ text }) => text) }).toEqual({
      code: 0,
      asked: [texts[0]],
    });
  },
  async "--log-format"() {
    const log = async (...args: string[]): Promise<readonly string[]> => {
      await openai(...args);
      return (await readFile(bench.at("work/synth_async.log"), "utf8")).trim().split("\n");
    };
    expect((await log()).every((line) => !line.startsWith("{"))).toBe(true);
    const lines = await log("--log-format", "json");
    expect(lines).toHaveLength(texts.length);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ attempt: 1, status: 200 });
  },
  async "--dry-run"() {
    const before = await readFile(bench.at("work/dub.json"), "utf8");
    const { code, asked, result } = await openai("--dry-run");
    expect({ code, asked }).toEqual({ code: 0, asked: [] });
    expect(result).toMatchObject({ status: "done", engine: "openai", lines: 4 });
    expect(await readFile(bench.at("work/dub.json"), "utf8")).toBe(before);
  },
  async "--estimate-only"() {
    const { asked, result } = await openai("--estimate-only");
    expect({ asked, lines: result.lines }).toEqual({ asked: [], lines: 4 });
  },
  async "--max-cost"() {
    const { code, asked, result } = await openai("--max-cost", "0.0001");
    expect({ code, asked, error: result.error?.code }).toEqual({
      ...{ code: 1, asked: [], error: "too_expensive" },
    });
    expect((await openai("--max-cost", "1")).code).toBe(0);
  },
  async "--rate-tts-openai-per-min"() {
    expect(await dryRun("--tts-provider", "openai")).toBe(0.03);
    const args = ["--tts-provider", "openai", "--rate-tts-openai-per-min", "0.5"];
    expect(await dryRun(...args)).toBe(0.5);
  },
  async "--rate-tts-elevenlabs-per-min"() {
    expect(await dryRun("--tts-provider", "elevenlabs")).toBe(0.15);
    const args = ["--tts-provider", "elevenlabs", "--rate-tts-elevenlabs-per-min", "0.5"];
    expect(await dryRun(...args)).toBe(0.5);
  },
};

it.each(Object.entries(proofs))("%s does what its help says", async (_flag, proof) => {
  await proof();
});

it.each([
  ["--max-concurrent", ["0", "-1", "NaN", "1e9", "2.5", ""], "from 1 to 1000, or auto"],
  ["--tts-retries", ["-1", "101", "1.5", "many"], "from 0 to 100"],
  ["--tts-timeout", ["0", "-1", "NaN", "1e9"], "from 0.1 to 3600"],
  ["--tts-patience", ["0", "-1", "NaN", "1e9"], "from 0.1 to 86400"],
  ["--voice-speed", ["0", "-1", "NaN", "1e9"], "from 0.25 to 4"],
  ["--voice-seed", ["-1", "1e10", "1.5"], "from 0 to 4294967295"],
  ["--max-cost", ["-1", "NaN", "cheap"], "of 0 or more"],
])("%s says what it takes, before anything is done", async (flag, values, range) => {
  for (const value of values) {
    const run = await bench.run(["synth", "nowhere.mp4", `${flag}=${value}`]);
    expect({ value, code: run.code, stdout: run.stdout }).toEqual({ value, code: 2, stdout: "" });
    expect(run.stderr).toContain(range);
  }
});
