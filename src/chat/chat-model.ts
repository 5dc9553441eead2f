/** The contract of a language model that is asked one question and answers in the shape of a JSON schema. */
import type { Call } from "../core/call.ts";
import type { AskCall } from "../core/service-reply.ts";

/** One question. */
export type ChatRequest = {
  /** What the model is to do. Nothing that came from a video stands here. */
  readonly system: string;
  /** What it is to do it with, as data. */
  readonly user: string;
  /** The shape of the answer: a JSON schema whose root is an object, and its name (letters, digits, `_`). */
  readonly schema: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
  /** Longest answer, in the model's tokens. Absent: the model's own limit. */
  readonly maxTokens?: number;
};

/** One answer, as it came: whether it fits the schema has not been looked at. */
export type ChatReply = {
  readonly text: string;
  /** The answer ended at a limit of length, not by itself. */
  readonly isCut: boolean;
  /** The model's own words for why it will not answer. */
  readonly refusal?: string;
  /** Tokens, where the service counts them. */
  readonly usage?: { readonly input: number; readonly output: number };
};

/** A language model: a service, or a server on this machine that speaks the same protocol. */
export interface ChatModel extends AsyncDisposable {
  /** The model's name. */
  readonly name: string;
  /** Model and address: what an answer depends on besides the question. */
  readonly version: string;
  readonly place: "local" | "service";
  /** How many questions are worth asking at once. */
  readonly lanes: number;
  /** A free question, to learn whether the key is taken; absent where there is no key. Errors as in `Synthesizer.check`. */
  check?(call?: Call): Promise<void>;
  /**
   * Asks once, without trying again.
   *
   * @throws DubberError `key_missing`, `key_refused`, `unknown_model`, `quota_exhausted`, `rate_limited`, `service_down`,
   *   `engine_failed` (an answer that is none; a question it does not take); the signal's reason.
   */
  ask(request: ChatRequest, call?: AskCall): Promise<ChatReply>;
  close(): Promise<void>;
}

/** What those who have questions need of a model: it waits for its turn and is asked again by somebody else where that helps. */
export type Asker = {
  /** Model and address. */
  readonly version: string;
  /** How many questions are worth asking at once. */
  readonly lanes: number;
  ask(request: ChatRequest, call?: Call): Promise<ChatReply>;
};
