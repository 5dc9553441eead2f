/** The fake language model is as the real one where translation depends on it. */
import { afterEach, describe, expect, it } from "vitest";
import { lostMeaning } from "../src/translation/same-meaning.ts";
import { isInWrongScript } from "../src/translation/scripts.ts";
import { isRatherIn } from "../src/translation/stop-words.ts";
import { type FakeOpenaiOptions, startFakeOpenai } from "./support/services/fake-openai.ts";
import type { FakeService } from "./support/services/fake-service.ts";
import type { AnswerOddity } from "./support/services/odd-answers.ts";
import type { ChatAnswerer } from "./support/services/openai-chat.ts";
import { pseudoTranslation } from "./support/services/pseudo-translation.ts";
import { translateInto } from "./support/services/translate-into.ts";

const open: FakeService[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((service) => service.close()));
});

async function started(options?: FakeOpenaiOptions): Promise<FakeService> {
  const service = await startFakeOpenai(options);
  open.push(service);
  return service;
}

const text = { type: "string" };
const object = (properties: Record<string, unknown>) => ({
  ...{ type: "object", properties, required: Object.keys(properties) },
  additionalProperties: false,
});
const line = object({ n: { type: "integer" }, short: text, normal: text, long: text });
const answerShape = object({ lines: { type: "array", items: line } });

function formatOf(schema: unknown, strict = true) {
  return { type: "json_schema", json_schema: { name: "answer", strict, schema } };
}

const lines = [
  { n: 1, text: "Good morning to all of you." },
  { n: 2, text: "We don't have 12 apples for Maria." },
  { n: 3, text: "That is all." },
];
const goodBody = {
  model: "gpt-4o-mini",
  messages: [
    { role: "system", content: "Translate." },
    { role: "user", content: JSON.stringify({ lines }) },
  ],
  response_format: formatOf(answerShape),
};

function ask({ url }: FakeService, change: Record<string, unknown> = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: "Bearer test-key", "content-type": "application/json" },
    body: JSON.stringify({ ...goodBody, ...change }),
  });
}

type Completion = {
  readonly choices: readonly [
    {
      readonly message: { readonly content: string | null; readonly refusal: string | null };
      readonly finish_reason: string;
    },
  ];
  readonly usage: Record<string, number>;
};

async function chat(service: FakeService, change?: Record<string, unknown>) {
  const response = await ask(service, change);
  expect(response.status).toBe(200);
  const { choices, usage } = (await response.json()) as Completion;
  return { ...choices[0].message, ending: choices[0].finish_reason, usage };
}

const translator = { chat: { answer: translateInto("es") } };

