/** The fake services are as the real ones where the engines depend on it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import {
  type FakeCosyvoiceOptions,
  startFakeCosyvoice,
} from "./support/services/fake-cosyvoice.ts";
import {
  type FakeElevenlabsOptions,
  startFakeElevenlabs,
} from "./support/services/fake-elevenlabs.ts";
import { startFakeOpenai } from "./support/services/fake-openai.ts";
import type { FakeService, FakeServiceOptions } from "./support/services/fake-service.ts";
import type { Fault } from "./support/services/fault.ts";
import { writeWav } from "./support/services/read-wav.ts";

const open: FakeService[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((service) => service.close()));
});

async function started(service: Promise<FakeService>): Promise<FakeService> {
  open.push(await service);
  return service;
}

const openai = (options?: FakeServiceOptions) => started(startFakeOpenai(options));
const elevenlabs = (options?: FakeElevenlabsOptions) => started(startFakeElevenlabs(options));
const cosyvoice = (options?: FakeCosyvoiceOptions) => started(startFakeCosyvoice(options));

const goodOpenai = {
  model: "gpt-4o-mini-tts",
  input: "Good morning to all of you.",
  voice: "alloy",
  response_format: "wav",
};

function askOpenai(
  { url }: FakeService,
  change: Record<string, unknown> = {},
  { key = "test-key", signal }: { key?: string; signal?: AbortSignal } = {},
): Promise<Response> {
  return fetch(`${url}/v1/audio/speech`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ ...goodOpenai, ...change }),
    ...(signal && { signal }),
  });
}

function askElevenlabs(
  { url }: FakeService,
  body: Record<string, unknown> = { text: "Good morning." },
  { voice = "21m00Tcm4TlvDq8ikWAM", format = "wav_24000", key = "test-key" } = {},
): Promise<Response> {
  return fetch(`${url}/v1/text-to-speech/${voice}?output_format=${format}`, {
    method: "POST",
    headers: { "xi-api-key": key, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

function askCosyvoice(
  { url }: FakeService,
  path: string,
  fields: Record<string, string | Blob>,
): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") form.set(name, value);
    else form.set(name, value, "prompt.wav");
  }
  return fetch(`${url}/${path}`, { method: "POST", body: form });
}

/** One second of silence at 16 kHz. */
function promptWav(sampleRate = 16_000): Blob {
  const bytes = Buffer.alloc(44 + 32_000);
  bytes.write("RIFF", 0, "latin1");
  bytes.write("WAVEfmt ", 8, "latin1");
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * 2, 28);
  return new Blob([bytes]);
}

