/** Asks a language model for a value of a known shape, and says exactly how it failed to give one. */
import type { z } from "zod";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { answerSchema } from "./answer-schema.ts";
import type { Asker, ChatReply } from "./chat-model.ts";
import { objectsIn } from "./objects-in.ts";

/** Tokens of one or more answers; zero where the service does not count them. */
export type Usage = { readonly input: number; readonly output: number };

/** How an answer fails: it ended at a limit, the model will not, there is no JSON in it, or JSON of another shape. */
export type AnswerFault = "cut" | "refused" | "no_json" | "wrong_shape";

/** An answer that is none. It stays inside the capability that asked: {@link toEngineError} makes of it what others may see. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
  readonly why: AnswerFault;
  /** What the answer cost all the same. */
  readonly usage: Usage;

  constructor(why: AnswerFault, message: string, usage: Usage = noUsage) {
    super(message);
    this.why = why;
    this.usage = usage;
  }
}

const noUsage: Usage = { input: 0, output: 0 };

export type Question<Value> = {
  /** What the model is to do. Nothing that came from a video stands here. */
  readonly system: string;
  /** What it is to do it with, as data. */
  readonly user: string;
  /** Of the shape: letters, digits, `_`. */
  readonly name: string;
  /** The shape: an object without optional members, strict inside; use `null` for what may be missing. */
  readonly schema: z.ZodObject & z.ZodType<Value>;
  /** Longest answer, in the model's tokens. */
  readonly maxTokens?: number;
};

/**
 * Asks once and reads the answer: JSON alone, in a fenced block, or with prose around it.
 *
 * @throws AnswerError for an answer that is none; what the asker throws.
 */
export async function askFor<Value>(
  asker: Asker,
  { system, user, name, schema, maxTokens }: Question<Value>,
  call: Call = {},
): Promise<{ readonly value: Value; readonly usage: Usage }> {
  const reply = await asker.ask(
    {
      ...{ system, user, schema: { name, schema: answerSchema(schema) } },
      ...(maxTokens !== undefined && { maxTokens }),
    },
    call,
  );
  const usage = reply.usage ?? noUsage;
  return { value: readAnswer(reply, schema, usage), usage };
}

/** The answer as an error that may leave a capability: `engine_failed`, with what to do. */
export function toEngineError({ why, message }: AnswerError): DubberError {
  return new DubberError("engine_failed", message, { hint: hints[why] });
}

const hints: Readonly<Record<AnswerFault, string>> = {
  cut: "Use a model that may give longer answers, or raise the server's limit of tokens.",
  refused: "Change the text it will not take, write this part by hand, or use another model.",
  no_json: "Use a model that can answer in the shape of a JSON schema.",
  wrong_shape: "Use a model that can answer in the shape of a JSON schema.",
};

function readAnswer<Value>(reply: ChatReply, schema: z.ZodType<Value>, usage: Usage): Value {
  const { text, isCut, refusal = "" } = reply;
  if (refusal.trim() !== "") {
    throw new AnswerError("refused", "The language model refused to answer.", usage);
  }
  if (isCut) {
    const message = "The language model's answer was cut off at its limit of length.";
    throw new AnswerError("cut", message, usage);
  }
  let where: string | undefined;
  for (const found of objectsIn(text)) {
    const read = schema.safeParse(found);
    if (read.success) return read.data;
    where ??= read.error.issues[0]?.path.join(".").slice(0, 80) || "its root";
  }
  if (where === undefined) {
    throw new AnswerError("no_json", "The language model answered without any JSON.", usage);
  }
  const message = `The language model answered in another shape than asked for (at ${where}).`;
  throw new AnswerError("wrong_shape", message, usage);
}
