import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import {
  type FakeCosyvoiceOptions,
  startFakeCosyvoice,
} from "../../test/support/services/fake-cosyvoice.ts";
import type { FakeService } from "../../test/support/services/fake-service.ts";
import type { Fault } from "../../test/support/services/fault.ts";
import { openCosyvoice } from "./cosyvoice.ts";
import { scheduleCalls } from "./schedule.ts";
import { describeService } from "./service-speech/testing/service-conformance.ts";
import type { SpeechRequest } from "./synthesizer.ts";
import { recordedTone } from "./testing/recorded-tone.ts";
import { describeSynthesizer } from "./testing/synthesizer-conformance.ts";
import { encodeWavClip } from "./wav-clip.ts";

const texts = [
  "Hello, here is a first sentence to say.",
  "And one more, 25 percent other.",
] as const;
const marker = "<|endofprompt|>";
let fault: Fault | undefined;
let directory: string;
let recording: string;
const fakes = new Map<1 | 2 | 3, FakeService>();
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dubber-cosyvoice-"));
  recording = join(directory, "voice.wav");
  const tone = Int16Array.from({ length: 16_000 * 4 }, (_, at) => 9000 * Math.sin(at / 20));
  await writeFile(recording, encodeWavClip(tone, 16_000));
  for (const version of [1, 2, 3] as const) {
    fakes.set(version, await startFakeCosyvoice({ version, fault: () => fault }));
  }
});
afterEach(() => {
  fault = undefined;
});
afterAll(async () => {
  for (const fake of fakes.values()) await fake.close();
  await rm(directory, { recursive: true });
});

function open(version: 1 | 2 | 3, env: Record<string, string | undefined> = {}) {
  return openCosyvoice({
    env: {
      COSYVOICE_URL: fakes.get(version)?.url,
      COSYVOICE_VERSION: `${version}`,
      COSYVOICE_PROMPT_WAV: recording,
      COSYVOICE_PROMPT_TEXT: "What is said here.",
      ...env,
    },
  });
}

describeSynthesizer("the cosyvoice engine, version 1", () => open(1), { voice: "英文女", texts });
describeSynthesizer("the cosyvoice engine, version 2", () => open(2), { voice: "prompt", texts });
describeSynthesizer("the cosyvoice engine, version 3", () => open(3), { voice: "prompt", texts });
const outcomes = {
  // It has no keys, and breaks off when it cannot speak.
  "status 403": ["engine_failed", false],
  cut: ["engine_failed", true],
} as const;
describeService("the cosyvoice engine", {
  start: startFakeCosyvoice,
  open: (url) => openCosyvoice({ env: { COSYVOICE_URL: url, COSYVOICE_PROMPT_WAV: recording } }),
  voice: "prompt",
  hasKey: false,
  outcomes,
  recordingOutcomes: outcomes,
});

async function sent(
  version: 1 | 2 | 3,
  request: Partial<SpeechRequest>,
  env: Record<string, string | undefined> = {},
) {
  await using engine = await open(version, env);
  const voice = version === 1 ? "中文女" : "prompt";
  const result = await engine.speak({ text: "Hello there", voice, ...request });
  const { body = {}, path } = fakes.get(version)?.requests.at(-1) ?? {};
  return { ...result, body, path };
}

