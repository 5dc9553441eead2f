/** zod → the subset of JSON schema that models hold themselves to. */
import { z } from "zod";

/** Keywords that strict mode refuses, or that only repeat what a type says already; the answer is checked with zod anyway. */
const droppedKeywords = ["minLength", "maxLength", "minimum", "maximum", "default"] as const;

/**
 * The JSON schema of an answer, as OpenAI's strict mode wants it: no other members than those named, all of them required.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export function answerSchema(schema: z.ZodObject): Record<string, unknown> {
  const { $schema: _, ...answer } = z.toJSONSchema(schema, {
    override: ({ jsonSchema }) => {
      for (const keyword of droppedKeywords) delete jsonSchema[keyword];
      if (jsonSchema.type !== "object") return;
      jsonSchema.additionalProperties = false;
      jsonSchema.required = Object.keys(jsonSchema.properties ?? {});
    },
  });
  return answer;
}
