/** Refusals a route may answer with, for its schema. */
import { errorSchema } from "../../api/errors.ts";
import { openaiErrorSchema } from "../../api/openai.ts";

type Responses = Readonly<Record<number, typeof errorSchema>>;

export function errorResponses(...statuses: readonly number[]): Responses {
  return Object.fromEntries(statuses.map((status) => [status, errorSchema]));
}

export function openaiErrorResponses(
  ...statuses: readonly number[]
): Readonly<Record<number, typeof openaiErrorSchema>> {
  return Object.fromEntries(statuses.map((status) => [status, openaiErrorSchema]));
}
