/** What every refusal of the API has to look like. */
import { expect } from "vitest";
import { type ApiErrorCode, apiStatuses } from "../../src/api/errors.ts";
import type { Answer } from "./server.ts";

/** Checks status, envelope and headers; gives the details. */
export function expectRefusal(
  answer: Answer,
  code: ApiErrorCode,
  { path, status = apiStatuses[code] }: { readonly path: string; readonly status?: number },
  // biome-ignore lint/suspicious/noExplicitAny: details differ from code to code.
): any {
  const { status: got, json, headers } = answer;
  expect({ status: got, json }).toEqual({
    status,
    json: {
      ...{ error: code, message: expect.stringMatching(/\S/) },
      details: expect.objectContaining({ path }),
    },
  });
  expect(headers.get("content-type")).toMatch(/^application\/json/);
  expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers.get("www-authenticate")).toBe(status === 401 ? "Bearer" : null);
  const isPermanent = status === 409 && code !== "idempotency_in_flight";
  expect(headers.get("x-should-retry")).toBe(isPermanent ? "false" : null);
  const waits = status === 429 || status === 503 || code === "idempotency_in_flight";
  expect(Number(headers.get("retry-after")) > 0).toBe(waits);
  return json.details;
}
