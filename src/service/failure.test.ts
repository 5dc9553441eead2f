import { describe, expect, it } from "vitest";
import { refusalError } from "./failure.ts";

const service = { title: "OpenAI", url: new URL("https://127.0.0.1/v1"), secrets: [] };

describe("refusalError", () => {
  const refusal = { status: 400, about: "voice" as const, message: "Voice is not supported" };

  it("names the voice that is not known", () => {
    expect(
      refusalError(service, refusal, { voice: "bo", nearVoices: () => ["bob"] }),
    ).toMatchObject({
      code: "unknown_voice",
      message: 'OpenAI does not know the voice "bo".',
      hint: expect.stringContaining("bob"),
    });
  });

  it("says nothing of voices where nobody was to speak", () => {
    const error = refusalError(service, refusal, { model: "whisper-1" });
    expect(error).toMatchObject({
      code: "engine_failed",
      message: "OpenAI answered 400: Voice is not supported.",
    });
    expect(error.hint).toBeUndefined();
  });
});
