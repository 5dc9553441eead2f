/** Voices: uploaded, listed, changed, deleted; those that are there anyway; and none of another owner's. */
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { wavHeader } from "../src/core/wav-bytes.ts";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { named } from "./support/named.ts";
import { makeForm, sampleWav } from "./support/samples.ts";
import { openServer, type TestServer } from "./support/server.ts";

const path = "/api/v1/voices/";
const cloner = () => makeFakeEngine({ features: { cloning: true } });
const upload = (to: TestServer, fields: Record<string, string | Buffer>, headers = {}) =>
  to.ask("POST", path, makeForm({ name: "A voice", audio_file: sampleWav(), ...fields }), headers);
const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !/^(dubber\.db|\.lock)/.test(entry.name))
    .map(({ name }) => name);

let server: TestServer;
beforeAll(async () => {
  server = await openServer({ engine: cloner() });
});
afterAll(() => server[Symbol.asyncDispose]());

describe("an uploaded voice", () => {
  it("is answered with 201, kept as a mono WAV, and spoken with", async () => {
    const fields = {
      ...{ voice_id: "Her-voice_1", name: "  Her voice ", description: "Calm.", language: "pt-br" },
      ...{ voice_type: "zero_shot", prompt_text: "What is said.", consent: "true" },
    };
    const { status, json, headers } = await upload(server, fields);
    expect(status).toBe(201);
    expect(headers.get("location")).toBe("/api/v1/voices/Her-voice_1");
    expect(json).toEqual({
      ...{ voice_id: "Her-voice_1", name: "Her voice", description: "Calm." },
      ...{ voice_type: "zero_shot", language: "pt-BR", prompt_text: "What is said." },
      ...{ is_pretrained: false, engine: "fake", audio_format: "wav", consent: true },
      ...{ duration: expect.closeTo(4, 0), sample_rate: expect.any(Number) },
      ...{ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      ...{ created_at: expect.any(Number), updated_at: json.created_at },
    });
    expect((await server.ask("GET", "/api/v1/voices/Her-voice_1")).json).toEqual(json);
    const order = { text: "With her voice.", voice_id: "Her-voice_1" };
    expect((await server.ask("POST", "/api/v1/synthesize/sft", order)).status).toBe(200);
    const { recording } = server.engine.asked.at(-1) ?? {};
    expect(recording?.text).toBe("What is said.");
    const { wav = Buffer.alloc(0) } = recording ?? {};
    expect(createHash("sha256").update(wav).digest("hex")).toBe(json.sha256);
    expect(Buffer.from(wav).readUInt16LE(22)).toBe(1);
  });

  it("is kept with where it came from, and without the silence around it", async () => {
    await using own = await openServer({ engine: cloner() });
    const silence = Buffer.alloc(2 * 16_000 * 2);
    const sound = Buffer.concat([silence, sampleWav(4).subarray(44), silence]);
    const audio_file = Buffer.concat([wavHeader(sound.length, 16_000), sound]);
    const { json } = await upload(own, { voice_id: "mine", audio_file });
    expect(json).toMatchObject({ duration: expect.closeTo(4.4, 1), consent: false });
    using database = new DatabaseSync(join(own.folder, "dubber.db"), { readOnly: true });
    const { provenance } = database.prepare("SELECT provenance FROM voices").get() ?? {};
    expect(JSON.parse(String(provenance))).toEqual({
      ...{ fileName: "sample.wav", uploadBytes: audio_file.length, sourceSampleRate: 16_000 },
      uploadSha256: createHash("sha256").update(audio_file).digest("hex"),
      sourceSeconds: expect.closeTo(8, 1),
    });
  });

  it("can be given another name, description and language; the rest stays", async () => {
    const { json: before } = await upload(server, { voice_id: "changed" });
    const changes = { name: "New", description: "New too", language: "de" };
    const { status, json } = await server.ask("PUT", "/api/v1/voices/changed", changes);
    expect({ status, json }).toEqual({
      status: 200,
      json: { ...before, ...changes, updated_at: json.updated_at },
    });
    expect(json.updated_at).toBeGreaterThanOrEqual(before.updated_at);
    const same = await server.ask("PUT", "/api/v1/voices/changed", { voice_id: "x", sha256: "y" });
    expect(same.json).toMatchObject({ voice_id: "changed", sha256: before.sha256, name: "New" });
    for (const bad of [{ name: "" }, { name: 5 }, { language: "no language" }, []]) {
      expect((await server.ask("PUT", "/api/v1/voices/changed", bad)).status).toBe(422);
    }
  });

  it("is really deleted: the row, the recording, and what is said about it", async () => {
    await using own = await openServer({ engine: cloner() });
    await upload(own, { voice_id: "gone" });
    expect((await filesOf(own.folder)).filter((name) => name.startsWith("voice_"))).toHaveLength(1);
    const { status, json } = await own.ask("DELETE", "/api/v1/voices/gone");
    expect({ status, json }).toEqual({
      status: 200,
      json: { message: "Voice gone deleted successfully" },
    });
    expect((await filesOf(own.folder)).filter((name) => name.startsWith("voice_"))).toEqual([]);
    expect((await own.ask("GET", "/api/v1/voices/gone")).status).toBe(404);
    expect((await own.ask("DELETE", "/api/v1/voices/gone")).status).toBe(404);
    const order = { text: "With it.", voice_id: "gone" };
    expect((await own.ask("POST", "/api/v1/synthesize/sft", order)).status).toBe(404);
    expect((await upload(own, { voice_id: "gone" })).status).toBe(201);
  });

  it("of two uploads at once under one name there is one, with its own recording", async () => {
    await using own = await openServer({ engine: cloner() });
    const answers = await Promise.all(
      [3, 4, 5, 6].map((seconds) =>
        upload(own, { voice_id: "raced", audio_file: sampleWav(seconds) }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409, 409]);
    const { json: shown } = await own.ask("GET", "/api/v1/voices/raced");
    expect(shown).toEqual(answers.find(({ status }) => status === 201)?.json);
    await expect
      .poll(() => filesOf(own.folder))
      .toEqual([expect.stringMatching(/^voice_[0-9a-f]{32}\.wav$/)]);
  });

  it.each(
    named(["", "-x", "_x", "a b", "../x", "a/b", "a.b", "ä", "x".repeat(65), "x\0", "a:b", "a\n"]),
  )("cannot be called %s", async (_name, id) => {
    const { status, json } = await upload(server, { voice_id: id });
    expect(status).toBe(422);
    expect(json.details.errors[0].field).toBe("voice_id");
  });

  it.each<[string, Record<string, string | Buffer>]>([
    ["too short", { audio_file: sampleWav(1) }],
    ["empty", { audio_file: Buffer.alloc(0) }],
    ["a text", { audio_file: "RIFF" }],
    ["of a language that is none", { language: "no language" }],
    ["of an unknown type", { voice_type: "other" }],
  ])("is refused when it is %s, and nothing is left of it", async (_what, fields) => {
    await using own = await openServer({ engine: cloner() });
    expect((await upload(own, { voice_id: "refused", ...fields })).status).toBe(422);
    expect((await own.ask("GET", path)).json.total).toBe(0);
    await expect.poll(() => filesOf(own.folder)).toEqual([]);
  });
});

describe("the list of voices", () => {
  it("has pages of the size that is asked for, newest first, filtered by type and language", async () => {
    await using own = await openServer({ engine: cloner() });
    const audio_file = sampleWav(3);
    for (let count = 0; count < 12; count++) {
      const language = count % 2 ? "en-US" : "de";
      const voice_type = count % 3 ? "zero_shot" : "cross_lingual";
      const fields = { voice_id: `voice${count}`, language, voice_type, audio_file };
      expect((await upload(own, fields)).status).toBe(201);
    }
    const idsOf = async (query: string): Promise<[string[], object]> => {
      const { voices, ...rest } = (await own.ask("GET", `${path}?${query}`)).json;
      return [voices.map((voice: { voice_id: string }) => voice.voice_id), rest];
    };
    const newest = Array.from({ length: 12 }, (_, index) => `voice${11 - index}`);
    expect(await idsOf("")).toEqual([newest, { total: 12, page: 1, per_page: 20 }]);
    const second = [newest.slice(5, 10), { total: 12, page: 2, per_page: 5 }];
    expect(await idsOf("page=2&page_size=5")).toEqual(second);
    expect(await idsOf("page=4&page_size=5")).toEqual([[], { total: 12, page: 4, per_page: 5 }]);
    expect(await idsOf("page_size=100")).toMatchObject([newest, { per_page: 100 }]);
    const isGerman = (id: string) => Number(id.slice(5)) % 2 === 0;
    const [german, { total }] = (await idsOf("language=de")) as [string[], { total: number }];
    expect([german, total]).toEqual([newest.filter(isGerman), 6]);
    expect((await idsOf("language=en-GB"))[0]).toHaveLength(6);
    expect((await idsOf("language=German"))[0]).toEqual(german);
    expect((await idsOf("language=nonsense"))[0]).toEqual([]);
    expect((await idsOf("voice_type=cross_lingual&page_size=2"))[1]).toMatchObject({ total: 4 });
    expect((await idsOf("voice_type=instruct"))[0]).toEqual([]);
    for (const bad of ["page=0", "page_size=0", "page_size=101", "page=x", "voice_type=other"]) {
      expect((await own.ask("GET", `${path}?${bad}`)).status).toBe(422);
    }
    // Without the slash, as some clients write it.
    expect((await own.ask("GET", "/api/v1/voices?page_size=1")).json.voices).toHaveLength(1);
    expect((await own.ask("GET", "/api/v1/voices/stats/summary")).json).toEqual({
      ...{ total_voices: 12, by_type: { zero_shot: 8, cross_lingual: 4 } },
      ...{ by_language: { "en-US": 6, de: 6 }, total_audio_seconds: expect.closeTo(36, 0) },
      pretrained_voices: expect.any(Number),
    });
  });
});

describe("voices that are there on a fresh server", () => {
  it("are the documented aliases and those of every engine, and each can be asked for", async () => {
    const { json } = await server.ask("GET", "/api/v1/voices/pretrained/list");
    const ids = json.pretrained_voices.map((voice: { voice_id: string }) => voice.voice_id);
    expect(json.total).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(["pretrained_voice_001", "pretrained_voice_002"]));
    expect(ids).toEqual(expect.arrayContaining(["fake:ann", "fake:bob"]));
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ["pretrained_voice_001", "fake:ann"]) {
      const { json: voice } = await server.ask("GET", `/api/v1/voices/${id}`);
      expect(voice).toMatchObject({ voice_id: id, is_pretrained: true, consent: null });
    }
  });

  it("pretrained_voice_001 speaks without any set-up", async () => {
    const order = { text: "Hello.", voice_id: "pretrained_voice_001" };
    const { status, json } = await server.ask("POST", "/api/v1/synthesize/sft", order);
    expect({ status, duration: json.duration > 0.2 }).toEqual({ status: 200, duration: true });
  });
});

