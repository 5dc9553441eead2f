/** Voice services behind the API: what reaches CosyVoice, ElevenLabs and OpenAI, and that each keeps to its owner. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeForm, sampleWav } from "./support/samples.ts";
import { openServer, type TestServer } from "./support/server.ts";
import { startFakeCosyvoice } from "./support/services/fake-cosyvoice.ts";
import { startFakeElevenlabs } from "./support/services/fake-elevenlabs.ts";
import { startFakeOpenai } from "./support/services/fake-openai.ts";
import type { FakeService } from "./support/services/fake-service.ts";

const voices = "/api/v1/voices/";
const upload = (to: TestServer, fields: Record<string, string> = {}, headers = {}) => {
  const form = { voice_id: "mine", name: "My own voice", audio_file: sampleWav(), ...fields };
  return to.ask("POST", voices, makeForm(form), headers);
};

describe.each([1, 2, 3] as const)("CosyVoice %i", (version) => {
  const text = "Some words to say.";
  let cosyvoice: FakeService;
  let server: TestServer;
  beforeAll(async () => {
    cosyvoice = await startFakeCosyvoice({ version });
    server = await openServer({
      variables: { COSYVOICE_URL: cosyvoice.url, COSYVOICE_VERSION: `${version}` },
    });
    const { json } = await upload(server, { prompt_text: "Kept words." });
    expect(json.engine).toBe("cosyvoice");
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await cosyvoice[Symbol.asyncDispose]();
  });

  /** What the kind is asked with, where that leads, and what the server is told is said in the recording. */
  const [mine, sent] = [{ voice_id: "mine" }, { prompt_audio: sampleWav() }];
  const other = { prompt_text: "Other words." };
  it.each<[string, Record<string, string | Buffer>, string, string?]>([
    ["sft", mine, "inference_zero_shot", "Kept words."],
    ["zero-shot", mine, "inference_zero_shot", "Kept words."],
    ["zero-shot", { ...mine, ...other }, "inference_zero_shot", "Other words."],
    ["zero-shot", { ...sent, ...other }, "inference_zero_shot", "Other words."],
    ["zero-shot", sent, "inference_cross_lingual"],
    ["cross-lingual", mine, "inference_cross_lingual"],
    ["cross-lingual", { ...sent, ...other }, "inference_cross_lingual"],
  ])("is asked for %s of %o at %s", async (kind, fields, path, said) => {
    const body = { text, ...fields };
    const answer = await server.ask(
      "POST",
      `/api/v1/synthesize/${kind}`,
      kind === "sft" ? body : makeForm(body),
    );
    expect(answer).toMatchObject({ status: 200, json: { warnings: [] } });
    const asked = cosyvoice.requests.at(-1);
    expect(asked?.path).toBe(`/${path}`);
    expect(asked?.body.tts_text).toContain(text);
    if (said === undefined) expect(asked?.body).not.toHaveProperty("prompt_text");
    else expect(asked?.body.prompt_text).toContain(said);
  });

  it("is told instructions for a recorded voice, or it is said that it follows none", async () => {
    const order = { text, ...mine, instruct_text: "Whisper." };
    const { json } = await server.ask("POST", "/api/v1/synthesize/instruct", order);
    const { path, body } = cosyvoice.requests.at(-1) ?? {};
    if (version === 1) {
      expect(json.warnings).toEqual([expect.stringContaining("follows no instructions")]);
      return;
    }
    expect(json.warnings).toEqual([]);
    expect(path).toBe("/inference_instruct2");
    expect(body?.instruct_text).toContain("Whisper.");
  });
});

