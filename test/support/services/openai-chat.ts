/** `/v1/chat/completions` of the fake OpenAI: its checks, and an answer in its shape. It does not stream. */
import type { Answer, FakeRequest, TextAnswer } from "./fake-service.ts";
import { type AnswerOddity, answerOddly, type Said, said } from "./odd-answers.ts";
import { isObject, refuseChat } from "./refuse-chat.ts";
import { smallestValue } from "./smallest-value.ts";

/** What a chat model is asked. */
export type ChatQuestion = {
  readonly system: string;
  /** The last message of the user. */
  readonly user: string;
  /** The name of the JSON schema asked for and the schema itself; absent where none is asked for. */
  readonly schema?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
  readonly body: FakeRequest["body"];
  /** From 0, among the questions that were good. */
  readonly index: number;
  /** From 1: how often this user's message has come. */
  readonly attempt: number;
};

/** Says something to a question: its text, or what is to be different from a whole answer. */
export type ChatAnswerer = (question: ChatQuestion) => string | Partial<Said>;

export type ChatOptions = {
  /** Default: the smallest value the schema allows, or «OK.» without one. */
  readonly answer?: ChatAnswerer;
  /** What goes wrong with the answer to a question, or to all. */
  readonly oddity?: AnswerOddity | ((question: ChatQuestion) => AnswerOddity | undefined);
  /** Whether it knows JSON schemas at all, as not every compatible server does; true by default. */
  readonly knowsSchemas?: boolean;
};

const charactersPerToken = 4;

/** The two messages that matter; parts of text are joined. */
export function questionOf({ messages }: FakeRequest["body"]): { system: string; user: string } {
  const all: readonly unknown[] = Array.isArray(messages) ? messages : [];
  const of = (...roles: string[]): string => {
    const last = all.findLast((one) => isObject(one) && roles.includes(`${one.role}`));
    return isObject(last) ? textIn(last.content) : "";
  };
  return { system: of("system", "developer"), user: of("user") };
}

/** Prepares the endpoint. */
export function chatResponder({
  answer = smallestAnswer,
  oddity,
  knowsSchemas = true,
}: ChatOptions = {}): (request: FakeRequest) => Answer | TextAnswer {
  let count = 0;
  return (request) => {
    const { body, attempt } = request;
    const refused = refuseChat(request, knowsSchemas);
    if (refused !== undefined) return refused;
    const schema = schemaOf(body);
    const index = count++;
    const question = { ...questionOf(body), ...(schema && { schema }), body, index, attempt };
    const given = answer(question);
    const odd = typeof oddity === "function" ? oddity(question) : oddity;
    const whole = typeof given === "string" ? said(given) : { ...said(""), ...given };
    const spoiled = odd === undefined ? whole : answerOddly(whole.content ?? "", odd);
    const text = JSON.stringify(completion(question, withinLimit(spoiled, body), request.model));
    return { text, contentType: "application/json" };
  };
}

function schemaOf(body: FakeRequest["body"]): ChatQuestion["schema"] {
  const format = body.response_format;
  if (!isObject(format) || !isObject(format.json_schema)) return undefined;
  const { name, schema } = format.json_schema;
  return { name: `${name}`, schema: isObject(schema) ? schema : {} };
}

/** An answer longer than the caller's limit ends there. */
function withinLimit(answer: Said, body: FakeRequest["body"]): Said {
  const limit = Number(body.max_completion_tokens ?? body.max_tokens ?? Infinity);
  const { content } = answer;
  if (content === null || tokensIn(content) <= limit) return answer;
  return {
    ...answer,
    content: content.slice(0, limit * charactersPerToken),
    finishReason: "length",
  };
}

function completion(
  question: ChatQuestion,
  { content, refusal, finishReason }: Said,
  model: string,
) {
  const prompt = tokensIn(JSON.stringify(question.body.messages));
  const answer = tokensIn(content ?? refusal ?? "");
  return {
    id: `chatcmpl-${question.index}`,
    object: "chat.completion",
    created: 1_700_000_000,
    model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content, refusal, annotations: [] },
        logprobs: null,
        finish_reason: finishReason,
      },
    ],
    usage: { prompt_tokens: prompt, completion_tokens: answer, total_tokens: prompt + answer },
    system_fingerprint: "fp_0123456789",
  };
}

function tokensIn(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

function smallestAnswer({ schema }: ChatQuestion): string {
  return schema === undefined ? "OK." : JSON.stringify(smallestValue(schema.schema));
}

function textIn(content: unknown): string {
  if (!Array.isArray(content)) return `${content ?? ""}`;
  return content.map((part) => (isObject(part) ? `${part.text ?? ""}` : "")).join("");
}