describe("the fake language model", () => {
  it("answers in the shape of a chat completion", async () => {
    const service = await started({ chat: { answer: () => "Hello there." } });
    expect(await (await ask(service)).json()).toMatchObject({
      object: "chat.completion",
      model: "gpt-4o-mini",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Hello there.", refusal: null },
          finish_reason: "stop",
        },
      ],
      usage: { prompt_tokens: expect.any(Number), completion_tokens: 3 },
    });
  });

  it("hands the question over as it was asked", async () => {
    const seen: Parameters<ChatAnswerer>[0][] = [];
    const answer: ChatAnswerer = (question) => {
      seen.push(question);
      return "{}";
    };
    const service = await started({ chat: { answer } });
    await chat(service);
    await chat(service);
    expect(seen[1]).toMatchObject({
      system: "Translate.",
      user: JSON.stringify({ lines }),
      schema: { name: "answer", schema: answerShape },
      index: 1,
      attempt: 2,
    });
  });

  it("by itself says the least that fits the schema", async () => {
    const { content } = await chat(await started());
    expect(JSON.parse(content ?? "")).toEqual({ lines: [] });
  });

  it("says nothing but a refusal when it refuses, and ends where it is told", async () => {
    const refusing = await started({ chat: { answer: () => ({ content: null, refusal: "No." }) } });
    expect(await chat(refusing)).toMatchObject({ content: null, refusal: "No.", ending: "stop" });
    const filtered = await started({
      chat: { answer: () => ({ content: "So", finishReason: "content_filter" }) },
    });
    expect(await chat(filtered)).toMatchObject({ content: "So", ending: "content_filter" });
    const talking = await started({ chat: { answer: () => "a".repeat(100) } });
    expect(await chat(talking, { max_completion_tokens: 10 })).toMatchObject({
      ...{ content: "a".repeat(40), ending: "length" },
    });
  });

  it("lists the models of all its paths", async () => {
    const { url } = await started();
    const response = await fetch(`${url}/v1/models`, {
      headers: { authorization: "Bearer test-key" },
    });
    const { data } = (await response.json()) as { data: readonly { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(
      expect.arrayContaining(["gpt-4o-mini", "whisper-1", "gpt-4o-mini-tts"]),
    );
  });

  const loose = { type: "object", properties: { lines: text }, required: ["lines"] };
  const gap = { ...object({ lines: text, note: text }), required: ["lines"] };
  it.each<[string, Record<string, unknown>, number, object]>([
    ["an unknown model", { model: "gpt-9" }, 404, { code: "model_not_found" }],
    ["no messages", { messages: undefined }, 400, { param: "messages" }],
    ["an empty list of messages", { messages: [] }, 400, { code: "empty_array" }],
    [
      "a role it does not know",
      { messages: [{ role: "boss" }] },
      400,
      { param: "messages[0].role" },
    ],
    ["a parameter it does not have", { lines: 3 }, 400, { code: "unknown_parameter" }],
    [
      "the old name of the limit, with a model that thinks",
      { model: "gpt-5-mini", max_tokens: 10 },
      400,
      { param: "max_tokens", code: "unsupported_parameter" },
    ],
    [
      "a temperature, with a model that thinks",
      { model: "gpt-5-mini", temperature: 0.2 },
      400,
      { param: "temperature", code: "unsupported_value" },
    ],
    [
      "no room for an answer",
      { max_completion_tokens: 0 },
      400,
      { param: "max_completion_tokens" },
    ],
    [
      "JSON without the word",
      { response_format: { type: "json_object" }, messages: [{ role: "user", content: "Hi." }] },
      400,
      { param: "messages" },
    ],
    [
      "a schema with a model that is too old",
      { model: "gpt-3.5-turbo" },
      400,
      { param: "response_format" },
    ],
    [
      "a schema that allows other properties",
      { response_format: formatOf(loose) },
      400,
      { param: "response_format", code: "invalid_json_schema" },
    ],
    [
      "a schema with a property it does not require, however deep",
      { response_format: formatOf(object({ all: { type: "array", items: gap } })) },
      400,
      {
        code: "invalid_json_schema",
        message: expect.stringContaining("'properties', 'all', 'items'"),
      },
    ],
    [
      "a schema whose root is no object",
      { response_format: formatOf({ type: "array", items: line }) },
      400,
      { code: "invalid_json_schema" },
    ],
  ])("refuses %s", async (_what, change, status, error) => {
    const response = await ask(await started(), change);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      error: { ...error, type: "invalid_request_error" },
    });
  });

  it("takes a loose schema that is not to be strict", async () => {
    const service = await started();
    expect((await ask(service, { response_format: formatOf(loose, false) })).status).toBe(200);
    const old = await started({ chat: { knowsSchemas: false } });
    expect((await ask(old)).status).toBe(400);
  });

  it("fails in all the ways a voice service does", async () => {
    const faulty = await started({ fault: () => ({ kind: "cut" }) });
    await expect((await ask(faulty)).text()).rejects.toThrow();
    const empty = await started({ fault: () => ({ kind: "empty" }) });
    expect(await (await ask(empty)).text()).toBe("");
  });
});

type Line = { readonly n: number; readonly normal: string };

function linesIn(content: string | null): readonly Line[] {
  return (JSON.parse(content ?? "") as { lines: readonly Line[] }).lines;
}

