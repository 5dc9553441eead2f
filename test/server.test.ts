/** The HTTP API through a real socket: what a client of the documented service relies on. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openServer, type TestServer, untilEnded } from "./support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await openServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const sft = "/api/v1/async/synthesize/sft";

describe("a text to be spoken later", () => {
  it("is accepted with a task, and its sound can be had when it is completed", async () => {
    const order = { text: "Hello, this is a test.", voice_id: "ann" };
    const { status, json, headers } = await server.ask("POST", sft, order);
    expect(status).toBe(200);
    expect(json).toMatchObject({ status: "submitted", task_id: expect.stringMatching(/^task_[0-9a-f]{36}$/) });
    expect(headers.get("location")).toBe(json.check_status_url);
    const ended = await untilEnded(server, json.task_id);
    expect(ended).toMatchObject({ status: "completed", progress: 1, result_available: true });
    const result = await server.ask("GET", ended.result_url);
    const audio = await server.ask("GET", result.json.audio_url);
    expect(audio.headers.get("content-type")).toBe("audio/wav");
    expect(audio.bytes.length).toBe(result.json.bytes);
    expect(audio.bytes.length).toBe(44 + 2 * Math.round(result.json.duration * 16_000));
  });
});
