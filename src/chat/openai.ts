/** OpenAI's chat models, and any server that speaks its `/v1/chat/completions`: Ollama, vLLM, LM Studio, … */
import type OpenAI from "openai";
import { askService } from "../service/ask.ts";
import { trackCalls } from "../service/calls.ts";
import type { ServiceAnswer } from "../service/connection.ts";
import { readJson } from "../service/json.ts";
import { askClient } from "../service/openai-client.ts";
import { understandOpenai } from "../service/openai-refusal.ts";
import { openaiServer } from "../service/openai-server.ts";
import { type Env, serviceLanes } from "../service/settings.ts";
import type { ChatModel } from "./chat-model.ts";
import { readCompletion } from "./openai-answer.ts";
import { buildQuestion, refusesSchemas } from "./openai-question.ts";

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
    env,
    ownPrefix: "CHAT",
    client: given,
  });
  const calls = trackCalls(`The language model ${model}`);
  const close = async (): Promise<void> => calls.close();
  // Learnt from the first refusal, and not asked again.
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
        const send = (withSchema: boolean, until: AbortSignal): Promise<ServiceAnswer> => {
          const body = buildQuestion(request, { model, takesSchemas: withSchema });
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
              const withSchema = takesSchemas;
              const answer = await send(withSchema, until);
              if (!withSchema || !refusesSchemas(answer)) return answer;
              takesSchemas = false;
              return await send(false, until);
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
