import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AnswerError, askFor, toEngineError } from "./ask-for.ts";
import type { Asker, ChatReply, ChatRequest } from "./chat-model.ts";

const schema = z.strictObject({
  lines: z.array(z.strictObject({ n: z.int().min(1), text: z.string().min(1) })),
});
const good = { lines: [{ n: 1, text: 'Hola, {mundo} "dijo"' }] };

function asks(reply: string | ChatReply) {
  const requests: ChatRequest[] = [];
  const asker: Asker = {
    ...{ version: "fake", lanes: 1 },
    ask: async (request) => {
      requests.push(request);
      return typeof reply === "string" ? { text: reply, isCut: false } : reply;
    },
  };
  const answer = () => askFor(asker, { system: "s", user: "u", name: "answer", schema });
  return { requests, answer };
}

async function whyOf(reply: string | ChatReply): Promise<string> {
  const error = await asks(reply)
    .answer()
    .catch((thrown: unknown) => thrown);
  return error instanceof AnswerError ? error.why : `no AnswerError: ${JSON.stringify(error)}`;
}

describe("askFor", () => {
  it("asks with a schema that strict mode takes", async () => {
    const { requests, answer } = asks(JSON.stringify(good));
    await answer();
    expect(requests[0]?.schema).toEqual({
      name: "answer",
      schema: {
        type: "object",
        additionalProperties: false,
        required: ["lines"],
        properties: {
          lines: {
            type: "array",
            items: {
              type: "object",
              additionalProperties: false,
              required: ["n", "text"],
              properties: { n: { type: "integer" }, text: { type: "string" } },
            },
          },
        },
      },
    });
  });

  it.each([
    ["alone", JSON.stringify(good)],
    ["with a byte-order mark", `\ufeff${JSON.stringify(good)}\n`],
    ["in a fenced block", `\`\`\`json\n${JSON.stringify(good, null, 2)}\n\`\`\``],
    ["with prose around it", `Sure, here {it} is: ${JSON.stringify(good)} Anything else {?}`],
    ["after thinking aloud", `<think>{"n":0}? {"lines":1}</think>${JSON.stringify(good)}`],
    ["after a brace that never closes", `:-{ well… ${JSON.stringify(good)}`],
  ])("reads JSON %s", async (_, text) => {
    expect((await asks(text).answer()).value).toEqual(good);
  });

  it("takes a line break written into a string as a space", async () => {
    const { value } = await asks('{"lines":[{"n":1,"text":"a\nb\tc"}]}').answer();
    expect(value.lines[0]?.text).toBe("a b c");
  });

  it.each([
    ["refused", { text: "", isCut: false, refusal: "I cannot help with that." }],
    ["cut", { text: JSON.stringify(good), isCut: true }],
    ["no_json", "I would rather talk about the weather."],
    ["no_json", ""],
    ["no_json", '{"lines":[{"n":1,"text":"Ho'],
    ["no_json", "null"],
    ["wrong_shape", "[]"],
    ["wrong_shape", '{"lines":[{"n":"1","text":"a"}]}'],
    ["wrong_shape", '{"lines":[{"n":1,"text":"a","more":1}]}'],
  ])("says %s of the reply %j", async (why, reply) => {
    expect(await whyOf(reply)).toBe(why);
  });

  it("counts what a useless answer cost", async () => {
    const reply = { text: "?", isCut: false, usage: { input: 7, output: 3 } };
    await expect(asks(reply).answer()).rejects.toMatchObject({ usage: { input: 7, output: 3 } });
  });

  it("becomes an error for others that says what to do and shows nothing of the answer", async () => {
    const secret = '{"lines":"the whole body"}';
    const error = await asks(secret)
      .answer()
      .catch((thrown: AnswerError) => toEngineError(thrown));
    expect(error).toMatchObject({ code: "engine_failed", hint: expect.stringContaining("model") });
    expect((error as Error).message).not.toContain("body");
  });

  it("reads or refuses any text, and throws nothing else", async () => {
    const piece = fc.oneof(
      fc.constantFrom("{", "}", '"', "\\", "```", "json", "[", "]", '{"lines":', "\u0000", "null"),
      fc.constant(JSON.stringify(good)),
      fc.string({ unit: "binary", maxLength: 8 }),
    );
    const text = fc.array(piece, { maxLength: 30 }).map((parts) => parts.join(""));
    await fc.assert(
      fc.asyncProperty(text, async (said) => {
        const result = await asks(said)
          .answer()
          .catch((error: unknown) => error);
        expect(
          result instanceof AnswerError ||
            schema.safeParse((result as { value: unknown }).value).success,
        ).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["{", '{"', '"{', "}{", '{"a":', "{}"])(
    "is not kept busy by a long row of %j",
    async (part) => {
      expect(await whyOf(part.repeat(200_000))).toMatch(/^(no_json|wrong_shape)$/);
    },
  );
});