/** A WAV of one second in which every sample is the same. */
function recordingOf(sample: number): Blob {
  return new Blob([writeWav(new Int16Array(16_000).fill(sample), 16_000)]);
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

const json = (response: Response): Promise<unknown> => response.json();

describe("the fake OpenAI", () => {
  it("streams a WAV that does not know its size, at 24 kHz, as long as its text", async () => {
    const response = await askOpenai(await openai());
    const bytes = await bytesOf(response);
    expect(response.headers.get("content-type")).toBe("audio/wav");
    expect(response.headers.has("content-length")).toBe(false);
    expect(bytes.readUInt32LE(4)).toBe(0xffffffff);
    expect(bytes.readUInt32LE(24)).toBe(24_000);
    const data = bytes.indexOf("data", 0, "latin1");
    expect(data).toBe(70);
    expect(bytes.readUInt32LE(data + 4)).toBe(0xffffffff);
    const seconds = (bytes.length - data - 8) / 2 / 24_000;
    expect(seconds).toBeCloseTo(goodOpenai.input.length / 15, 3);
  });

  it("gives the same sound for the same call, another one for another, and silence at both ends", async () => {
    const service = await openai();
    const ask = async (change: object) =>
      bytesOf(await askOpenai(service, { response_format: "pcm", ...change }));
    const first = await ask({});
    expect(await ask({})).toEqual(first);
    expect(await ask({ voice: "ash" })).not.toEqual(first);
    expect(await ask({ instructions: "Whisper." })).not.toEqual(first);
    expect((await ask({ speed: 2 })).length * 2).toBe(first.length);
    const samples = new Int16Array(first.buffer, first.byteOffset, first.length / 2);
    const silence = 0.05 * 24_000;
    expect(samples.subarray(0, silence).every((one) => one === 0)).toBe(true);
    expect(samples.subarray(-silence).every((one) => one === 0)).toBe(true);
    const peak = samples.reduce((max, one) => Math.max(max, Math.abs(one)), 0);
    expect(peak).toBeGreaterThan(10_000);
    expect(peak).toBeLessThan(14_000);
  });

  it.each([
    ["an unknown voice", { voice: "nobody" }, 400, { param: "voice", code: "invalid_value" }],
    [
      "a voice of the newer models for an older one, in its own way",
      { voice: "verse", model: "tts-1" },
      400,
      { param: null, code: null },
    ],
    ["an unknown model", { model: "tts-9" }, 404, { code: "model_not_found" }],
    ["an empty text", { input: "" }, 400, { param: "input" }],
    [
      "a text that is too long",
      { input: "a".repeat(4097) },
      400,
      { param: "input", code: "string_above_max_length" },
    ],
    ["a speed out of range", { speed: 4.1 }, 400, { param: "speed" }],
    ["a format it does not know", { response_format: "mp3" }, 400, { param: "response_format" }],
    [
      "a parameter it does not know",
      { seed: 1 },
      400,
      { param: "seed", code: "unknown_parameter" },
    ],
  ])("refuses %s", async (_what, change, status, error) => {
    const response = await askOpenai(await openai(), change);
    expect(response.status).toBe(status);
    const type = "invalid_request_error";
    expect(await json(response)).toMatchObject({ error: { type, ...error } });
  });

  it("refuses a wrong key, and asks for none when its key is empty", async () => {
    const response = await askOpenai(await openai(), {}, { key: "wrong" });
    expect(response.status).toBe(401);
    expect(await json(response)).toMatchObject({ error: { code: "invalid_api_key" } });
    expect((await askOpenai(await openai({ key: "" }), {}, { key: "wrong" })).status).toBe(200);
  });

  it("tells a limit of calls from a limit of money", async () => {
    const faults: Fault[] = [
      { kind: "status", status: 429, retryAfter: "7" },
      { kind: "status", status: 429, code: "insufficient_quota" },
    ];
    const service = await openai({ fault: ({ index }) => faults[index] });
    const first = await askOpenai(service);
    expect(first.headers.get("retry-after")).toBe("7");
    expect(first.headers.get("x-ratelimit-remaining-requests")).not.toBeNull();
    expect(await json(first)).toMatchObject({ error: { code: "rate_limit_exceeded" } });
    const second = await askOpenai(service);
    const quota = { code: "insufficient_quota", type: "insufficient_quota" };
    expect(await json(second)).toMatchObject({ error: quota });
  });

  it("records every call in the order of arrival, and counts how often a text came", async () => {
    const service = await openai();
    await askOpenai(service, {}, { key: "wrong" });
    await askOpenai(service);
    await askOpenai(service, { input: "Another text." });
    expect(service.requests.map(({ index, attempt, text }) => [index, attempt, text])).toEqual([
      [0, 1, goodOpenai.input],
      [1, 2, goodOpenai.input],
      [2, 1, "Another text."],
    ]);
    expect(service.requests[1]?.body).toEqual(goodOpenai);
  });
});

describe("the fake ElevenLabs", () => {
  const text = "Good morning.";

  it("lists voices with labels and languages", async () => {
    const { url, requests } = await elevenlabs();
    const response = await fetch(`${url}/v1/voices`, { headers: { "xi-api-key": "test-key" } });
    const { voices } = (await json(response)) as { voices: readonly object[] };
    expect(voices.length).toBeGreaterThan(2);
    expect(voices[0]).toMatchObject({ voice_id: expect.any(String), labels: { gender: "female" } });
    expect((await fetch(`${url}/v1/voices`)).status).toBe(401);
    expect(requests).toEqual([]);
  });

  it("answers in the format asked for", async () => {
    const service = await elevenlabs();
    const wav = await bytesOf(await askElevenlabs(service, undefined, { format: "wav_16000" }));
    expect(wav.readUInt32LE(24)).toBe(16_000);
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44);
    const pcm = await bytesOf(await askElevenlabs(service, undefined, { format: "pcm_48000" }));
    expect(pcm.length).toBe(2 * Math.round((text.length / 15) * 48_000));
  });

  it.each([
    ["a wrong key", { text }, { key: "wrong" }, 401, "invalid_api_key"],
    ["an unknown voice", { text }, { voice: "nobody" }, 404, "voice_not_found"],
    ["an unknown model", { text, model_id: "eleven_v9" }, {}, 400, "model_not_found"],
    ["an empty text", { text: "" }, {}, 400, "input_text_empty"],
    [
      "a text that is too long",
      { text: "a".repeat(10_001) },
      {},
      400,
      "max_character_limit_exceeded",
    ],
    [
      "a speed out of range",
      { text, voice_settings: { speed: 1.3 } },
      {},
      400,
      "invalid_voice_settings",
    ],
    [
      "a language for a model that takes none",
      { text, language_code: "en" },
      {},
      400,
      "unsupported_language",
    ],
    [
      "a context for a model that takes none",
      { text, model_id: "eleven_v3", previous_text: "Hm." },
      {},
      400,
      "unsupported_model",
    ],
  ])("refuses %s", async (_what, body, how, status, word) => {
    const response = await askElevenlabs(await elevenlabs(), body, how);
    expect(response.status).toBe(status);
    expect(await json(response)).toMatchObject({ detail: { status: word } });
  });

  it("refuses a body without text with a list", async () => {
    const response = await askElevenlabs(await elevenlabs(), {});
    expect(response.status).toBe(422);
    expect(await json(response)).toMatchObject({ detail: [{ loc: ["body", "text"] }] });
  });

  it("makes a voice of a recording, lists it, speaks with it, and takes it away", async () => {
    const service = await elevenlabs();
    const headers = { "xi-api-key": "test-key" };
    const add = async (name: string, file: Blob) => {
      const form = new FormData();
      form.set("name", name);
      form.append("files", file, "voice.wav");
      const asked = { method: "POST", headers, body: form };
      const response = await fetch(`${service.url}/v1/voices/add`, asked);
      expect(response.status).toBe(200);
      return ((await json(response)) as { voice_id: string }).voice_id;
    };
    const [one, same, other] = [
      await add("Anna", recordingOf(1)),
      await add("Anna", recordingOf(1)),
      await add("Ben", recordingOf(2)),
    ];
    const list = await fetch(`${service.url}/v1/voices`, { headers });
    expect(await json(list)).toMatchObject({
      voices: expect.arrayContaining([
        expect.objectContaining({ voice_id: one, name: "Anna", category: "cloned" }),
        expect.objectContaining({ voice_id: other, name: "Ben" }),
      ]),
    });
    const heard = async (voice: string) =>
      bytesOf(await askElevenlabs(service, { text }, { voice }));
    expect(one).not.toBe(same);
    expect(await heard(one)).toEqual(await heard(same));
    expect(await heard(one)).not.toEqual(await heard(other));
    const remove = () => fetch(`${service.url}/v1/voices/${one}`, { method: "DELETE", headers });
    expect(await json(await remove())).toEqual({ status: "ok" });
    const gone = await remove();
    expect(gone.status).toBe(404);
    expect(await json(gone)).toMatchObject({ detail: { status: "voice_not_found" } });
    expect((await askElevenlabs(service, { text }, { voice: one })).status).toBe(404);
  });

  it("refuses to make a voice of nothing, of no sound, with a wrong key, or one too many", async () => {
    const service = await elevenlabs({ mostOwnVoices: 1 });
    const add = async (fields: Record<string, string | Blob>, sent = "test-key") => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      const headers = { "xi-api-key": sent };
      const asked = { method: "POST", headers, body: form };
      const response = await fetch(`${service.url}/v1/voices/add`, asked);
      return [response.status, await json(response)];
    };
    const files = recordingOf(1);
    expect(await add({ files })).toMatchObject([422, { detail: [{ loc: ["body", "name"] }] }]);
    expect(await add({ name: "x" })).toMatchObject([422, { detail: [{ loc: ["body", "files"] }] }]);
    const noSound = await add({ name: "x", files: new Blob(["no sound"]) });
    expect(noSound).toMatchObject([400, { detail: { status: "invalid_content" } }]);
    const refused = await add({ name: "x", files }, "wrong");
    expect(refused).toMatchObject([401, { detail: { status: "invalid_api_key" } }]);
    expect(await add({ name: "x", files })).toMatchObject([200, {}]);
    const full = await add({ name: "x", files });
    expect(full).toMatchObject([400, { detail: { status: "voice_limit_reached" } }]);
  });

  it("makes no voice when it fails, and one that nobody hears of when it breaks off", async () => {
    const faults: (Fault | undefined)[] = [{ kind: "status", status: 500 }, { kind: "cut" }];
    const service = await elevenlabs({ fault: ({ index }) => faults[index] });
    const headers = { "xi-api-key": "test-key" };
    const add = async () => {
      const form = new FormData();
      form.set("name", "Anna");
      form.set("files", recordingOf(1));
      const asked = { method: "POST", headers, body: form };
      await fetch(`${service.url}/v1/voices/add`, asked).then(bytesOf, () => {});
      const list = await fetch(`${service.url}/v1/voices`, { headers });
      const { voices } = (await json(list)) as { voices: readonly { name: string }[] };
      return voices.filter(({ name }) => name === "Anna").length;
    };
    expect(await add()).toBe(0);
    expect(await add().catch(() => 1)).toBe(1);
  });

  it("says how much it allows, and tells its own overload from the caller's", async () => {
    const service = await elevenlabs({
      capacity: 1,
      fault: ({ index }) => (index === 2 ? { kind: "status", status: 429 } : { kind: "hang" }),
    });
    const leave = new AbortController();
    const first = fetch(
      `${service.url}/v1/text-to-speech/21m00Tcm4TlvDq8ikWAM?output_format=wav_24000`,
      {
        method: "POST",
        headers: { "xi-api-key": "test-key" },
        body: JSON.stringify({ text }),
        signal: leave.signal,
      },
    ).catch(() => undefined);
    await expect.poll(() => service.inFlight).toBe(1);
    const second = await askElevenlabs(service);
    expect(second.headers.get("maximum-concurrent-requests")).toBe("1");
    expect(second.headers.get("current-concurrent-requests")).toBe("1");
    expect(await json(second)).toMatchObject({
      detail: { status: "too_many_concurrent_requests" },
    });
    const third = await askElevenlabs(service);
    expect(await json(third)).toMatchObject({ detail: { status: "system_busy" } });
    leave.abort();
    await first;
  });
});

