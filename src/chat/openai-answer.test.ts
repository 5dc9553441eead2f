import { describe, expect, it } from "vitest";
import { readCompletion } from "./openai-answer.ts";

const read = (choice: object, rest: object = {}) =>
  readCompletion({ choices: [choice], ...rest }, "The service");

describe("readCompletion", () => {
  it("reads text, tokens and whether it is whole", () => {
    const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
    expect(read({ message: { content: "{}" }, finish_reason: "stop" }, { usage })).toEqual({
      ...{ text: "{}", isCut: false, usage: { input: 12, output: 3 } },
    });
  });

  it("knows an answer that ended at its limit", () => {
    const reply = read({ message: { content: '{"li' }, finish_reason: "length" });
    expect(reply).toEqual({ text: '{"li', isCut: true });
  });

  it.each([
    [{ message: { content: null, refusal: "I can't." }, finish_reason: "stop" }, "I can't."],
    [
      { message: { content: "" }, finish_reason: "content_filter" },
      expect.stringMatching(/filter/),
    ],
    [{ message: { content: "{}", refusal: "" }, finish_reason: "stop" }, undefined],
  ])("knows the refusal in %j", (choice, refusal) => {
    expect(read(choice).refusal).toEqual(refusal);
  });

  it.each([null, {}, { total_tokens: 9 }, { prompt_tokens: "12" }])(
    "does without the tokens of %j",
    (usage) => {
      const reply = read({ message: { content: "{}" } }, { usage });
      expect(reply).toEqual({ text: "{}", isCut: false });
    },
  );

  it.each([
    undefined,
    "text",
    {},
    { choices: [] },
    { choices: [{ text: "an older form" }] },
    { choices: [{ message: { content: 7 } }] },
    { text: "a transcription" },
  ])("does not take %j for a completion", (body) => {
    expect(() => readCompletion(body, "The service")).toThrow(
      expect.objectContaining({ code: "engine_failed", retryable: true }),
    );
  });
});
