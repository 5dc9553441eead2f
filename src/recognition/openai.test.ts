import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type FakeOpenaiOptions,
  startFakeOpenai,
} from "../../test/support/services/fake-openai.ts";
import type { FakeService, FakeServiceOptions } from "../../test/support/services/fake-service.ts";
import type { HearingOddity } from "../../test/support/services/odd-hearing.ts";
import { readWav, writeWav } from "../../test/support/services/read-wav.ts";
import type { FormFile } from "../../test/support/services/request-fields.ts";
import { makePhrases, makeRecording } from "../../test/support/services/spoken-phrases.ts";
import { listeningRate } from "../core/sound.ts";
import { describeAsking } from "../service/testing/service-conformance.ts";
import { type OpenaiRecognizerOptions, openOpenaiRecognizer } from "./openai.ts";
import type { RecognitionRequest } from "./recognizer.ts";
import { describeRecognizer } from "./testing/recognizer-conformance.ts";

const key = "test-key";
const phrases = makePhrases({ seconds: 60 });
const { samples: recording, transcript } = makeRecording({ phrases, seconds: 60 });
const part = (from: number, to: number) =>
  recording.slice(from * listeningRate, to * listeningRate);
const samples = part(0, 20);
const serve = (options: FakeServiceOptions & Pick<FakeOpenaiOptions, "transcription"> = {}) =>
  startFakeOpenai({
    ...options,
    transcription: { recording, transcript, ...options.transcription },
  });
const envOf = (url: string, apiKey = key) => ({
  ...{ OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: `${url}/v1` },
});

let fake: FakeService;
beforeAll(async () => {
  fake = await serve({ key });
});
afterAll(() => fake.close());
const env = () => envOf(fake.url);

const sample = { sounds: [samples, part(20, 33.5)], language: "en" } as const;
describeRecognizer("openai's whisper-1", () => openOpenaiRecognizer({ env: env() }), sample);
describeRecognizer(
  "a newer model without times",
  () => openOpenaiRecognizer({ env: env(), model: "gpt-4o-transcribe" }),
  sample,
);
describeRecognizer(
  "a client of the caller's",
  () => openOpenaiRecognizer({ client: new OpenAI({ apiKey: key, baseURL: `${fake.url}/v1` }) }),
  sample,
);

const outcomes = {
  // Its own word for 403 is a country that is not served; for 404 a model.
  "status 403": ["engine_failed", false],
  "status 404": ["unknown_model", false],
} as const;
const asking = async (options: OpenaiRecognizerOptions) => {
  const recognizer = await openOpenaiRecognizer(options);
  return {
    ask: recognizer.recognize.bind(recognizer, { samples }),
    ...(recognizer.check && { check: recognizer.check }),
    close: recognizer.close,
  };
};
describeAsking("the recogniser openai", {
  start: serve,
  open: (url, apiKey) => asking({ env: envOf(url, apiKey) }),
  outcomes,
});
describeAsking("the recogniser openai with a client of the caller's", {
  start: serve,
  open: (url, apiKey) =>
    asking({ client: new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 5, timeout: 1 }) }),
  outcomes,
});

async function sent(request: Partial<RecognitionRequest> = {}, model?: string) {
  await using recognizer = await openOpenaiRecognizer({ env: env(), ...(model && { model }) });
  const result = await recognizer.recognize({ samples, ...request });
  const { body = {}, headers = {}, path } = fake.requests.at(-1) ?? {};
  const { file, ...fields } = body as Record<string, unknown> & { readonly file: FormFile };
  return { result, fields, file, headers, path };
}

