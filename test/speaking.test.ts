/** Dubs whose lines a service speaks: what is asked of it, what is kept, and what becomes of its failures. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { DubEvent, DubOptions } from "../src/index.ts";
import { dubber, start } from "./support/command.ts";
import { dub, prepareSetup, synth } from "./support/library.ts";
import { startFakeElevenlabs } from "./support/services/fake-elevenlabs.ts";
import { startFakeOpenai } from "./support/services/fake-openai.ts";
import type { FakeService, FakeServiceOptions } from "./support/services/fake-service.ts";
import { makeTalk, type Talk } from "./support/talk.ts";

const services: FakeService[] = [];
let talk: Talk;
beforeEach(async () => {
  talk = await makeTalk();
});
afterEach(async () => {
  for (const service of services.splice(0)) await service.close();
  await talk[Symbol.asyncDispose]();
});

async function openai(options: FakeServiceOptions = {}): Promise<FakeService> {
  const service = await startFakeOpenai({ secondsPerCharacter: 0.02, ...options });
  services.push(service);
  return service;
}

const envFor = ({ url }: FakeService): Record<string, string> => ({
  ...talk.env,
  OPENAI_API_KEY: "test-key",
  OPENAI_BASE_URL: `${url}/v1`,
});

/** Runs a dub as a program would; the events with it. */
async function run(service: FakeService, options: Partial<DubOptions> = {}, signal?: AbortSignal) {
  const job = dub(
    { ...talk.options, engine: "openai", ...options },
    { env: envFor(service), ...(signal && { signal }) },
  );
  const events: DubEvent[] = [];
  for await (const event of job) events.push(event);
  return { ...(await job.result), events };
}

const clips = async (): Promise<string[]> => await readdir(talk.at("work", "es", "speech"));
const log = async (): Promise<string> => await readFile(talk.at("work", "synth_async.log"), "utf8");

describe("a dub through a service", () => {
  it("speaks every line once, five at a time, and says what it took", async () => {
    // The first five wait for each other.
    const service = await openai({ latencyMs: ({ index }) => (index < 5 ? 400 : 0) });
    const { status, speech, lines, events } = await run(service);
    expect(service.requests.map(({ text }) => text).toSorted()).toEqual(talk.texts.toSorted());
    expect(service.mostInFlight).toBe(5);
    expect([status, lines?.length]).toEqual(["done", talk.texts.length]);
    const seconds = talk.texts.join("").length * 0.02;
    expect(speech).toMatchObject({
      engine: "openai",
      spoken: talk.texts.length,
      reused: 0,
      byFallback: 0,
    });
    expect(speech?.seconds).toBeCloseTo(seconds, 1);
    expect(speech?.costUsd).toBeCloseTo(((speech?.seconds ?? 0) / 60) * 0.03, 6);
    const progress = events.flatMap((event) =>
      event.type === "progress" && event.speech !== undefined ? [event.speech] : [],
    );
    expect(progress.at(-1)).toMatchObject({
      ...{ failed: 0, limit: 5, retries: 0, charactersDone: talk.texts.join("").length },
      costUsd: expect.closeTo(speech?.costUsd ?? 0, 3),
    });
    expect((await log()).trim().split("\n").length).toBeGreaterThanOrEqual(talk.texts.length);
  });

  it("speaks nothing again when nothing changed, and one line when one is edited", async () => {
    const service = await openai();
    await run(service);
    const asked = service.requests.length;
    const { OPENAI_API_KEY: _key, ...keyless } = envFor(service);
    const again = dub({ ...talk.options, engine: "openai" }, { env: keyless });
    expect((await again.result).status).toBe("done");
    expect(service.requests).toHaveLength(asked);
    const path = talk.at("work", "es", "subs.srt");
    const edited = (await readFile(path, "utf8")).replace("Línea 3", "Tercera línea");
    await writeFile(path, edited);
    const { subs: _, ...options } = talk.options;
    await dub({ ...options, engine: "openai" }, { env: envFor(service) }).result;
    expect(service.requests.slice(asked).map(({ text }) => text)).toEqual([
      expect.stringContaining("Tercera"),
    ]);
  });

  it("without a provider named speaks with the local voice, whatever keys there are, and says so", async () => {
    const service = await openai();
    const { engine: _, ...options } = { ...talk.options, engine: undefined };
    const job = dub(options, { env: envFor(service) });
    const events: DubEvent[] = [];
    for await (const event of job) events.push(event);
    expect((await job.result).speech).toMatchObject({ engine: "embedded", costUsd: 0 });
    expect(service.requests).toEqual([]);
    expect(events).toContainEqual({
      type: "engine",
      stage: "synth",
      engine: "embedded",
      isChosen: false,
    });
  });

  it("passes model, voice, speed, instructions on, and re-speaks when one of them changes", async () => {
    const service = await openai();
    const how = {
      ttsModel: "gpt-4o-mini-tts",
      voice: "onyx",
      voiceSpeed: 1.1,
      voiceInstructions: "Calm.",
    };
    await run(service, how);
    for (const { body } of service.requests) {
      expect(body).toMatchObject({
        model: how.ttsModel,
        voice: "onyx",
        speed: 1.1,
        instructions: "Calm.",
      });
    }
    const asked = service.requests.length;
    await run(service, { ...how, voiceInstructions: "Loud." });
    expect(service.requests).toHaveLength(asked * 2);
    await run(service, how);
    expect(service.requests).toHaveLength(asked * 2);
  });

  it("tells the service what stands before and after, where it listens to that and one asked for it", async () => {
    const service = await startFakeElevenlabs({ secondsPerCharacter: 0.02 });
    services.push(service);
    const env = { ...talk.env, ELEVENLABS_API_KEY: "test-key", ELEVENLABS_BASE_URL: service.url };
    await dub({ ...talk.options, engine: "elevenlabs", voiceContext: true, voiceSeed: 7 }, { env })
      .result;
    const second = service.requests.find(({ text }) => text === talk.texts[1]);
    expect(second?.body).toMatchObject({
      ...{ previous_text: talk.texts[0], next_text: talk.texts[2], seed: 7 },
    });
    const { speech } = await dub({ ...talk.options, engine: "elevenlabs" }, { env }).result;
    expect(speech?.costUsd).toBeCloseTo(((speech?.seconds ?? 0) / 60) * 0.15, 6);
    expect(service.requests.at(-1)?.body).not.toHaveProperty("previous_text");
  });

  it("what the engine cannot do stands in the report, once", async () => {
    const service = await openai();
    const { warnings } = await run(service, { ttsModel: "tts-1", voiceInstructions: "Sing." });
    const said = warnings.filter((warning) => /instructions/.test(warning));
    expect(said).toEqual([expect.stringContaining(`(${talk.texts.length} lines)`)]);
    const report = JSON.parse(await readFile(talk.at("work", "es", "report.json"), "utf8"));
    expect(report.warnings).toContain(said[0]);
  });
});

