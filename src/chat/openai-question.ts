/** A question as `/v1/chat/completions` takes it: with a JSON schema, or with the schema in words for servers that know none. */
import type { ServiceAnswer } from "../service/connection.ts";
import { plainText } from "../service/json.ts";
import type { ChatRequest } from "./chat-model.ts";

/**
 * @param takesSchemas false for a server that knows JSON but no schemas: it is told the shape in the system message.
 * @returns the body; without a temperature, which models that reason refuse.
 */
export function buildQuestion(
  { system, user, schema: { name, schema }, maxTokens }: ChatRequest,
  { model, takesSchemas }: { readonly model: string; readonly takesSchemas: boolean },
) {
  const shape = `Answer with one JSON object of this schema and nothing else:\n${JSON.stringify(schema)}`;
  return {
    model,
    messages: [
      { role: "system" as const, content: takesSchemas ? system : `${system}\n\n${shape}` },
      { role: "user" as const, content: user },
    ],
    response_format: takesSchemas
      ? { type: "json_schema" as const, json_schema: { name, strict: true, schema: { ...schema } } }
      : { type: "json_object" as const },
    ...(maxTokens !== undefined && { max_completion_tokens: maxTokens }),
  };
}

/**
 * Whether a refusal of a question with a schema is about schemas as such, in whatever words a server has for that. One that knows schemas
 * and finds a mistake in ours is not meant.
 */
export function refusesSchemas({ status, body }: ServiceAnswer): boolean {
  if (status !== 400 && status !== 422) return false;
  const said = plainText(body);
  return /response.?format|json.?schema/i.test(said) && !said.includes("invalid_json_schema");
}
