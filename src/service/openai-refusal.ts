/** Reads what OpenAI, or a server that speaks like it, says when it refuses. */
import { z } from "zod";
import type { ServiceAnswer } from "./connection.ts";
import type { Refusal } from "./failure.ts";
import { plainText, readJson } from "./json.ts";

const word = z.union([z.string(), z.number()]).nullish();
const problem = z.looseObject({
  message: z.string().nullish(),
  type: word,
  param: word,
  code: word,
});
type Problem = Partial<z.infer<typeof problem>>;

/** OpenAI's own shape and its bare form, FastAPI's `detail` in its three forms, and the flat form of other servers. */
const refusal = z.union([
  z.looseObject({ error: problem }).transform(({ error }): Problem => error),
  z.looseObject({ error: z.string() }).transform(({ error }): Problem => ({ message: error })),
  z.looseObject({ detail: z.string() }).transform(({ detail }): Problem => ({ message: detail })),
  z
    .looseObject({ detail: z.array(z.unknown()) })
    .transform(({ detail }): Problem => ({ message: JSON.stringify(detail) })),
  z.looseObject({ detail: problem }).transform(({ detail }): Problem => detail),
  problem.transform((flat): Problem => flat),
]);

const quotaNames = ["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"];
const isBad = String.raw`\b(?:not|unknown|invalid|unsupported|no such|should be)\b`;
const badModel = new RegExp(String.raw`\bmodel\b.*${isBad}|${isBad}.*\bmodel\b`, "is");
const badVoice = new RegExp(String.raw`\bvoice\b.*${isBad}|${isBad}.*\bvoice\b`, "is");

/** What a refusal is about, from its code, its parameter or, with servers that give neither, its words. */
export function understandOpenai({ status, body }: ServiceAnswer): Omit<Refusal, "status"> {
  const said: Problem = refusal.safeParse(readJson(body)).data ?? {};
  const message = said.message ?? plainText(body);
  const names = [`${said.code ?? ""}`, `${said.type ?? ""}`];
  if (names.some((name) => quotaNames.includes(name))) return { about: "quota", message };
  if (![400, 403, 404, 405, 422].includes(status)) return { message };
  if (names.includes("model_not_found") || said.param === "model") {
    return { about: "model", message };
  }
  if (said.param === "voice") return { about: "voice", message };
  // A parameter that is named and is another one: its words may speak of voices all the same.
  if (said.param) return { message };
  if (badVoice.test(message)) return { about: "voice", message };
  if (badModel.test(message)) return { about: "model", message };
  // Nobody there knows the question: an address without `/v1`, or of another service.
  return status === 404 || status === 405 ? { about: "address", message } : { message };
}

/** What a refused list of models says about the key; undefined unless the key itself is refused. */
export function understandRefusedKey(answer: ServiceAnswer): Refusal | undefined {
  const { status } = answer;
  const { about, message } = understandOpenai(answer);
  // A key may be limited to what it is for.
  const isLimited = about !== undefined || /\b(?:scopes?|permissions?)\b/i.test(message);
  return status !== 401 || isLimited ? undefined : { status, about: "key", message };
}
