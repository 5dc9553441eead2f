import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type FakeOpenaiOptions,
  startFakeOpenai,
} from "../../test/support/services/fake-openai.ts";
import type { FakeService, FakeServiceOptions } from "../../test/support/services/fake-service.ts";
import type { AnswerOddity } from "../../test/support/services/odd-answers.ts";
import type { ChatAnswerer } from "../../test/support/services/openai-chat.ts";
import type { DubberError } from "../core/error.ts";
import type { ServiceReply } from "../core/service-reply.ts";
import { describeAsking } from "../service/testing/service-conformance.ts";
import { type OpenaiChatOptions, openOpenaiChat } from "./openai.ts";
import { describeChatModel, wordsRequest } from "./testing/chat-model-conformance.ts";

const key = "test-key";
const model = "gpt-4o-mini";
const request = wordsRequest("The quick brown fox.");
/** The words of the question, as every rule about answers needs something that depends on it. */
const answer: ChatAnswerer = ({ user }) => JSON.stringify({ words: user.split(" ") });
const serve = (options: FakeServiceOptions & Pick<FakeOpenaiOptions, "chat"> = {}) =>
  startFakeOpenai({ key, ...options, chat: { answer, ...options.chat } });
const envOf = (url: string, apiKey = key) => ({
  ...{ OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: `${url}/v1` },
});

let fake: FakeService;
beforeAll(async () => {
  fake = await serve();
});
afterAll(() => fake.close());

const open = (options: Partial<OpenaiChatOptions> = {}) =>
  openOpenaiChat({ env: envOf(fake.url), model, ...options });
describeChatModel("openai's gpt-4o-mini", () => open());
describeChatModel("a model that reasons", () => open({ model: "gpt-5-mini" }));
describeChatModel("an old model without schemas", () => open({ model: "gpt-3.5-turbo" }));
describeChatModel("a client of the caller's", () =>
  openOpenaiChat({ client: new OpenAI({ apiKey: key, baseURL: `${fake.url}/v1` }), model }),
);

const outcomes = {
  // Its own word for 403 is a country that is not served; for 404 a model.
  "status 403": ["engine_failed", false],
  "status 404": ["unknown_model", false],
} as const;
const asking = async (options: Partial<OpenaiChatOptions>) => {
  const chat = await open(options);
  return {
    ask: chat.ask.bind(chat, request),
    ...(chat.check && { check: chat.check }),
    close: chat.close,
  };
};
describeAsking("the language model", {
  start: serve,
  open: (url, apiKey) => asking({ env: envOf(url, apiKey) }),
  outcomes,
});
describeAsking("the language model with a client of the caller's", {
  start: serve,
  open: (url, apiKey) =>
    asking({ client: new OpenAI({ apiKey, baseURL: `${url}/v1`, maxRetries: 5, timeout: 1 }) }),
  outcomes,
});

describe("the language model", () => {
  it("is sent the question, the strict schema, and nothing that was not wished for", async () => {
    await using chat = await open();
    await chat.ask(request);
    const { body, headers, path } = fake.requests.at(-1) ?? {};
    expect(path).toBe("/v1/chat/completions");
    expect(body).toEqual({
      model,
      messages: [
        { role: "system", content: request.system },
        { role: "user", content: request.user },
      ],
      response_format: {
        type: "json_schema",
        json_schema: { name: "words", strict: true, schema: request.schema.schema },
      },
    });
    expect(headers?.authorization).toBe(`Bearer ${key}`);
    expect(Object.keys(headers ?? {}).filter((name) => name.startsWith("x-"))).toEqual([]);
  });

  it.each(["gpt-4o-mini", "gpt-5-mini", "o4-mini"])(
    "tells %s the longest answer by the name all models know, and no temperature",
    async (name) => {
      await using chat = await open({ model: name });
      await chat.ask(wordsRequest("One two", 300));
      const { body } = fake.requests.at(-1) ?? {};
      expect(body).toMatchObject({ model: name, max_completion_tokens: 300 });
      expect(body).not.toHaveProperty("max_tokens");
      expect(body).not.toHaveProperty("temperature");
    },
  );

  it.each<[AnswerOddity, object]>([
    ["refusal", { text: "", isCut: false, refusal: "I'm sorry, I can't help with that." }],
    ["cut", { isCut: true, text: '{"words":["The","qui' }],
    ["empty", { text: "", isCut: false }],
    ["prose", { text: expect.stringMatching(/^Of course!/), isCut: false }],
  ])("gives an answer that is %s as it came", async (oddity, reply) => {
    await using odd = await serve({ chat: { oddity } });
    await using chat = await open({ env: envOf(odd.url) });
    expect(await chat.ask(request)).toMatchObject(reply);
  });

  it("takes what a filter stopped for a refusal", async () => {
    const stopped = { content: "", finishReason: "content_filter" } as const;
    await using filtering = await serve({ chat: { answer: () => stopped } });
    await using chat = await open({ env: envOf(filtering.url) });
    expect((await chat.ask(request)).refusal).toMatch(/filter/);
  });

  it("counts tokens as the service does", async () => {
    await using chat = await open();
    const { text, usage } = await chat.ask(request);
    expect(usage?.output).toBe(Math.ceil(text.length / 4));
    expect(usage?.input).toBeGreaterThan(request.user.length / 4);
  });

  it("knows a model the service does not have", async () => {
    await using chat = await open({ model: "gpt-9" });
    await expect(chat.ask(request)).rejects.toMatchObject({
      code: "unknown_model",
      message: expect.stringContaining('"gpt-9"'),
      retryable: false,
    });
  });

  it("needs a key to answer, unless it is another server's", async () => {
    await using chat = await openOpenaiChat({ model });
    expect(chat.version).toBe(model);
    await expect(chat.ask(request)).rejects.toMatchObject({
      code: "key_missing",
      hint: expect.stringContaining("OPENAI_API_KEY"),
    });
    await using free = await serve({ key: "" });
    await using other = await openOpenaiChat({ env: { CHAT_BASE_URL: `${free.url}/v1` }, model });
    expect(other.version).toBe(`${model} at ${free.url}/v1`);
    expect((await other.ask(request)).isCut).toBe(false);
  });
});