describe("the fake translator", () => {
  it("answers every line at three lengths in the language it was started with", async () => {
    const { content } = await chat(await started(translator));
    expect(linesIn(content)).toEqual(
      lines.map(({ n, text }) => ({ n, ...pseudoTranslation(text, "es") })),
    );
  });

  it.each([...["es", "de", "fr", "it", "pt", "ru", "ja", "zh", "ko", "ar"]])(
    "passes the checks of meaning and language, and is short, normal and long: %s",
    (language) => {
      const source = { text: lines[1]?.text ?? "", language: "en" };
      const wordings = Object.values(pseudoTranslation(source.text, language));
      for (const text of wordings) {
        expect(lostMeaning(source, { text, language })).toEqual({ problems: [], doubts: [] });
        expect(isInWrongScript(text, language, source.text)).toBe(false);
        expect(isRatherIn("en", text, language)).toBe(false);
      }
      const lengths = wordings.map(({ length }) => length);
      expect(lengths).toEqual([...new Set(lengths)].sort((a, b) => a - b));
    },
  );

  it("translates into the language the question names, and leaves other texts as they are", async () => {
    const service = await started({ chat: { answer: translateInto() } });
    const user = JSON.stringify({ to: "German (de)", lines });
    const messages = [{ role: "user", content: user }];
    expect(linesIn((await chat(service, { messages })).content)[2]).toMatchObject(
      pseudoTranslation("That is all.", "de"),
    );
    const shape = object({ lines: { type: "array", items: object({ n: text, text }) } });
    const polished = await chat(service, { response_format: formatOf(shape) });
    expect(linesIn(polished.content)).toEqual(lines);
  });

  it("says a line shorter, and keeps what matters of it", async () => {
    const service = await started(translator);
    const question = {
      text: "Bueno, con mucho gusto no compré 12 casas de Maria hoy.",
      characters: 20,
    };
    const { content } = await chat(service, {
      messages: [{ role: "user", content: JSON.stringify(question) }],
      response_format: {
        ...formatOf(object({ text })),
        json_schema: { name: "shorter", schema: object({ text }) },
      },
    });
    expect(JSON.parse(content ?? "")).toEqual({ text: "Bueno, no 12 Maria hoy." });
  });

  it("obeys a glossary, in any case", async () => {
    const glossary = [{ term: "apples", translation: "manzanas rojas" }];
    const user = JSON.stringify({ lines: [{ n: 7, text: "Apples and apples." }], glossary });
    const { content } = await chat(await started(translator), {
      messages: [{ role: "user", content: user }],
    });
    expect(linesIn(content)[0]).toMatchObject({
      n: 7,
      short: expect.stringMatching(/^Manzanas rojas.* manzanas rojas\.$/),
    });
  });

  const good = JSON.stringify(lines.map(({ n }) => n));
  it.each<[AnswerOddity, (content: string) => void]>([
    ["prose", (content) => expect(content).not.toContain("{")],
    [
      "fenced",
      (content) =>
        expect(linesIn(content.split("```json")[1]?.split("```")[0] ?? "")).toHaveLength(3),
    ],
    ["broken", (content) => expect(() => JSON.parse(content)).toThrow()],
    ["cut", (content) => expect(() => JSON.parse(content)).toThrow()],
    ["too-few", (content) => expect(linesIn(content).map(({ n }) => n)).toEqual([1, 2])],
    ["too-many", (content) => expect(linesIn(content).map(({ n }) => n)).toEqual([1, 2, 3, 3])],
    ["swapped", (content) => expect(linesIn(content).map(({ n }) => n)).toEqual([3, 2, 1])],
    ["foreign", (content) => expect(linesIn(content)[0]?.normal).toMatch(/^\p{sc=Cyrillic}/u)],
    ["empty", (content) => expect(content).toBe("")],
  ])("errs as language models do: %s", async (oddity, check) => {
    const service = await started({
      chat: { ...translator.chat, oddity: ({ index }) => (index === 0 ? oddity : undefined) },
    });
    const first = await chat(service);
    check(first.content ?? "");
    expect(first.ending).toBe(oddity === "cut" ? "length" : "stop");
    expect(JSON.stringify(linesIn((await chat(service)).content).map(({ n }) => n))).toBe(good);
  });

  it("refuses when it is told to", async () => {
    const service = await started({ chat: { ...translator.chat, oddity: "refusal" } });
    expect(await chat(service)).toMatchObject({ content: null, refusal: expect.any(String) });
  });
});