describe("the fake CosyVoice", () => {
  const tts_text = "Good morning.";
  it("answers with bare samples, without type, at the rate of its version", async () => {
    const [old, current] = [await cosyvoice({ version: 1 }), await cosyvoice()];
    const sft = await askCosyvoice(old, "inference_sft", { tts_text, spk_id: "英文女" });
    expect(sft.headers.has("content-type")).toBe(false);
    expect((await bytesOf(sft)).length).toBe(2 * Math.round((tts_text.length / 15) * 22_050));
    const cross = { tts_text, prompt_wav: promptWav() };
    const cloned = await askCosyvoice(current, "inference_cross_lingual", cross);
    expect((await bytesOf(cloned)).length).toBe(2 * Math.round((tts_text.length / 15) * 24_000));
  });

  it("fails after the head: unknown speakers, broken releases, prompts it cannot hear", async () => {
    const zero = { tts_text, prompt_text: "Hello.", prompt_wav: promptWav() };
    const sft = { tts_text, spk_id: "英文女" };
    const cases = [
      [await cosyvoice({ version: 1 }), "inference_sft", { ...sft, spk_id: "nobody" }],
      [await cosyvoice({ version: 2 }), "inference_sft", sft],
      [await cosyvoice({ zeroShotBroken: true }), "inference_zero_shot", zero],
      [await cosyvoice(), "inference_zero_shot", { ...zero, prompt_wav: promptWav(8_000) }],
    ] as const;
    for (const [service, path, fields] of cases) {
      const response = await askCosyvoice(service, path, fields);
      expect(response.status).toBe(200);
      expect((await bytesOf(response)).length).toBe(0);
    }
    const cutting = await cosyvoice({ zeroShotBroken: true, failsBy: "cut" });
    const cut = await askCosyvoice(cutting, "inference_zero_shot", zero);
    expect(cut.status).toBe(200);
    await expect(cut.arrayBuffer()).rejects.toThrow();
  });

  it("speaks a prompt aloud that lacks its marker", async () => {
    const service = await cosyvoice({ version: 3 });
    const head = "You are a helpful assistant.<|endofprompt|>";
    const length = async (prompt_text: string): Promise<number> => {
      const fields = { tts_text, prompt_text, prompt_wav: promptWav() };
      return (await bytesOf(await askCosyvoice(service, "inference_zero_shot", fields))).length;
    };
    expect(await length("Hello.")).toBeGreaterThan(await length(`${head}Hello.`));
  });

  it("records fields and files as they came, of both kinds of form", async () => {
    const service = await cosyvoice();
    const prompt = promptWav();
    const fields = { tts_text: "«Ça va ?»\r\n--x", prompt_text: "Hé.", prompt_wav: prompt };
    await askCosyvoice(service, "inference_zero_shot", fields);
    expect(service.requests[0]?.body).toEqual({
      tts_text: fields.tts_text,
      prompt_text: "Hé.",
      prompt_wav: { filename: "prompt.wav", bytes: Buffer.from(await prompt.arrayBuffer()) },
    });
    const body = new URLSearchParams({ tts_text: "Ça va ?", spk_id: "英文女" });
    await fetch(`${service.url}/inference_sft`, { method: "POST", body });
    expect(service.requests[1]?.body).toEqual({ tts_text: "Ça va ?", spk_id: "英文女" });
  });

  it("names the fields a form lacks", async () => {
    const response = await askCosyvoice(await cosyvoice(), "inference_sft", { tts_text });
    expect(response.status).toBe(422);
    expect(await json(response)).toMatchObject({ detail: [{ loc: ["body", "spk_id"] }] });
  });
});

