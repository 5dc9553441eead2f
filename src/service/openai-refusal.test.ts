import { describe, expect, it } from "vitest";
import { understandOpenai, understandRefusedKey } from "./openai-refusal.ts";

const answer = (status: number, body: unknown) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: {}, body: new TextEncoder().encode(text) };
};
const understand = (status: number, body: unknown) => understandOpenai(answer(status, body));

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
    ["a wrong path", 404, { error: { message: "Invalid URL (POST /audio/speech)" } }, "address"],
    ["a page of something else", 404, "<html><title>Not found</title></html>", "address"],
    ["a server that knows the path for something else", 405, { detail: "Not allowed" }, "address"],
    ["a parameter that is not there", 404, { error: { message: "x", param: "f" } }, undefined],
  ] as const)("understands %s", (_, status, body, about) => {
    expect(understand(status, body).about).toBe(about);
    if (typeof body !== "string") expect(understand(status, body).message).not.toBe("");
  });

  it.each(["", "<html><body>Bad gateway</body></html>", "[]", "null", "7", '{"error":7}'])(
    "makes nothing of %j that could fail",
    (body) => {
      expect(understand(502, body).about).toBeUndefined();
      expect(understand(502, body).message).not.toContain("<html>");
    },
  );
});

describe("understandRefusedKey", () => {
  it.each([
    [401, { error: { message: "Incorrect API key provided: x." } }, true],
    [401, "", true],
    [401, { error: { message: "Missing scopes: api.model.read" } }, false],
    [401, { error: { message: "You have insufficient permissions for this operation." } }, false],
    [401, { error: { message: "Enough", type: "insufficient_quota" } }, false],
    [403, { error: { message: "Invalid API key" } }, false],
    [404, "", false],
    [500, "", false],
  ])("status %i with %j: the key is refused: %s", (status, body, isRefused) => {
    expect(understandRefusedKey(answer(status, body)) !== undefined).toBe(isRefused);
  });
});
