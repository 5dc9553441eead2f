/** The fake recognition service is as the real one where recognition depends on it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { type FakeOpenaiOptions, startFakeOpenai } from "./support/services/fake-openai.ts";
import type { FakeService } from "./support/services/fake-service.ts";
import type { Fault } from "./support/services/fault.ts";
import type { HearingOddity } from "./support/services/odd-hearing.ts";
import { writeWav } from "./support/services/read-wav.ts";
import { makePhrases, makeRecording, wordsOf } from "./support/services/spoken-phrases.ts";

const open: FakeService[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((service) => service.close()));
});

async function started(options?: FakeOpenaiOptions): Promise<FakeService> {
  const service = await startFakeOpenai(options);
  open.push(service);
  return service;
}

type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

function ask(
  { url }: Pick<FakeService, "url">,
  file: Uint8Array | undefined,
  fields: Fields = {},
): Promise<Response> {
  const form = new FormData();
  if (file !== undefined) form.set("file", new Blob([file as Uint8Array<ArrayBuffer>]), "part.wav");
  const all = { model: "whisper-1", response_format: "verbose_json", ...fields };
  for (const [name, value] of Object.entries(all)) {
    for (const one of [value ?? []].flat()) form.append(name, one);
  }
  return fetch(`${url}/v1/audio/transcriptions`, {
    method: "POST",
    headers: { authorization: "Bearer test-key" },
    body: form,
  });
}

type Verbose = {
  readonly task: string;
  readonly language: string;
  readonly duration: number;
  readonly text: string;
  readonly segments?: readonly Record<string, number | string | readonly number[]>[];
  readonly words?: readonly { word: string; start: number; end: number }[];
};

async function hear(...args: Parameters<typeof ask>): Promise<Verbose> {
  const response = await ask(...args);
  expect(response.status).toBe(200);
  return (await response.json()) as Verbose;
}

const both = { "timestamp_granularities[]": ["word", "segment"] };
const phrases = [
  { start: 1, end: 3, text: "Good morning, everybody." },
  { start: 3.5, end: 5.5, text: "It's 7 o'clock." },
  { start: 9, end: 10, text: "Hello!" },
];
const recording = makeRecording({ phrases, seconds: 12 });
const known = {
  transcription: { recording: recording.samples, transcript: recording.transcript },
};
const part = (from: number, to: number): Buffer =>
  writeWav(recording.samples.slice(from * 16_000, to * 16_000), 16_000);

describe("the fake recogniser", () => {
  it("knows what was said in any part of a recording, and when", async () => {
    const service = await started(known);
    const whole = await hear(service, recording.wav, both);
    expect(whole).toMatchObject({ task: "transcribe", language: "english", duration: 12 });
    expect(whole.text).toBe("Good morning, everybody. It's 7 o'clock. Hello!");
    expect(whole.segments).toHaveLength(3);
    expect(whole.segments?.[1]).toEqual({
      ...{ id: 1, seek: 0, start: 3.5, end: 5.5, text: " It's 7 o'clock.", temperature: 0 },
      tokens: expect.any(Array),
      avg_logprob: expect.any(Number),
      compression_ratio: expect.any(Number),
      no_speech_prob: expect.any(Number),
    });
    const late = await hear(service, part(3.2001875, 11), both);
    expect(late.segments?.map(({ text }) => text)).toEqual([" It's 7 o'clock.", " Hello!"]);
    expect(late.segments?.[0]?.start).toBeCloseTo(0.3, 3);
    expect(late.words?.at(-1)).toEqual({
      ...{ word: "Hello", start: expect.closeTo(5.8, 3), end: expect.closeTo(6.8, 3) },
    });
  });

  it("hears a word that was cut in two only in the part with its larger half", async () => {
    const service = await started(known);
    const [, morning] = wordsOf(recording.transcript[0] as (typeof phrases)[0]);
    const [start, end] = [morning?.start ?? 0, morning?.end ?? 0];
    const cut = start + 0.4 * (end - start);
    const [before, after] = [await hear(service, part(0, cut)), await hear(service, part(cut, 8))];
    expect(before.text).toBe("Good");
    expect(after.text).toBe("morning, everybody. It's 7 o'clock.");
  });

  it("hears nothing in silence, and says which sound it does not know", async () => {
    const service = await started(known);
    expect(await hear(service, part(6, 8.5))).toMatchObject({ text: "", segments: [] });
    const strange = await ask(service, makeRecording({ phrases: phrases.slice(1) }).wav);
    expect(await strange.json()).toMatchObject({
      error: { code: "fake_does_not_know_this_sound" },
    });
  });

  it("knows a part that was lengthened with silence", async () => {
    const longer = new Int16Array(5 * 16_000);
    longer.set(recording.samples.subarray(8.9 * 16_000, 10.1 * 16_000), 16_000);
    const heard = await hear(await started(known), writeWav(longer, 16_000));
    expect(heard.segments).toMatchObject([{ text: " Hello!", start: expect.closeTo(1.1, 3) }]);
  });

  it("knows a part that became louder and moved between the samples on its way", async () => {
    const service = await started(known);
    const changed = recording.samples.slice(3.2 * 16_000, 11 * 16_000).map((sample, index, all) => {
      return 1.3 * (0.5 * sample + 0.5 * (all[index + 1] ?? 0));
    });
    const { segments } = await hear(service, writeWav(changed, 16_000));
    expect(segments).toMatchObject([
      { text: " It's 7 o'clock.", start: expect.closeTo(0.3, 2) },
      { text: " Hello!", start: expect.closeTo(5.8, 2) },
    ]);
  });

  it("knows every part of an hour", async () => {
    const long = makeRecording({ phrases: makePhrases({ seconds: 3600 }), seconds: 3600 });
    const { samples, transcript } = long;
    const service = await started({ transcription: { recording: samples, transcript } });
    for (const [from, to] of [
      [0, 60],
      [1234.5671875, 1290],
      [3530, 3600],
    ] as const) {
      const inside = transcript.filter(({ start, end }) => start >= from && end <= to);
      const wav = writeWav(samples.slice(from * 16_000, to * 16_000), 16_000);
      const { segments = [] } = await hear(service, wav);
      const middle = segments.slice(1, -1).map(({ text, start }) => [text, start]);
      const expected = inside.slice(1, -1).map(({ text, start }) => [` ${text}`, start - from]);
      expect(middle.length).toBeGreaterThan(5);
      for (const [text, start] of expected) {
        expect(middle).toContainEqual([text, expect.closeTo(start as number, 3)]);
      }
    }
  });

  it("without a recording hears a phrase wherever there is sound between silences, always the same", async () => {
    const service = await started();
    const { segments = [] } = await hear(service, part(0, 12));
    expect(segments.map(({ start, end }) => [start, end])).toEqual([
      [1, 3],
      [3.5, 5.5],
      [9, 10],
    ]);
    const again = await hear(service, part(8, 11));
    expect(again.text).toBe(`${segments[2]?.text}`.trim());
    const told = await started({
      transcription: { hear: ({ index, start }) => `Phrase ${index} at ${start}.` },
    });
    expect((await hear(told, part(8, 11))).text).toBe("Phrase 0 at 1.");
  });

  it("takes a file whose header does not know its size", async () => {
    const wav = part(0, 12);
    wav.writeUInt32LE(0xffffffff, 4);
    wav.writeUInt32LE(0xffffffff, 40);
    expect(await hear(await started(known), wav)).toMatchObject({ duration: 12 });
  });

  it("gives words and segments as far as they are asked for, words without punctuation", async () => {
    const service = await started(known);
    const [plain, words] = [
      await hear(service, recording.wav),
      await hear(service, recording.wav, { "timestamp_granularities[]": "word" }),
    ];
    expect([plain.words, words.segments]).toEqual([undefined, undefined]);
    expect(plain.segments).toHaveLength(3);
    expect(words.words?.map(({ word }) => word)).toEqual([
      ...["Good", "morning", "everybody", "It's", "7", "o'clock", "Hello"],
    ]);
  });

  it("believes the language it is told, and names it", async () => {
    const service = await started({ transcription: { ...known.transcription, language: "de" } });
    expect(await hear(service, recording.wav)).toMatchObject({ language: "german" });
    expect(await hear(service, recording.wav, { language: "es" })).toMatchObject({
      language: "spanish",
    });
  });

  it.each([
    ["json", /^\{"text":"Hello!","usage":\{"type":"duration","seconds":3\}\}$/],
    ["text", /^Hello!\n$/],
    ["srt", /^1\n00:00:01,000 --> 00:00:02,000\nHello!\n/],
    ["vtt", /^WEBVTT\n\n00:00:01\.000 --> 00:00:02\.000\nHello!\n/],
  ])("writes %s", async (response_format, expected) => {
    const response = await ask(await started(known), part(8, 11), { response_format });
    expect(await response.text()).toMatch(expected);
  });

  it("gives text only from the newer models", async () => {
    const service = await started(known);
    const fields = { model: "gpt-4o-mini-transcribe", response_format: "json" };
    const answer = await (await ask(service, part(8, 11), fields)).json();
    expect(answer).toEqual({ text: "Hello!", usage: expect.objectContaining({ type: "tokens" }) });
  });

  it.each<[string, Fields, number, object]>([
    ["no model", { model: undefined }, 400, { param: "model" }],
    ["an unknown model", { model: "whisper-9" }, 404, { code: "model_not_found" }],
    ["an unknown format", { response_format: "xml" }, 400, { param: "response_format" }],
    [
      "times from a model without",
      { model: "gpt-4o-transcribe" },
      400,
      { param: "response_format", code: "unsupported_value" },
    ],
    [
      "granularities without their format",
      { ...both, response_format: "json" },
      400,
      { param: "response_format" },
    ],
    [
      "an unknown granularity",
      { "timestamp_granularities[]": "letter" },
      400,
      { param: "timestamp_granularities[]" },
    ],
    ["the name of a language", { language: "english" }, 400, { code: "invalid_language_format" }],
    ["a language with its region", { language: "pt-BR" }, 400, { param: "language" }],
    ["a temperature out of range", { temperature: "2" }, 400, { param: "temperature" }],
    ["a parameter it does not have", { seed: "1" }, 400, { code: "unknown_parameter" }],
  ])("refuses %s", async (_what, fields, status, error) => {
    const response = await ask(await started(known), recording.wav, fields);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { ...error, type: "invalid_request_error" },
    });
  });

  it("refuses a file that is none, is missing, too short or too large", async () => {
    const service = await started();
    const errorOf = async (file: Uint8Array | undefined) => {
      const response = await ask(service, file);
      const { error } = (await response.json()) as { error: Record<string, unknown> };
      return [response.status, error.code, error.message];
    };
    expect(await errorOf(Buffer.from("no sound at all"))).toEqual([
      ...[400, null, expect.stringMatching(/^Invalid file format\./)],
    ]);
    expect((await errorOf(undefined))[1]).toBe("missing_required_parameter");
    expect((await errorOf(part(1, 1.05)))[1]).toBe("audio_too_short");
    const limit = 25 * 1024 * 1024;
    expect((await errorOf(new Uint8Array(limit)))[0]).toBe(400);
    expect(await errorOf(new Uint8Array(limit + 1))).toEqual([
      ...[413, null, expect.stringContaining("(26214400) exceeded")],
    ]);
  });

  it("takes as long as a part of the sound's length when it is told so", async () => {
    const transcription = { ...known.transcription, realtimeFactor: 20 };
    const service = await started({ transcription });
    const order: string[] = [];
    const asked = [
      hear(service, part(0, 12)).then(() => order.push("12 s")),
      hear(service, part(8.5, 10.5)).then(() => order.push("2 s")),
    ];
    await Promise.all(asked);
    expect(order).toEqual(["2 s", "12 s"]);
  });

  it("fails in all the ways a voice service does", async () => {
    const answerTo = async (fault: Fault) => {
      const service = await started({ ...known, fault: () => fault });
      return await ask(service, recording.wav);
    };
    const whole = await (await ask(await started(known), recording.wav)).text();
    expect((await answerTo({ kind: "status", status: 503 })).status).toBe(503);
    expect(
      (await answerTo({ kind: "status", status: 429, retryAfter: "2" })).headers.get("retry-after"),
    ).toBe("2");
    await expect(answerTo({ kind: "reset" })).rejects.toThrow();
    await expect((await answerTo({ kind: "cut" })).text()).rejects.toThrow();
    expect(await (await answerTo({ kind: "html" })).text()).toMatch(/^<!doctype html>/);
    expect(await (await answerTo({ kind: "empty" })).text()).toBe("");
    expect(await (await answerTo({ kind: "odd" })).text()).toBe(whole.slice(0, -1));
    expect(await (await answerTo({ kind: "short" })).text()).toBe(whole.slice(0, 10));
    expect(await (await answerTo({ kind: "drip", ms: 1 })).text()).toBe(whole);
    expect(await (await answerTo({ kind: "slow", ms: 1 })).text()).toBe(whole);
  });

  it("counts how often the same sound came", async () => {
    const service = await started(known);
    for (const wav of [part(0, 4), part(4, 8), part(0, 4)]) await hear(service, wav);
    expect(service.requests.map(({ attempt }) => attempt)).toEqual([1, 1, 2]);
  });

  it.each<[HearingOddity, (answer: Verbose) => void]>([
    ["overlapping", ({ segments }) => expect(segments?.[0]?.end).toBeGreaterThan(3.5)],
    [
      "unsorted",
      ({ segments }) => expect(segments?.map(({ start }) => start)).toEqual([9, 1, 3.5]),
    ],
    ["endless", ({ segments }) => expect(segments?.[2]?.end).toBe(42)],
    ["boundless", ({ segments }) => expect(segments?.[2]?.end).toBe(1e308)],
    [
      "empty-phrases",
      ({ segments }) => expect(segments?.[1]).toMatchObject({ start: 3, end: 3, text: "" }),
    ],
    ["wrong-language", ({ language }) => expect(language).toBe("welsh")],
    [
      "repeated",
      ({ segments }) => {
        expect(`${segments?.[2]?.text}`.match(/Hello!/g)).toHaveLength(50);
        expect(segments?.[2]?.compression_ratio).toBe(5);
      },
    ],
    [
      "thanks",
      ({ segments }) =>
        expect(segments?.[2]).toMatchObject({ start: 5.5, end: 9, text: " Thanks for watching!" }),
    ],
  ])("errs as recognisers do: %s", async (oddity, check) => {
    const service = await started({ transcription: { ...known.transcription, oddity } });
    check(await hear(service, recording.wav));
  });

  it("runs as a process of its own, with a recording and its transcript from files", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dubber-fake-"));
    try {
      const [wav, json] = [join(folder, "sound.wav"), join(folder, "said.json")];
      await writeFile(wav, recording.wav);
      await writeFile(json, JSON.stringify(recording.transcript));
      const script = join(import.meta.dirname, "support/services/run-fake.ts");
      const flags = ["--recording", wav, "--transcript", json, "--translate", "es"];
      const child = spawn(process.execPath, [script, "openai", ...flags]);
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      const { url } = JSON.parse(line) as { url: string };
      expect((await hear({ url }, part(8, 11))).text).toBe("Hello!");
      const ended = once(child, "exit");
      child.stdin.end();
      expect(await ended).toEqual([0, null]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