describe("another owner", () => {
  it("sees, changes, speaks with and deletes none of a key's voices, and may have one of the same name", async () => {
    const variables = { API_KEYS: "anna-key,berta-key" };
    await using shared = await openServer({ engine: cloner(), variables });
    const [anna, berta] = [{ "xi-api-key": "anna-key" }, { "xi-api-key": "berta-key" }];
    const own = (await upload(shared, { voice_id: "hers" }, anna)).json;
    const one = "/api/v1/voices/hers";
    const order = { text: "With her voice.", voice_id: "hers" };
    expect((await shared.ask("GET", one, undefined, berta)).status).toBe(404);
    expect((await shared.ask("PUT", one, { name: "Mine" }, berta)).status).toBe(404);
    expect((await shared.ask("DELETE", one, undefined, berta)).status).toBe(404);
    expect((await shared.ask("POST", "/api/v1/synthesize/sft", order, berta)).status).toBe(404);
    expect((await shared.ask("GET", path, undefined, berta)).json).toMatchObject({ total: 0 });
    const summary = await shared.ask("GET", "/api/v1/voices/stats/summary", undefined, berta);
    expect(summary.json.total_voices).toBe(0);
    const speech = await shared.ask("GET", "/v1/audio/voices", undefined, berta);
    expect(speech.bytes.toString()).not.toContain("hers");
    const other = await upload(
      shared,
      { voice_id: "hers", name: "Another", audio_file: sampleWav(5) },
      berta,
    );
    expect(other.status).toBe(201);
    expect((await shared.ask("GET", one, undefined, anna)).json).toEqual(own);
    await shared.ask("DELETE", one, undefined, berta);
    expect((await shared.ask("POST", "/api/v1/synthesize/sft", order, anna)).status).toBe(200);
  });
});

it("recordings lie only in the store, under names of the server's own", async () => {
  await using own = await openServer({ engine: cloner() });
  await upload(own, { voice_id: "named" });
  await expect.poll(() => readdir(join(own.folder, "tmp"))).toEqual([]);
  expect(await filesOf(own.folder)).not.toContain("sample.wav");
});
