/**
 * A unit test that costs nothing: code that speaks, against a small speech server in the same process. It also shows what a
 * server has to answer for Dubber to speak with it. Needs nothing but Node.
 *
 *   node --test examples/unit-test.ts
 */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { test } from "node:test";
import OpenAI from "openai";
import { processTtsBatch, ttsSpeakOpenai } from "../src/index.ts";

/** A WAV file: a tone of 440 Hz, 24 kHz, mono, 16 bits. */
function tone(seconds: number): Buffer {
  const samples = Int16Array.from({ length: 24_000 * seconds }, (_, at) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 440 * at) / 24_000)),
  );
  const head = Buffer.from("RIFF....WAVEfmt ....................data....", "latin1");
  head.writeUInt32LE(36 + samples.byteLength, 4);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22); // one channel
  head.writeUInt32LE(24_000, 24);
  head.writeUInt32LE(48_000, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([head, Buffer.from(samples.buffer)]);
}

type Asked = { readonly input: string; readonly voice: string };

/** Answers every request with a tone; the first `failures` of them with 503. */
async function startServer(failures = 0) {
  const requests: Asked[] = [];
  const server = createServer(async (request, response) => {
    requests.push((await json(request)) as Asked);
    if (requests.length <= failures) {
      response.writeHead(503, { "content-type": "application/json", "retry-after": "0" });
      response.end('{"error":{"message":"Try again."}}');
      return;
    }
    response.writeHead(200, { "content-type": "audio/wav" }).end(tone(0.5));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), "unit-test-"));
  return {
    client: new OpenAI({ apiKey: "test-key", baseURL: `http://127.0.0.1:${port}/v1` }),
    folder,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await rm(folder, { recursive: true });
    },
  };
}

const how = { model: "gpt-4o-mini-tts", voice: "onyx" };

test("a text becomes a WAV file", async () => {
  await using server = await startServer();
  const { client, folder, requests } = server;
  await ttsSpeakOpenai({ ...how, client, text: "Test", outPath: join(folder, "test.wav") });
  const file = await readFile(join(folder, "test.wav"));
  assert.equal(file.toString("latin1", 0, 4), "RIFF");
  assert.deepEqual(
    requests.map(({ input, voice }) => ({ input, voice })),
    [{ input: "Test", voice: "onyx" }],
  );
});

test("a server that fails once is asked again", async () => {
  await using server = await startServer(1);
  const { client, folder, requests } = server;
  const outputPaths = [join(folder, "test.wav")];
  const paths = await processTtsBatch({ ...how, client, texts: ["Test"], outputPaths });
  assert.deepEqual(paths, outputPaths);
  assert.equal(requests.length, 2);
});
