/** What the fake OpenAI's chat does not take: models, messages, numbers, schemas. */
import type { Answer, FakeRequest } from "./fake-service.ts";
import { refuse, refuseMissing, refuseModel, refuseUnknown } from "./openai-errors.ts";
import { schemaFault } from "./strict-schema.ts";

/** These think before they answer: no temperature, and their limit of length has another name. */
const reasoningModels = ["gpt-5", "gpt-5-mini", "gpt-5-nano", "o4-mini"];
/** Older than strict schemas. */
const oldModel = "gpt-3.5-turbo";
export const chatModels = [
  "gpt-4o-mini",
  "gpt-4o",
  "gpt-4.1",
  "gpt-4.1-mini",
  "gpt-4.1-nano",
].concat(...[...reasoningModels, oldModel]);

const fields =
  "model messages response_format max_tokens max_completion_tokens temperature top_p seed n stop stream user"
    .split(" ")
    .concat(
      "frequency_penalty presence_penalty reasoning_effort verbosity metadata store".split(" "),
    )
    .concat(
      "prompt_cache_key safety_identifier service_tier logprobs tools tool_choice".split(" "),
    );

/**
 * The refusal of a bad question, in the order in which the real one looks.
 *
 * @param knowsSchemas whether the server takes JSON schemas at all.
 */
export function refuseChat(
  { body, model }: FakeRequest,
  knowsSchemas: boolean,
): Answer | undefined {
  const unknown = refuseUnknown(body, fields);
  if (unknown !== undefined) return unknown;
  if (typeof body.model !== "string" || body.model === "") {
    return refuse(400, "you must provide a model parameter");
  }
  if (!Array.isArray(body.messages)) return refuseMissing("messages");
  return (
    refuseModel(model, chatModels) ??
    refuseMessages(body.messages) ??
    refuseNumbers(body, model) ??
    refuseFormat(body, model, knowsSchemas)
  );
}

function refuseMessages(messages: readonly unknown[]): Answer | undefined {
  if (messages.length === 0) {
    const message = "Invalid 'messages': empty array. Expected an array with minimum length 1.";
    return refuse(400, message, { param: "messages", code: "empty_array" });
  }
  const roles = ["system", "developer", "user", "assistant", "tool"];
  const index = messages.findIndex((one) => !isObject(one) || !roles.includes(`${one.role}`));
  if (index < 0) return undefined;
  const known = roles.map((role) => `'${role}'`).join(", ");
  const message = `Invalid value: expected one of ${known}.`;
  return refuse(400, message, { param: `messages[${index}].role`, code: "invalid_value" });
}

function refuseNumbers(body: FakeRequest["body"], model: string): Answer | undefined {
  const { temperature } = body;
  const isReasoning = reasoningModels.includes(model);
  if (isReasoning && body.max_tokens !== undefined) {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    return refuse(400, message, { param: "max_tokens", code: "unsupported_parameter" });
  }
  if (isReasoning && temperature !== undefined && temperature !== 1) {
    const message = `Unsupported value: 'temperature' does not support ${temperature} with this model. Only the default (1) value is supported.`;
    return refuse(400, message, { param: "temperature", code: "unsupported_value" });
  }
  if (temperature !== undefined && !(Number(temperature) >= 0 && Number(temperature) <= 2)) {
    const message = `Invalid 'temperature': expected a number from 0 to 2, but got ${temperature} instead.`;
    return refuse(400, message, { param: "temperature", code: "decimal_out_of_range" });
  }
  for (const param of ["max_tokens", "max_completion_tokens"]) {
    const limit = body[param] ?? 1;
    if (Number.isInteger(limit) && Number(limit) >= 1) continue;
    const message = `Invalid '${param}': integer below minimum value. Expected a value >= 1, but got ${limit} instead.`;
    return refuse(400, message, { param, code: "integer_below_min_value" });
  }
  if (body.stream !== true) return undefined;
  return refuse(400, "This fake does not stream.", { param: "stream" });
}

function refuseFormat(
  body: FakeRequest["body"],
  model: string,
  knowsSchemas: boolean,
): Answer | undefined {
  const param = "response_format";
  const format = body.response_format ?? { type: "text" };
  const type = isObject(format) ? `${format.type}` : "";
  if (!["text", "json_object", "json_schema"].includes(type)) {
    const message = `Invalid value: '${type}'. Supported values are: 'json_object', 'json_schema', and 'text'.`;
    return refuse(400, message, { param: `${param}.type`, code: "invalid_value" });
  }
  if (type === "json_object" && !/json/i.test(JSON.stringify(body.messages))) {
    const message = `'messages' must contain the word 'json' in some form, to use '${param}' of type 'json_object'.`;
    return refuse(400, message, { param: "messages" });
  }
  if (type !== "json_schema") return undefined;
  if (!knowsSchemas || model === oldModel) {
    const message = `Invalid parameter: '${param}' of type 'json_schema' is not supported with this model.`;
    return refuse(400, message, { param });
  }
  const asked = isObject(format) && isObject(format.json_schema) ? format.json_schema : {};
  if (!/^[\w-]{1,64}$/.test(`${asked.name ?? ""}`)) {
    const name = `${param}.json_schema.name`;
    if (asked.name === undefined) return refuseMissing(name);
    const message = `Invalid '${name}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`;
    return refuse(400, message, { param: name, code: "invalid_value" });
  }
  const fault = asked.strict === true ? schemaFault(asked.schema) : undefined;
  if (fault === undefined) return undefined;
  const message = `Invalid schema for ${param} '${asked.name}': ${fault}`;
  return refuse(400, message, { param, code: "invalid_json_schema" });
}

/** Whether a value is an object with named parts. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
