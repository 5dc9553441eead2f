/** OpenAI's chat models, and any server that speaks its `/v1/chat/completions` with JSON schemas: Ollama, vLLM, LM Studio, … */
import type OpenAI from "openai";
import { askService } from "../service/ask.ts";
import { trackCalls } from "../service/calls.ts";
import { readJson } from "../service/json.ts";
import { askClient } from "../service/openai-client.ts";
import { understandOpenai } from "../service/openai-refusal.ts";
import { openaiServer } from "../service/openai-server.ts";
import { type Env, serviceLanes } from "../service/settings.ts";
import type { ChatModel, ChatRequest } from "./chat-model.ts";
import { readCompletion } from "./openai-answer.ts";

export type OpenaiChatOptions = {
  /** `CHAT_BASE_URL` with `CHAT_API_KEY`; without the address as for the voices: `OPENAI_API_KEY`, `OPENAI_BASE_URL`, … */
  readonly env?: Env;
  readonly model: string;
  readonly lanes?: number;
  /** A client of the caller's own, instead of `env`. */
  readonly client?: OpenAI;
};

/**
 * Opens the model; asks nothing yet, and needs no key before the first question.
 *
 * @throws DubberError `invalid_options` (no address).
 */
export async function openOpenaiChat({
  env = {},
  model,
  lanes = serviceLanes,
  client: given,
}: OpenaiChatOptions): Promise<ChatModel> {
  const { service, otherAddress, client, checkKey } = openaiServer({
    ...{ env, client: given, ownPrefix: "CHAT" },
  });
  const calls = trackCalls(`The language model ${model}`);
  const close = async (): Promise<void> => calls.close();
  let takesSchemas = true;
  return {
    name: model,
    version: otherAddress === undefined ? model : `${model} at ${otherAddress}`,
    place: "service",
    lanes,
    check: (call) => calls.run(call?.signal, checkKey),
    ask: (request, call) =>
      calls.run(call?.signal, async (signal) => {
        const asking = await client();
        const send = (until: AbortSignal): Promise<ServiceAnswer> => {
          const body = takesSchemas ? schemaBody(request, model) : plainBody(request, model);
          return askClient(
            (options) => asking.chat.completions.create(body, options).asResponse(),
            until,
          );
        };
        const answer = await askService(
          {
            service,
            asked: { model },
            async ask(until) {
              const answer = await send(until);
              if (!refusesSchemas(answer)) return answer;
              takesSchemas = false;
              return await send(until);
            },
            understand: understandOpenai,
          },
          { signal, onReply: call?.onReply },
        );
        return readCompletion(readJson(answer.body), service.title);
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function schemaBody({ system, user, schema, maxTokens }: ChatRequest, model: string) {
  return {
    model,
    messages: messagesOf(system, user),
    response_format: {
      type: "json_schema" as const,
      json_schema: { name: schema.name, strict: true, schema: { ...schema.schema } },
    },
    ...limitOf(maxTokens),
  };
}

/** For a server that knows JSON but no schemas: it is told the shape in words. */
function plainBody({ system, user, schema, maxTokens }: ChatRequest, model: string) {
  const shape = `Answer with one JSON object of this schema and nothing else:\n${JSON.stringify(schema.schema)}`;
  return {
    model,
    messages: messagesOf(`${system}\n\n${shape}`, user),
    response_format: { type: "json_object" as const },
    ...limitOf(maxTokens),
  };
}

function messagesOf(system: string, user: string) {
  return [
    { role: "system" as const, content: system },
    { role: "user" as const, content: user },
  ];
}

function limitOf(maxTokens: number | undefined) {
  return maxTokens === undefined ? {} : { max_completion_tokens: maxTokens };
}