describe("ElevenLabs", () => {
  const keys = { API_KEYS: "anna-key,berta-key" };
  const [anna, berta] = [{ "xi-api-key": "anna-key" }, { "xi-api-key": "berta-key" }];
  const speak = (to: TestServer, voice_id: string, headers = {}) =>
    to.ask("POST", "/api/v1/synthesize/sft", { text: "Some words.", voice_id }, headers);
  const open = async (service: { readonly url: string }) =>
    await openServer({
      variables: { ...keys, ELEVENLABS_API_KEY: "test-key", ELEVENLABS_BASE_URL: service.url },
    });
  const made = (requests: readonly { readonly path: string }[]) =>
    requests.filter(({ path }) => path === "/v1/voices/add").length;

  it("is given an uploaded voice once, speaks with it, and forgets it when it is deleted", async () => {
    await using elevenlabs = await startFakeElevenlabs({ key: "test-key" });
    await using server = await open(elevenlabs);
    expect(await upload(server, {}, anna)).toMatchObject({ json: { engine: "elevenlabs" } });
    expect(made(elevenlabs.requests)).toBe(0);
    for (let count = 0; count < 2; count++) {
      expect((await speak(server, "mine", anna)).status).toBe(200);
    }
    expect(made(elevenlabs.requests)).toBe(1);
    const spoken = elevenlabs.requests.filter(({ text }) => text === "Some words.");
    expect(new Set(spoken.map(({ voice }) => voice)).size).toBe(1);
    expect((await server.ask("DELETE", `${voices}mine`, undefined, anna)).status).toBe(200);
    expect(elevenlabs.requests.at(-1)?.path).toBe(`/v1/voices/${spoken[0]?.voice}`);
    expect((await speak(server, "mine", anna)).status).toBe(404);
  });

  it("has the voices of one owner for nobody else", async () => {
    await using elevenlabs = await startFakeElevenlabs({ key: "test-key" });
    await using server = await open(elevenlabs);
    await upload(server, { name: "Anna's secret" }, anna);
    expect((await speak(server, "mine", anna)).status).toBe(200);
    const id = elevenlabs.requests.at(-1)?.voice;
    expect(id).toMatch(/^madeVoice/);
    for (const path of [`${voices}pretrained/list`, "/v1/audio/voices"]) {
      const { status, bytes } = await server.ask("GET", path, undefined, berta);
      expect(status).toBe(200);
      // The list is long: not for a message.
      expect(bytes.includes("elevenlabs:21m00Tcm4TlvDq8ikWAM")).toBe(true);
      expect(bytes.includes("madeVoice") || bytes.includes("Anna's secret")).toBe(false);
    }
    for (const name of [`elevenlabs:${id}`, `${id}`]) {
      expect((await speak(server, name, berta)).status).toBe(404);
      const told = await server.ask("GET", `${voices}${name}`, undefined, berta);
      expect(told.status).toBe(404);
    }
  });

  it("is given the recording of one request for that request only", async () => {
    await using elevenlabs = await startFakeElevenlabs({ key: "test-key" });
    await using server = await open(elevenlabs);
    const form = makeForm({ text: "Some words.", prompt_audio: sampleWav() });
    const answer = await server.ask("POST", "/api/v1/synthesize/zero-shot", form, anna);
    expect(answer.status).toBe(200);
    const voice = elevenlabs.requests.find(({ text }) => text === "Some words.")?.voice;
    expect(made(elevenlabs.requests)).toBe(1);
    await expect.poll(() => elevenlabs.requests.at(-1)?.path).toBe(`/v1/voices/${voice}`);
  });
});

describe("OpenAI", () => {
  it("is told how to say it, by both ways of asking", async () => {
    await using openai = await startFakeOpenai({ key: "test-key" });
    await using server = await openServer({
      variables: { OPENAI_API_KEY: "test-key", OPENAI_BASE_URL: `${openai.url}/v1` },
    });
    const words = { text: "Some words.", voice_id: "openai:alloy", instruct_text: "Whisper." };
    expect((await server.ask("POST", "/api/v1/synthesize/instruct", words)).status).toBe(200);
    const speech = { model: "gpt-4o-mini-tts", input: "Other words.", voice: "alloy" };
    const body = { ...speech, instructions: "Shout.", response_format: "wav" };
    expect((await server.ask("POST", "/v1/audio/speech", body)).status).toBe(200);
    const told = openai.requests.map(({ text, body: { instructions, voice } }) => ({
      ...{ text, instructions, voice },
    }));
    expect(told).toEqual(
      expect.arrayContaining([
        { text: "Some words.", instructions: "Whisper.", voice: "alloy" },
        { text: "Other words.", instructions: "Shout.", voice: "alloy" },
      ]),
    );
  });
});