describe("the recogniser openai", () => {
  it("asks for words and phrases with their times, and for nothing that was not wished for", async () => {
    const { fields, headers, path } = await sent();
    expect(path).toBe("/v1/audio/transcriptions");
    expect(fields).toEqual({
      ...{ model: "whisper-1", response_format: "verbose_json" },
      timestamp_granularities: ["word", "segment"],
    });
    expect(headers.authorization).toBe(`Bearer ${key}`);
    expect(Object.keys(headers).filter((name) => name.startsWith("x-"))).toEqual([]);
  });

  it("sends the very samples as WAV", async () => {
    const { file, headers } = await sent();
    expect(file.filename).toMatch(/\.wav$/);
    expect(readWav(file.bytes)).toEqual({ samples, sampleRate: 16_000 });
    expect(file.bytes.length).toBe(44 + samples.byteLength);
    // Not every server reads a form that comes in chunks.
    expect(Number(headers["content-length"])).toBeGreaterThan(file.bytes.length);
    expect(headers).not.toHaveProperty("transfer-encoding");
  });

  it.each([
    ["pt-BR", "pt"],
    ["zh-CN", "zh"],
    ["cmn", "zh"],
    ["sr-Latn", "sr"],
    ["tl", "tl"],
    ["nb", "no"],
    ["ga", "ga"],
  ])("states the language %s as %s", async (language, code) => {
    expect((await sent({ language })).fields.language).toBe(code);
  });

  it("passes on words that may be said", async () => {
    const prompt = "Łódź, Señora Núñez, 大阪";
    expect((await sent({ prompt })).fields.prompt).toBe(prompt);
  });

  it.each(["gpt-4o-transcribe", "gpt-4o-mini-transcribe"])(
    "asks %s for text alone, which takes the whole part",
    async (model) => {
      const { fields, result } = await sent({}, model);
      expect(fields).toEqual({ model, response_format: "json" });
      const text = transcript.filter(({ end }) => end < 20).map((phrase) => phrase.text);
      expect(result).toMatchObject({ hasTimes: false, phrases: [{ start: 0, end: 20 }] });
      expect(result.phrases[0]?.text).toContain(text.join(" "));
    },
  );

  it("asks a model it does not know for times, as servers with other names give them", async () => {
    await using recognizer = await openOpenaiRecognizer({ env: env(), model: "large-v3" });
    expect(recognizer.features.times).toBe(true);
    await expect(recognizer.recognize({ samples })).rejects.toMatchObject({
      code: "unknown_model",
      message: expect.stringContaining('"large-v3"'),
    });
    expect(fake.requests.at(-1)?.body.response_format).toBe("verbose_json");
  });

  it("hears phrases and words when they are said", async () => {
    const { result } = await sent();
    expect(result).toMatchObject({ hasTimes: true, language: "en", warnings: [] });
    for (const [index, { start, end, text }] of phrases.filter((one) => one.end < 20).entries()) {
      const heard = result.phrases[index];
      expect(heard).toMatchObject({ start, end, text: ` ${text}` });
      const words = heard?.words?.map((word) => word.text).join(" ");
      expect(words).toBe(text.replaceAll(/\.|,/g, ""));
      expect(heard?.words?.[0]?.start).toBe(start);
      expect(heard?.words?.at(-1)?.end).toBeCloseTo(end, 2);
    }
  });

  it("says in which language it heard it", async () => {
    await using other = await serve({ key, transcription: { language: "el" } });
    await using recognizer = await openOpenaiRecognizer({ env: envOf(other.url) });
    expect((await recognizer.recognize({ samples })).language).toBe("el");
  });

  it.each<HearingOddity>([
    ...(["overlapping", "unsorted", "endless", "boundless", "empty-phrases"] as const),
    ...(["repeated", "thanks", "wrong-language"] as const),
  ])("passes on what is %s as it came", async (oddity) => {
    await using odd = await serve({ key, transcription: { oddity } });
    await using recognizer = await openOpenaiRecognizer({ env: envOf(odd.url) });
    const { phrases: heard, language } = await recognizer.recognize({ samples: part(0, 30) });
    const body = await answerOf(odd, part(0, 30));
    expect(heard.map(({ start, end, text }) => ({ start, end, text }))).toEqual(
      body.segments.map(({ start, end, text }) => ({ start, end, text })),
    );
    expect(heard.flatMap(({ words = [] }) => words).length).toBe(body.words.length);
    expect(language).toBe(oddity === "wrong-language" ? "cy" : "en");
  });

  it("takes parts as long as it says, and the service takes them", async () => {
    await using deaf = await startFakeOpenai({ key, transcription: { hear: () => "Long." } });
    await using recognizer = await openOpenaiRecognizer({ env: envOf(deaf.url) });
    const longest = new Int16Array(recognizer.features.maxSeconds * listeningRate);
    longest.fill(3000, 0, listeningRate);
    const { phrases: heard } = await recognizer.recognize({ samples: longest });
    expect(heard).toMatchObject([{ start: 0, end: 1, text: " Long." }]);
  });

  it("needs a key to listen, unless it asks another server", async () => {
    await using recognizer = await openOpenaiRecognizer({ env: {} });
    expect(recognizer.version).toBe("whisper-1");
    await expect(recognizer.recognize({ samples })).rejects.toMatchObject({
      code: "key_missing",
      hint: expect.stringContaining("OPENAI_API_KEY"),
    });
    await using free = await serve({ key: "" });
    await using other = await openOpenaiRecognizer({ env: { STT_BASE_URL: `${free.url}/v1` } });
    expect((await other.recognize({ samples })).phrases.length).toBeGreaterThan(0);
    expect(other.version).toBe(`whisper-1 at ${free.url}/v1`);
  });

  it("refuses an address that is none, and names its variable", async () => {
    for (const variable of ["OPENAI_BASE_URL", "STT_BASE_URL"]) {
      await expect(openOpenaiRecognizer({ env: { [variable]: "nowhere" } })).rejects.toMatchObject({
        code: "invalid_options",
        message: expect.stringContaining(variable),
      });
    }
  });
});

type Verbose = {
  readonly segments: readonly { start: number; end: number; text: string }[];
  readonly words: readonly unknown[];
};

/** What the service says, read by nobody else. */
async function answerOf({ url }: FakeService, sound: Int16Array): Promise<Verbose> {
  const client = new OpenAI({ apiKey: key, baseURL: `${url}/v1` });
  const file = new File([new Uint8Array(writeWav(sound, listeningRate))], "part.wav");
  const answer = await client.audio.transcriptions.create({
    ...{ file, model: "whisper-1", response_format: "verbose_json" },
    timestamp_granularities: ["word", "segment"],
  });
  return answer as unknown as Verbose;
}