describe("every fake service", () => {
  const withFault = (fault: Fault): Promise<FakeService> => openai({ fault: () => fault });

  it("breaks off in the middle of a body that is cut", async () => {
    const service = await withFault({ kind: "cut" });
    const response = await askOpenai(service);
    expect(response.status).toBe(200);
    let received = 0;
    const reading = (async () => {
      for await (const piece of response.body ?? []) received += piece.length;
    })();
    await expect(reading).rejects.toThrow();
    const whole = (await bytesOf(await askOpenai(await openai()))).length;
    expect(received).toBe(Math.floor(whole / 2));
    await expect.poll(() => service.inFlight).toBe(0);
  });

  it("resets before the head", async () => {
    const asked = askOpenai(await withFault({ kind: "reset" }));
    await expect(asked).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
  });

  it("never answers when it hangs, and notices that the caller has gone", async () => {
    const service = await withFault({ kind: "hang" });
    const leave = new AbortController();
    const asked = askOpenai(service, {}, { signal: leave.signal });
    await expect.poll(() => service.inFlight).toBe(1);
    leave.abort();
    await expect(asked).rejects.toThrow();
    await expect.poll(() => service.inFlight).toBe(0);
  });

  it("answers with a page, nothing, half a sample, too little, or another rate", async () => {
    const whole = await bytesOf(await askOpenai(await openai()));
    const html = await askOpenai(await withFault({ kind: "html" }));
    expect(html.headers.get("content-type")).toMatch("text/html");
    const bytes = async (fault: Fault) => bytesOf(await askOpenai(await withFault(fault)));
    expect(await bytes({ kind: "empty" })).toHaveLength(0);
    expect(await bytes({ kind: "odd" })).toEqual(whole.subarray(0, -1));
    expect(await bytes({ kind: "short" })).toHaveLength(78 + 20);
    const other = await bytes({ kind: "rate", sampleRate: 16_000 });
    expect(other.readUInt32LE(24)).toBe(16_000);
    expect(await bytes({ kind: "drip", ms: 1 })).toEqual(whole);
  });

  it("refuses beyond its capacity at once", async () => {
    const service = await openai({ capacity: 2, retryAfter: "1", fault: () => ({ kind: "hang" }) });
    const leave = new AbortController();
    const hanging = [1, 2].map(() =>
      askOpenai(service, {}, { signal: leave.signal }).catch(() => undefined),
    );
    await expect.poll(() => service.inFlight).toBe(2);
    const answers = await Promise.all([1, 2, 3].map(() => askOpenai(service)));
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 429]);
    expect(answers[0]?.headers.get("retry-after")).toBe("1");
    expect([service.refused, service.inFlight, service.mostInFlight]).toEqual([3, 2, 2]);
    leave.abort();
    await Promise.all(hanging);
  });

  it("has a place again as soon as an answer is whole", async () => {
    const service = await openai({ capacity: 2 });
    for (let call = 0; call < 100; call++) {
      const pair = await Promise.all([askOpenai(service), askOpenai(service)]);
      expect(pair.map(({ status }) => status)).toEqual([200, 200]);
      await Promise.all(pair.map(bytesOf));
    }
    expect(service.refused).toBe(0);
  });

  it("takes as long as it is told: the shorter call is answered first", async () => {
    const service = await openai({ latencyMs: ({ text }) => 20 * text.length });
    const order: string[] = [];
    const ask = async (input: string) => {
      await bytesOf(await askOpenai(service, { input }));
      order.push(input);
    };
    await Promise.all([ask("ten letter"), ask("five!"), ask("a")]);
    expect(order).toEqual(["a", "five!", "ten letter"]);
  });

  it("sends one prepared body for every text when it is canned", async () => {
    const service = await openai({ cannedSeconds: 0.5, keepRequests: false });
    const first = await bytesOf(await askOpenai(service));
    expect(first).toHaveLength(78 + 24_000);
    expect(await bytesOf(await askOpenai(service, { input: "Something else." }))).toEqual(first);
    expect(service.requests).toEqual([]);
  });

  it("runs as a process of its own, which tells its counts and ends with its standard input", async () => {
    const script = join(import.meta.dirname, "support/services/run-fake.ts");
    const child = spawn(process.execPath, [script, "openai", '{"failShare":1}']);
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    const url = (JSON.parse(line) as { url: string }).url;
    await askOpenai({ url } as FakeService).then(bytesOf, () => undefined);
    const stats = await json(await fetch(`${url}/_stats`));
    expect(stats).toMatchObject({ requests: 1, refused: 0, inFlight: 0, mostInFlight: 1 });
    const ended = once(child, "exit");
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
  });
});