describe("a server that knows no schemas", () => {
  const formats = ({ requests }: FakeService) =>
    requests.map(({ body }) => (body.response_format as { type: string }).type);

  it("is asked again in the same call with the schema in words, and from then on only so", async () => {
    await using old = await serve({ chat: { knowsSchemas: false } });
    await using chat = await open({ env: envOf(old.url) });
    const replies: ServiceReply[] = [];
    const reply = await chat.ask(request, { onReply: (one) => replies.push(one) });
    expect(JSON.parse(reply.text)).toEqual({ words: request.user.split(" ") });
    expect(replies.map(({ status }) => status)).toEqual([200]);
    await chat.ask(request);
    expect(formats(old)).toEqual(["json_schema", "json_object", "json_object"]);
    const { messages } = old.requests.at(-1)?.body ?? {};
    const [system, user] = messages as { content: string }[];
    expect(system?.content.startsWith(request.system)).toBe(true);
    expect(system?.content).toContain(JSON.stringify(request.schema.schema));
    expect(user?.content).toBe(request.user);
  });

  it("is found out once by many questions at once, all of which are answered", async () => {
    await using old = await serve({ chat: { knowsSchemas: false } });
    await using chat = await open({ env: envOf(old.url) });
    const replies = await Promise.all(Array.from({ length: 8 }, () => chat.ask(request)));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    await chat.ask(request);
    expect(formats(old).at(-1)).toBe("json_object");
    expect(formats(old).filter((type) => type === "json_object").length).toBe(9);
  });

  it.each([
    "This model does not support response format `json_schema`.",
    "This response_format type is unavailable now",
    'Either "json_schema" or "grammar" can be specified, but not both',
  ])("is known by words such as %j", async (message) => {
    const fault: FakeServiceOptions["fault"] = ({ index }) =>
      index === 0 ? { kind: "status", status: 400, message } : undefined;
    await using old = await serve({ fault });
    await using chat = await open({ env: envOf(old.url) });
    await chat.ask(request);
    expect(formats(old)).toEqual(["json_schema", "json_object"]);
  });

  it("is asked no third time when it does not take that either", async () => {
    const message = "response_format is not supported.";
    await using old = await serve({ fault: () => ({ kind: "status", status: 400, message }) });
    await using chat = await open({ env: envOf(old.url) });
    await expect(chat.ask(request)).rejects.toMatchObject({ code: "engine_failed" });
    expect(formats(old)).toEqual(["json_schema", "json_object"]);
    await expect(chat.ask(request)).rejects.toMatchObject({ retryable: false });
    expect(old.requests.length).toBe(3);
  });

  it("is another one than a server that finds a mistake in the schema: that is told, and not asked again", async () => {
    await using chat = await open();
    const before = fake.requests.length;
    const wrong = { ...request, schema: { name: "words", schema: { type: "array" } } };
    const error = await chat.ask(wrong).catch((thrown: DubberError) => thrown);
    expect(error).toMatchObject({ code: "engine_failed", retryable: false });
    expect((error as DubberError).message).toContain("Invalid schema");
    expect(fake.requests.length).toBe(before + 1);
  });
});
