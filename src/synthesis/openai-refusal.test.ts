import { describe, expect, it } from "vitest";
import { understandOpenai } from "./openai-refusal.ts";

const understand = (status: number, body: unknown) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return understandOpenai({ status, headers: {}, body: new TextEncoder().encode(text) });
};

describe("understandOpenai", () => {
  it.each([
    [
      "another server's flat form",
      404,
      { object: "error", message: "The model `x` does not exist.", code: 404 },
      "model",
    ],
    ["FastAPI's text", 400, { detail: "Voice 'x' not found. Available voices: a, b" }, "voice"],
    [
      "FastAPI's object",
      400,
      { detail: { error: "validation_error", message: "Voice x not found" } },
      "voice",
    ],
    [
      "FastAPI's list",
      422,
      { detail: [{ loc: ["body", "input"], msg: "Field required" }] },
      undefined,
    ],
    ["a bare text", 400, { error: "unknown voice" }, "voice"],
    ["a parameter", 400, { error: { message: "Invalid value", param: "voice" } }, "voice"],
    [
      "another parameter",
      400,
      { error: { message: "Invalid speed for this voice", param: "speed" } },
      undefined,
    ],
    [
      "a model that is loading",
      503,
      { error: { message: "The model is not loaded yet" } },
      undefined,
    ],
    [
      "a project without the model",
      403,
      { error: { message: "No access", code: "model_not_found" } },
      "model",
    ],
    [
      "quota in the type",
      429,
      { error: { message: "Enough", type: "insufficient_quota" } },
      "quota",
    ],
    ["plain text", 400, "invalid model", "model"],
  ] as const)("understands %s", (_, status, body, about) => {
    expect(understand(status, body).about).toBe(about);
    expect(understand(status, body).message).not.toBe("");
  });

  it.each(["", "<html><body>Bad gateway</body></html>", "[]", "null", "7", '{"error":7}'])(
    "makes nothing of %j that could fail",
    (body) => {
      expect(understand(502, body).about).toBeUndefined();
      expect(understand(502, body).message).not.toContain("<html>");
    },
  );
});
