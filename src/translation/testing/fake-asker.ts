/** A language model for tests: a function from the question to the answer. */
import type { Asker, ChatReply, ChatRequest } from "../../chat/chat-model.ts";
import type { TranslationMemory } from "../contract.ts";

/** A line of a question about lines, as the model sees it. */
export type AskedLine = {
  readonly n: number;
  readonly text: string;
  readonly problem?: string;
  readonly gender?: string;
  readonly characters?: { readonly short: number; readonly normal: number; readonly long: number };
  readonly before?: readonly string[];
  readonly after?: readonly string[];
};

export type FakeAsker = Asker & { readonly requests: readonly ChatRequest[] };

/** @param reply a reply, or what is to be its text: a string as it is, anything else as JSON. May throw. */
export function fakeAsker(
  reply: (request: ChatRequest, index: number) => unknown,
  { version = "fake", lanes = 1 } = {},
): FakeAsker {
  const requests: ChatRequest[] = [];
  return {
    ...{ version, lanes, requests },
    async ask(request, { signal } = {}) {
      signal?.throwIfAborted();
      const index = requests.push(request) - 1;
      // What a network does: the answer never comes at once.
      await new Promise<void>((resolve) => setImmediate(resolve));
      const said = reply(request, index);
      if (isReply(said)) return said;
      return { text: typeof said === "string" ? said : JSON.stringify(said), isCut: false, usage };
    },
  };
}

const usage = { input: 10, output: 5 };

function isReply(said: unknown): said is ChatReply {
  return typeof said === "object" && said !== null && "isCut" in said;
}

export function linesOf({ user }: ChatRequest): readonly AskedLine[] {
  return (JSON.parse(user) as { lines: readonly AskedLine[] }).lines;
}

/** An answer with the same wording three times, made by `say`. */
export function answerWith(request: ChatRequest, say: (line: AskedLine) => string) {
  return {
    lines: linesOf(request).map((line) => {
      const text = say(line);
      return { n: line.n, short: text, normal: text, long: text };
    }),
  };
}

export function memoryInRam(): TranslationMemory & { readonly values: Map<string, unknown> } {
  const values = new Map<string, unknown>();
  return { values, get: (key) => values.get(key), set: (key, value) => values.set(key, value) };
}