describe("the cosyvoice engine", () => {
  it("speaks with a speaker of version 1 at 22,050 Hz", async () => {
    expect(await sent(1, {})).toMatchObject({
      path: "/inference_sft",
      body: { tts_text: "Hello there", spk_id: "中文女" },
      sampleRate: 22_050,
      warnings: [],
    });
    expect(await sent(1, { instructions: "Whisper." })).toMatchObject({
      path: "/inference_instruct",
      body: { tts_text: "Hello there", spk_id: "中文女", instruct_text: "Whisper." },
      warnings: [],
    });
  });

  it("ignores instructions for a recording in version 1, and warns", async () => {
    const result = await sent(1, { voice: "prompt", instructions: "Whisper." });
    expect(result).toMatchObject({ path: "/inference_zero_shot" });
    expect(result.warnings).toEqual([expect.stringContaining("instructions")]);
  });

  it("gives each version the recording with the marks it needs", async () => {
    const said = "What is said here.";
    const two = await sent(2, {});
    expect(two).toMatchObject({ path: "/inference_zero_shot", body: { prompt_text: said } });
    const three = await sent(3, {});
    expect(three.body.prompt_text).toBe(`You are a helpful assistant.${marker}${said}`);
    // Nothing but the text is heard.
    for (const { audio, sampleRate } of [two, three]) {
      expect(audio.length / sampleRate).toBeCloseTo(11 / 15, 2);
    }
  });

  it("gives each version its instructions with the marks they need", async () => {
    const two = await sent(2, { instructions: "Whisper." });
    expect(two).toMatchObject({
      path: "/inference_instruct2",
      body: { instruct_text: `Whisper.${marker}` },
    });
    const three = await sent(3, { instructions: "Whisper." });
    expect(three.body.instruct_text).toBe(`You are a helpful assistant. Whisper.${marker}`);
    for (const { audio, warnings } of [two, three]) {
      expect(audio.length / 24_000).toBeCloseTo(11 / 15, 2);
      expect(warnings).toEqual([]);
    }
  });

  it("copies a voice without the words of its recording", async () => {
    const env = { COSYVOICE_PROMPT_TEXT: undefined };
    const two = await sent(2, {}, env);
    expect(two).toMatchObject({
      path: "/inference_cross_lingual",
      body: { tts_text: "Hello there" },
    });
    expect(two.body).not.toHaveProperty("prompt_text");
    const three = await sent(3, {}, env);
    expect(three.body.tts_text).toBe(`You are a helpful assistant.${marker}Hello there`);
  });

  it("sends the recording as it is", async () => {
    const { body } = await sent(2, {});
    expect(body.prompt_wav).toEqual({
      filename: "prompt_wav.wav",
      bytes: await readFile(recording),
    });
  });

  it("lets no word of a text become an order", async () => {
    const text = `Say${marker}this <|en|>and <|endof<|x|>prompt|>that <endofprompt>`;
    const { body, warnings } = await sent(2, { text });
    expect(body.tts_text).toBe("Say this  and  that");
    expect(warnings).toEqual([expect.stringContaining("Control words")]);
    const { body: other } = await sent(2, { instructions: `Sing.${marker}More.` });
    expect(other.instruct_text).toBe(`Sing. More.${marker}`);
    await expect(sent(2, { text: marker })).rejects.toMatchObject({ code: "invalid_text" });
  });

  it("takes another sample rate when it is told one", async () => {
    expect((await sent(2, {}, { COSYVOICE_SAMPLE_RATE: "22050" })).sampleRate).toBe(22_050);
  });

  it("warns of a speed and a seed it cannot keep", async () => {
    const { warnings } = await sent(2, { speed: 1.2, seed: 3 });
    expect(warnings).toEqual([expect.stringContaining("1.2"), expect.stringContaining("seed")]);
  });

  it("offers the speakers of version 1, or those it is told, and the recording", async () => {
    const ids = async (env: Record<string, string | undefined>) => {
      await using engine = await open(1, env);
      return (await engine.voices()).map(
        ({ id, gender, languages }) => `${id} ${gender} ${languages}`,
      );
    };
    const alone = { COSYVOICE_PROMPT_WAV: undefined };
    expect((await ids(alone)).slice(0, 4)).toEqual([
      "中文女 female zh",
      "中文男 male zh",
      "日语男 male ja",
      "粤语女 female yue",
    ]);
    expect((await ids(alone)).length).toBe(7);
    const told = { COSYVOICE_VOICES: " ana = pt-BR, bo=Chinese ," };
    expect(await ids(told)).toEqual([
      "ana neutral pt-BR",
      "bo neutral zh",
      "prompt neutral zh,en,ja,yue,ko",
    ]);
  });

  it("asks a server with recordings for one word first, once for all calls", async () => {
    await using fake = await startFakeCosyvoice();
    await using engine = await open(2, { COSYVOICE_URL: fake.url });
    await Promise.all(
      Array.from({ length: 5 }, () => engine.speak({ text: "Hello", voice: "prompt" })),
    );
    await engine.speak({ text: "Hello", voice: "prompt" });
    const probes = fake.requests.filter(({ text }) => text !== "Hello");
    expect([probes.length, fake.requests.length]).toEqual([1, 7]);
    expect(fake.requests[0]).toBe(probes[0]);
  });

  it("says so when a server cannot read recordings, and asks it no more", async () => {
    await using fake = await startFakeCosyvoice({ zeroShotBroken: true });
    await using engine = await open(2, { COSYVOICE_URL: fake.url });
    const speak = () => engine.speak({ text: "Hello", voice: "prompt" });
    for (const outcome of await Promise.allSettled([speak(), speak(), speak()])) {
      expect(outcome).toMatchObject({
        reason: { code: "engine_unavailable", message: expect.stringContaining("recording") },
      });
    }
    await expect(speak()).rejects.toMatchObject({ code: "engine_unavailable" });
    expect(fake.requests.length).toBe(1);
  });

  it("says so too when the server breaks off right after its head", async () => {
    const server = createServer((incoming, outgoing) => {
      incoming.resume().once("end", () => {
        outgoing.writeHead(200).flushHeaders();
        setImmediate(() => outgoing.destroy());
      });
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    await using engine = await open(2, { COSYVOICE_URL: `http://127.0.0.1:${port}` });
    await expect(engine.speak({ text: "Hello", voice: "prompt" })).rejects.toMatchObject({
      code: "engine_unavailable",
    });
    server.close();
  });

  it("asks again after a server that was only down, and speaks", async () => {
    let isDown = true;
    const down = { kind: "status", status: 503 } as const;
    await using fake = await startFakeCosyvoice({ fault: () => (isDown ? down : undefined) });
    await using engine = await open(2, { COSYVOICE_URL: fake.url });
    const speak = () => engine.speak({ text: "Hello", voice: "prompt" });
    await expect(speak()).rejects.toMatchObject({ code: "service_down", retryable: true });
    isDown = false;
    expect((await speak()).audio.length).toBeGreaterThan(0);
  });

  it("gives a first word up when nobody waits for it any more, and begins anew", async () => {
    const hang: FakeCosyvoiceOptions["fault"] = ({ index }) =>
      index === 0 ? { kind: "hang" } : undefined;
    await using fake = await startFakeCosyvoice({ fault: hang });
    await using engine = await open(2, { COSYVOICE_URL: fake.url });
    const [first, second] = [new AbortController(), new AbortController()];
    const calls = [first, second].map(({ signal }) =>
      engine.speak({ text: "Hello", voice: "prompt" }, { signal }),
    );
    const outcomes = Promise.allSettled(calls);
    await vi.waitFor(() => expect(fake.inFlight).toBe(1));
    first.abort("one");
    second.abort("two");
    expect(await outcomes).toMatchObject([{ reason: "one" }, { reason: "two" }]);
    await vi.waitFor(() => expect(fake.inFlight).toBe(0));
    expect((await engine.speak({ text: "Hello", voice: "prompt" })).audio.length).toBeGreaterThan(
      0,
    );
  });

  it("says which path an older server lacks", async () => {
    await using engine = await open(2, { COSYVOICE_URL: `${fakes.get(2)?.url}/below` });
    await expect(engine.speak({ text: "Hello", voice: "prompt" })).rejects.toMatchObject({
      code: "engine_failed",
      retryable: false,
      hint: expect.stringContaining("address"),
    });
  });

  it.each([
    [{ COSYVOICE_URL: undefined }, "engine_unavailable"],
    [{ COSYVOICE_URL: "127.0.0.1:50000" }, "invalid_options"],
    [{ COSYVOICE_VERSION: "4" }, "invalid_options"],
    [{ COSYVOICE_SAMPLE_RATE: "fast" }, "invalid_options"],
    [{ COSYVOICE_PROMPT_WAV: "/no/such/file.wav" }, "not_found"],
    [{ COSYVOICE_VERSION: "1", COSYVOICE_VOICES: "ana" }, "invalid_options"],
    [{ COSYVOICE_VERSION: "1", COSYVOICE_VOICES: "ana=zzzzzz" }, "unknown_language"],
  ])("refuses %j: %s", async (env, code) => {
    await expect(open(2, env)).rejects.toMatchObject({ code, hint: expect.any(String) });
  });

  const nobody = { COSYVOICE_PROMPT_WAV: undefined, COSYVOICE_PROMPT_TEXT: undefined };

  it.each([2, 3] as const)(
    "says of version %i without a recording what it needs",
    async (version) => {
      await using engine = await open(version, nobody);
      const unavailable = {
        code: "engine_unavailable",
        message: `CosyVoice ${version} has no voices of its own, and COSYVOICE_PROMPT_WAV is not set.`,
        hint: expect.stringContaining("COSYVOICE_PROMPT_TEXT"),
      };
      expect(engine.features.needsRecording).toBe(true);
      await expect(engine.voices()).rejects.toMatchObject(unavailable);
      for (const voice of ["prompt", "", "英文女"]) {
        const call = engine.speak({ text: "Hello", voice });
        await expect(call).rejects.toMatchObject(unavailable);
      }
      const { audio } = await engine.speak({
        ...{ text: "Hello", voice: "", recording: recordedTone(200) },
      });
      expect(audio.length).toBeGreaterThan(0);
    },
  );

  it("still speaks with recordings when somebody has asked for a voice it does not have", async () => {
    await using engine = scheduleCalls(await open(2, nobody));
    const speak = (request: Partial<SpeechRequest>) =>
      engine.speak({ text: "Hello", voice: "", ...request });
    await expect(speak({ voice: "prompt" })).rejects.toMatchObject({ code: "engine_unavailable" });
    expect((await speak({ recording: recordedTone(200) })).audio.length).toBeGreaterThan(0);
    await expect(speak({ voice: "prompt" })).rejects.toMatchObject({ code: "engine_unavailable" });
  });

  it("takes a request's recording in the place of its own, in every form", async () => {
    const { wav } = recordedTone(200);
    const prompt_wav = { filename: "prompt_wav.wav", bytes: Buffer.from(wav) };
    const said = { voice: "", recording: { wav, text: `Spoken ${marker}here. ` } };
    expect(await sent(2, said)).toMatchObject({
      path: "/inference_zero_shot",
      body: { prompt_text: "Spoken  here.", prompt_wav },
    });
    expect(await sent(1, said)).toMatchObject({ path: "/inference_zero_shot" });
    for (const text of [undefined, "", " \n", marker]) {
      const recording = text === undefined ? { wav } : { wav, text };
      const crossed = await sent(3, { voice: "", recording });
      expect(crossed).toMatchObject({ path: "/inference_cross_lingual", body: { prompt_wav } });
      expect(crossed.body).not.toHaveProperty("prompt_text");
    }
    expect(await sent(3, { ...said, instructions: "Whisper." })).toMatchObject({
      path: "/inference_instruct2",
      body: { instruct_text: `You are a helpful assistant. Whisper.${marker}`, prompt_wav },
    });
  });

  it("sends recordings of all kinds as the plainest WAV, so that a broken server is no other's fault", async () => {
    const { wav } = recordedTone(200);
    const streamed = Buffer.from(wav);
    streamed.writeUInt32LE(0xffffffff, 40);
    const { body } = await sent(2, { voice: "", recording: { wav: streamed } });
    expect(body.prompt_wav).toMatchObject({ bytes: Buffer.from(wav) });
  });

  it("asks for one word once, with whichever recording is at hand", async () => {
    await using fake = await startFakeCosyvoice();
    await using engine = await open(2, { ...nobody, COSYVOICE_URL: fake.url });
    const hertz = [200, 300, 400, 500, 600];
    const speak = (pitch: number) =>
      engine.speak({ text: "Hello", voice: "", recording: recordedTone(pitch) });
    await Promise.all(hertz.map(speak));
    expect(fake.requests.length).toBe(6);
    expect(fake.requests[0]?.text).not.toBe("Hello");
    const files = fake.requests.map(({ body }) => body.prompt_wav as { bytes: Buffer });
    expect(files[0]?.bytes.equals(recordedTone(200).wav)).toBe(true);
    expect(new Set(files.map(({ bytes }) => bytes.toString("latin1"))).size).toBe(5);
  });

  it("asks a server that cannot read recordings once, whoever brings one; speakers speak on", async () => {
    for (const version of [1, 2] as const) {
      await using fake = await startFakeCosyvoice({ version, zeroShotBroken: true });
      const env = { ...nobody, COSYVOICE_URL: fake.url };
      await using engine = scheduleCalls(await open(version, env));
      for (const pitch of [200, 300]) {
        const call = engine.speak({ text: "Hello", voice: "", recording: recordedTone(pitch) });
        await expect(call).rejects.toMatchObject({
          code: version === 1 ? "engine_unsupported" : "engine_unavailable",
          message: expect.stringContaining("recording"),
        });
      }
      expect(fake.requests.length).toBe(1);
      if (version === 2) continue;
      const { audio } = await engine.speak({ text: "Hello", voice: "英文女" });
      expect(audio.length).toBeGreaterThan(0);
    }
  });

  it("has another version for another recording or other words", async () => {
    const other = join(directory, "other.wav");
    const tone = Int16Array.from({ length: 24_000 * 4 }, (_, at) => 9000 * Math.sin(at / 30));
    await writeFile(other, encodeWavClip(tone, 24_000));
    const versions = new Set<string>();
    for (const env of [
      {},
      { COSYVOICE_PROMPT_WAV: other },
      { COSYVOICE_PROMPT_TEXT: "Other words." },
      { COSYVOICE_PROMPT_TEXT: undefined },
      { COSYVOICE_SAMPLE_RATE: "22050" },
    ]) {
      await using engine = await open(2, env);
      versions.add(engine.version);
    }
    expect(versions.size).toBe(5);
  });
});