describe("failures", () => {
  it("one line that fails for good loses none of the others, and is tried again alone", async () => {
    let isMended = false;
    const service = await openai({
      fault: ({ text }) =>
        text === talk.texts[3] && !isMended
          ? { kind: "status", status: 400, message: "Content." }
          : undefined,
    });
    const { status, failures, warnings } = await run(service);
    expect(status).toBe("partial");
    expect(failures).toEqual([
      { id: expect.any(String), text: talk.texts[3], reason: expect.stringContaining("Content.") },
    ]);
    expect(warnings.join("\n")).toContain(talk.texts[3]);
    const asked = service.requests.length;
    isMended = true;
    const again = await run(service, { retryFailed: true });
    expect(again.status).toBe("done");
    expect(service.requests.slice(asked).map(({ text }) => text)).toEqual([talk.texts[3]]);
  });

  it("with retryFailed and nothing that failed says so, and asks for nothing", async () => {
    const service = await openai();
    await expect(run(service, { retryFailed: true })).rejects.toMatchObject({
      message: expect.stringContaining("nothing failed last time"),
      hint: expect.stringContaining("--retry-failed"),
    });
    expect(service.requests).toEqual([]);
  });

  it("a log that cannot be written costs nothing but the log, and is told", async () => {
    const service = await openai();
    await mkdir(talk.at("work", "synth_async.log"), { recursive: true });
    const { status, events } = await run(service);
    expect(status).toBe("done");
    expect(events).toContainEqual({
      ...{ type: "warning", stage: "synth" },
      message: expect.stringContaining("synth_async.log could not be written"),
    });
  });

  it("with retryFailed asks for nothing that did not fail", async () => {
    const service = await openai({
      fault: ({ text }) => (text === talk.texts[3] ? { kind: "status", status: 400 } : undefined),
    });
    await run(service);
    const asked = service.requests.length;
    const path = talk.at("work", "es", "subs.srt");
    await writeFile(path, (await readFile(path, "utf8")).replace("Línea 1", "Primera línea"));
    const { subs: _, ...options } = talk.options;
    const { status, failures } = await synth(
      { ...options, engine: "openai", retryFailed: true },
      { env: envFor(service) },
    ).result;
    expect(status).toBe("partial");
    expect(service.requests.slice(asked).map(({ text }) => text)).toEqual([talk.texts[3]]);
    expect(failures.map(({ text }) => text.slice(0, 13))).toContain("Primera línea");
  });

  it("a second engine speaks what the first keeps failing on, and the report says which lines", async () => {
    const service = await openai({
      fault: ({ text }) => (text === talk.texts[2] ? { kind: "status", status: 400 } : undefined),
    });
    const { status, speech, lines, warnings } = await run(service, {
      fallbackProvider: "embedded",
    });
    expect([status, speech?.byFallback]).toEqual(["done", 1]);
    expect(lines?.map(({ voice }) => voice)).toEqual(
      talk.texts.map((_, index) => (index === 2 ? expect.stringMatching(/^es/) : "alloy")),
    );
    expect(warnings.filter((warning) => warning.includes("spoken by embedded"))).toHaveLength(1);
  });

  it.each([
    ["has no key", { fallbackProvider: "elevenlabs" }],
    ["has no such voice", { fallbackProvider: "embedded", fallbackVoice: "zz" }],
  ] as const)("a second engine that %s takes nothing away", async (_, options) => {
    const service = await openai({
      fault: ({ text }) => (text === talk.texts[2] ? { kind: "status", status: 400 } : undefined),
    });
    const { status, failures, warnings, lines } = await run(service, options);
    expect([status, lines?.length]).toEqual(["partial", talk.texts.length - 1]);
    expect(failures.map(({ text }) => text)).toEqual([talk.texts[2]]);
    expect(warnings.filter((warning) => /fallback could not help/.test(warning))).toHaveLength(1);
  });

  it("lines that fail alike are told together, with what to do", async () => {
    const service = await openai({
      fault: ({ index }) =>
        index >= 2 ? { kind: "status", status: 429, code: "insufficient_quota" } : undefined,
    });
    const { status, failures, warnings } = await run(service, { maxConcurrent: 1 });
    expect([status, failures.length]).toEqual(["partial", talk.texts.length - 2]);
    expect(service.requests).toHaveLength(3);
    const told = warnings.filter((warning) => warning.startsWith("Not spoken"));
    expect(told).toEqual([expect.stringContaining(`and ${talk.texts.length - 2 - 3} more lines`)]);
  });

  it("a line nobody could say in what is left of the video is refused before it is paid for", async () => {
    const service = await openai();
    const subs = talk.at("long.srt");
    await writeFile(subs, `1\n00:00:01,000 --> 00:00:02,000\n${"palabra ".repeat(12_500)}\n`);
    await expect(run(service, { subs })).rejects.toMatchObject({ code: "line_too_long" });
    expect(service.requests).toEqual([]);
  });

  it("a wrong key costs one request and ends with one clear error", async () => {
    const service = await openai({ key: "another" });
    await expect(run(service)).rejects.toMatchObject({
      code: "key_refused",
      hint: expect.any(String),
    });
    expect(service.requests.length + service.lookups).toBe(1);
  });

  it.each([
    ["voice", { voice: "nobody" }, "unknown_voice"],
    ["model", { ttsModel: "no-such-model" }, "unknown_model"],
  ])("an unknown %s costs one request and ends with one clear error", async (_, options, code) => {
    const service = await openai();
    await expect(run(service, options)).rejects.toMatchObject({ code });
    expect(service.requests).toHaveLength(1);
  });

  it("a missing key is told before anything is asked", async () => {
    const job = dub({ ...talk.options, engine: "openai" }, { env: talk.env });
    await expect(job.result).rejects.toMatchObject({
      code: "key_missing",
      hint: expect.stringContaining("OPENAI_API_KEY"),
    });
  });

  it("stops before spending more than it may, and again when it is nearly spent", async () => {
    const service = await openai();
    await expect(run(service, { maxCost: 0.0001 })).rejects.toMatchObject({
      code: "too_expensive",
    });
    expect(service.requests).toEqual([]);
    expect((await run(service, { maxCost: 1 })).status).toBe("done");
  });

  it("a service that is down is told at once, not line by line, and lines wait for it", async () => {
    let isDown = true;
    const service = await openai({
      fault: () => (isDown ? { kind: "reset" } : undefined),
    });
    const job = dub({ ...talk.options, engine: "openai" }, { env: envFor(service) });
    const warnings: string[] = [];
    for await (const event of job) {
      if (event.type !== "warning" || !/Waiting|again/.test(event.message)) continue;
      warnings.push(event.message);
      isDown = false;
    }
    expect((await job.result).status).toBe("done");
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain("Waiting");
  });

  it("a service that stays down ends the run with one error; what was spoken before is kept", async () => {
    const service = await openai({
      fault: ({ index }) => (index >= 3 ? { kind: "reset" } : undefined),
    });
    const { status, failures } = await run(service, { ttsPatience: 0.2, maxConcurrent: 1 });
    expect([status, failures.length]).toEqual(["partial", talk.texts.length - 3]);
    expect(new Set(failures.map(({ reason }) => reason)).size).toBe(1);
    expect(await clips()).toHaveLength(3);
    // Far fewer calls than lines times tries.
    expect(service.requests.length).toBeLessThan(20);
  });

  it("the network gone in the middle: lines wait, and are spoken when it is back", async () => {
    const first = await openai({ latencyMs: () => 20 });
    const job = dub(
      { ...talk.options, engine: "openai", maxConcurrent: 1 },
      { env: envFor(first) },
    );
    const asked: string[] = [];
    let second: FakeService | undefined;
    for await (const event of job) {
      if (event.type === "progress" && event.stage === "synth" && event.done === 3) {
        asked.push(...first.requests.map(({ text }) => text));
        await first.close();
      }
      if (event.type === "warning" && event.message.includes("Waiting")) {
        second = await openai({ port: first.port });
      }
    }
    expect((await job.result).status).toBe("done");
    expect(second?.requests.length).toBeGreaterThan(0);
    const spoken = new Set([...asked, ...(second?.requests ?? []).map(({ text }) => text)]);
    expect(spoken).toEqual(new Set(talk.texts));
  });

  it("killed in the middle, the next run speaks only what is missing", async () => {
    const service = await openai({ latencyMs: () => 40 });
    const running = start(
      ["dub", ...talk.args, "--tts-provider", "openai", "--max-concurrent", "1"],
      {
        env: envFor(service),
      },
    );
    const count = async (): Promise<number> => (await clips().catch(() => [])).length;
    await expect.poll(count, { timeout: 20_000 }).toBeGreaterThan(2);
    running.process.kill("SIGKILL");
    await running.ended;
    const kept = (await clips()).filter((name) => /^[0-9a-f]{64}\.wav$/.test(name)).length;
    const asked = service.requests.length;
    const { status } = await run(service);
    expect(status).toBe("done");
    expect(service.requests.length - asked).toBe(talk.texts.length - kept);
  });

  it("Ctrl-C reaches every request, and leaves no temporary file", async () => {
    const service = await openai({ fault: () => ({ kind: "hang" }) });
    const running = start(["dub", ...talk.args, "--tts-provider", "openai"], {
      env: envFor(service),
    });
    await expect.poll(() => service.inFlight, { timeout: 20_000 }).toBe(5);
    running.process.kill("SIGINT");
    expect((await running.ended).code).toBe(130);
    await expect.poll(() => service.inFlight).toBe(0);
    const names = await readdir(talk.at("work"), { recursive: true });
    expect(names.filter((name) => name.includes(".tmp-"))).toEqual([]);
  });

  it("a key stands in no file, no log and no message", async () => {
    const secret = "sk-very-secret-0123456789";
    const service = await openai({
      key: secret,
      fault: ({ index }) =>
        index % 3 === 0 ? { kind: "status", status: 400, message: `Bad ${secret}` } : undefined,
    });
    const { stdout, stderr } = await dubber(
      ["dub", ...talk.args, "--tts-provider", "openai", "--verbose", "--json"],
      { env: { ...envFor(service), OPENAI_API_KEY: secret } },
    );
    expect(stdout).toContain("partial");
    const files = await readdir(talk.at("work"), { recursive: true, withFileTypes: true });
    const texts = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map((file) => readFile(`${file.parentPath}/${file.name}`, "latin1")),
    );
    for (const text of [stdout, stderr, ...texts]) expect(text).not.toContain(secret);
    expect(texts.length).toBeGreaterThan(5);
  });
});

describe("several videos", () => {
  let other: Talk;
  beforeAll(async () => {
    other = await makeTalk({ name: "other", lines: 6 });
  });
  afterAll(() => other[Symbol.asyncDispose]());

  it("each take the text that lies beside them", async () => {
    const { subs: _, ...options } = other.options;
    const { status, lines } = await dub(options, { env: other.env }).result;
    expect([status, lines?.map(({ text }) => text)]).toEqual(["done", other.texts]);
    const french = { video: other.video, workdir: other.at("none"), to: "fr" };
    await expect(dub(french, { env: other.env }).result).rejects.toMatchObject({
      code: "text_missing",
    });
  });

  it("share one limit when they share a setup", async () => {
    const service = await openai({ latencyMs: () => 150 });
    await using setup = prepareSetup({ env: envFor(service), engine: "openai", maxConcurrent: 3 });
    const jobs = [talk, other].map(({ options }) =>
      dub({ ...options, engine: "openai" }, { setup }),
    );
    const results = await Promise.all(jobs.map(({ result }) => result));
    expect(results.map(({ status }) => status)).toEqual(["done", "done"]);
    expect(service.requests).toHaveLength(talk.texts.length + new Set(other.texts).size);
    expect(service.mostInFlight).toBe(3);
  });
});
