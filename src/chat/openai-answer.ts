/** Reads what `/v1/chat/completions` answers. */
import { z } from "zod";
import { DubberError } from "../core/error.ts";
import type { ChatReply } from "./chat-model.ts";

const completion = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        message: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
  // Not worth losing an answer for.
  usage: z
    .looseObject({ prompt_tokens: z.number(), completion_tokens: z.number() })
    .nullish()
    .catch(undefined),
});

/**
 * @param body parsed JSON of an answer.
 * @throws DubberError `engine_failed`, retryable, for an answer that is no completion.
 */
export function readCompletion(body: unknown, title: string): ChatReply {
  const { data, error } = completion.safeParse(body);
  const choice = data?.choices[0];
  if (data === undefined || choice === undefined) {
    throw new DubberError(
      "engine_failed",
      `${title} answered with something that is no chat completion.`,
      {
        retryable: true,
        hint: "Check that the address and the model are for chat.",
        cause: error,
      },
    );
  }
  const { message, finish_reason: ending } = choice;
  const refusal =
    message.refusal ??
    (ending === "content_filter" ? "The content filter stopped the answer." : undefined);
  return {
    text: message.content ?? "",
    isCut: ending === "length",
    ...(refusal ? { refusal } : {}),
    ...(data.usage && {
      usage: { input: data.usage.prompt_tokens, output: data.usage.completion_tokens },
    }),
  };
}
