import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type OpenAI from "openai";
import { afterEach, describe, expect, it, vi } from "vitest";
import { askClient, type ClientOptions } from "./openai-client.ts";
import { openaiServer } from "./openai-server.ts";

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  if (server) await once(server.close(), "close");
});

/** A client of a server that answers like this, and how often it was asked. */
async function serve(answer: RequestListener) {
  const asked = vi.fn(answer);
  server = createServer(asked).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const env = { OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` };
  return { asked, client: await openaiServer({ env }).client() };
}

const questions = {
  chat: (client: OpenAI, options: ClientOptions) =>
    client.chat.completions
      .create({ model: "m", messages: [{ role: "user", content: "Hello" }] }, options)
      .asResponse(),
  transcription: (client: OpenAI, options: ClientOptions) =>
    client.audio.transcriptions
      .create({ model: "m", file: new File(["sound"], "part.wav") }, options)
      .asResponse(),
  speech: (client: OpenAI, options: ClientOptions) =>
    client.audio.speech.create({ model: "m", voice: "v", input: "Hello" }, options),
};

describe.each(Object.entries(questions))("askClient for %s", (_, ask) => {
  const { signal } = new AbortController();

  it("hands on the answer as it came", async () => {
    const { client } = await serve((_incoming, outgoing) => {
      outgoing.writeHead(200, { "content-type": "text/plain", "x-said": "yes" }).end("{ no JSON");
    });
    const answer = await askClient((options) => ask(client, options), signal);
    expect([answer.status, answer.headers["x-said"]]).toEqual([200, "yes"]);
    expect(Buffer.from(answer.body).toString()).toBe("{ no JSON");
  });

  it.each([400, 429, 503])(
    "hands on a refusal %i with its words, and asks once",
    async (status) => {
      const { client, asked } = await serve((_incoming, outgoing) => {
        const body = JSON.stringify({ error: { message: "Not now.", code: "later" } });
        outgoing.writeHead(status, { "content-type": "application/json", "retry-after": "7" });
        outgoing.end(body);
      });
      const answer = await askClient((options) => ask(client, options), signal);
      expect([answer.status, answer.headers["retry-after"]]).toEqual([status, "7"]);
      expect(JSON.parse(Buffer.from(answer.body).toString())).toMatchObject({
        error: { message: "Not now.", code: "later" },
      });
      expect(asked).toHaveBeenCalledTimes(1);
    },
  );

  it("says that an answer broke off", async () => {
    const { client, asked } = await serve((_incoming, outgoing) => {
      outgoing.writeHead(200, { "content-length": "10" });
      outgoing.write("12345", () => outgoing.destroy());
    });
    const answer = askClient((options) => ask(client, options), signal);
    await expect(answer).rejects.toMatchObject({ name: "BrokenAnswer", status: 200 });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it("ends the request with the signal", async () => {
    const gone = Promise.withResolvers<void>();
    const { client, asked } = await serve((_incoming, outgoing) => {
      outgoing.on("close", () => gone.resolve());
    });
    const stop = new AbortController();
    const answer = expect(askClient((options) => ask(client, options), stop.signal)).rejects;
    await vi.waitFor(() => expect(asked).toHaveBeenCalled());
    stop.abort();
    await answer.toThrow();
    await gone.promise;
  });
});
