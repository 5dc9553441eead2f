/** Forms as clients really send them: with fields left empty, with or without a file, as multipart or not. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { makeForm, sampleWav } from "./support/samples.ts";
import { openServer, type TestServer } from "./support/server.ts";

const zeroShot = "/api/v1/synthesize/zero-shot";
const maxTextLength = 100_000;
const plain = { "content-type": "application/x-www-form-urlencoded" };

let server: TestServer;
beforeAll(async () => {
  server = await openServer({
    engine: makeFakeEngine({ features: { cloning: true }, secondsPerCharacter: 0.0001 }),
    variables: { MAX_TEXT_LENGTH: `${maxTextLength}` },
  });
  const voice = { voice_id: "mine", name: "Mine", audio_file: sampleWav(), prompt_text: "Kept." };
  expect((await server.ask("POST", "/api/v1/voices/", makeForm(voice))).status).toBe(201);
});
afterAll(() => server[Symbol.asyncDispose]());

it("a field that is left empty counts as not sent", async () => {
  const empty = { speed: "", format: "", stream: "", prompt_text: "" };
  const sent = makeForm({ ...empty, text: "Some words.", voice_id: "", prompt_audio: sampleWav() });
  const kept = makeForm({ ...empty, text: "Some words.", voice_id: "mine" });
  const asked = new URLSearchParams({ ...empty, text: "Some words.", voice_id: "mine" });
  for (const [body, headers] of [[sent], [kept], [`${asked}`, plain]] as const) {
    const answer = await server.ask("POST", zeroShot, body, headers);
    expect(answer).toMatchObject({ status: 200, json: { format: "wav", warnings: [] } });
  }
  expect(server.engine.asked.map(({ recording }) => recording?.text)).toEqual([
    ...[undefined, "Kept.", "Kept."],
  ]);
});

it("one that is needed is missing then, and named", async () => {
  const answer = await server.ask("POST", zeroShot, makeForm({ text: "", voice_id: "mine" }));
  expect(answer.status).toBe(422);
  expect(answer.json.details.errors[0].field).toBe("text");
});

it.each(["multipart", "urlencoded"])("the longest text fits into a %s form", async (kind) => {
  const text = "字".repeat(maxTextLength);
  const fields = { text, voice_id: "mine" };
  const path = "/api/v1/async/synthesize/zero-shot";
  const { status } =
    kind === "multipart"
      ? await server.ask("POST", path, makeForm(fields))
      : await server.ask("POST", path, `${new URLSearchParams(fields)}`, plain);
  expect(status).toBe(200);
});
