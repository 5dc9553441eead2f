/**
 * Every operation of /openapi.json with values made from its own schemas, good and spoiled: never a 500, always the envelope, and
 * answers that are what the document says. SOAK=1 for the long form.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { makeFakeEngine } from "./support/fake-engine.ts";
import { longOrShort } from "./support/long-or-short.ts";
import { makeForm, sampleWav } from "./support/samples.ts";
import { goodValue, type JsonSchema, mutatedObject, textFor } from "./support/schema-arbitrary.ts";
import { type Answer, openServer, type TestServer, untilEnded } from "./support/server.ts";

const numRuns = longOrShort(1000, 25);
const kinds = ["sft", "instruct", "zero-shot", "cross-lingual"];
/** As the document has them; a test of the document makes sure that these are all. */
const operations = [
  ...kinds.flatMap((kind) => [
    `post /api/v1/async/synthesize/${kind}`,
    `post /api/v1/synthesize/${kind}`,
  ]),
  ...["status", "events", "result"].map((what) => `get /api/v1/async/tasks/{task_id}/${what}`),
  ...["delete /api/v1/async/tasks/{task_id}", "get /api/v1/async/tasks", "post /api/v1/async/dub"],
  ...["get /api/v1/audio/{file}", "post /api/v1/voices/", "get /api/v1/voices/"],
  ...["get", "put", "delete"].map((method) => `${method} /api/v1/voices/{voice_id}`),
  ...["get /api/v1/voices/stats/summary", "get /api/v1/voices/pretrained/list"],
  ...["post /v1/audio/speech", "get /v1/models", "get /v1/audio/voices"],
  ...["get /health", "get /ready", "get /metrics", "get /"],
];

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;
type Operation = {
  readonly parameters?: readonly { name: string; in: string; schema: JsonSchema }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
};

let server: TestServer;
let paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
const known: Record<string, string[]> = { task_id: [], voice_id: ["mine", "fake:bob"], file: [] };
const recording = sampleWav(3);
beforeAll(async () => {
  const engine = makeFakeEngine({ features: { cloning: true, instructions: true } });
  server = await openServer({
    engine,
    variables: { MAX_FILE_SIZE: "1000000", MAX_DUB_WORKERS: "1", WEBHOOK_SECRET: "a secret" },
    // Nobody is told of anything.
    delivery: { resolve: async () => [] },
  });
  const { bytes } = await server.ask("GET", "/openapi.json");
  // A voice that follows instructions and belongs to the engine here, so that good orders are good.
  const document = bytes.toString().replaceAll(/"(pretrained_voice_001|alloy)"/g, '"ann"');
  paths = inlined(JSON.parse(document)).paths;
  const voice = makeForm({ voice_id: "mine", name: "Mine", audio_file: recording });
  await server.ask("POST", "/api/v1/voices/", voice);
  for (const format of ["wav", "pcm"]) {
    const order = { text: "Some words.", voice_id: "ann", format };
    const { task_id: id } = (await server.ask("POST", "/api/v1/async/synthesize/sft", order)).json;
    await untilEnded(server, id);
    known.task_id?.push(id);
    known.file?.push(`${id}.${format}`);
  }
});
afterAll(() => server[Symbol.asyncDispose]());

it("the operations are those of the document", () => {
  const found = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(found.toSorted()).toEqual(operations.toSorted());
});

describe.each(operations)("%s", (name) => {
  const [method = "", path = ""] = name.split(" ");
  const operation = (): Operation => paths[path]?.[method] as Operation;

  it("answers as the document says, whatever it is asked", async () => {
    const { parameters = [], requestBody, responses } = operation();
    const inPath = parameters.filter((one) => one.in === "path");
    const inQuery = parameters.filter((one) => one.in === "query");
    const target = fc
      .tuple(
        fc.tuple(...inPath.map(({ name: one, schema }) => segment(one, schema))),
        fc.tuple(...inQuery.map(({ schema }) => fc.option(textFor(schema)))),
      )
      .map(([segments, values]) => {
        let url = path;
        for (const [index, { name: one }] of inPath.entries()) {
          url = url.replace(`{${one}}`, segments[index] ?? "");
        }
        const query = inQuery.flatMap(({ name: one }, index) => {
          const value = values[index];
          return value === null || value === undefined ? [] : [`${one}=${encode(value)}`];
        });
        return query.length === 0 ? url : `${url}?${query.join("&")}`;
      });
    const body = requestBody === undefined ? fc.constant(undefined) : bodyFor(requestBody.content);
    const request = fc.tuple(target, body, headersFor());
    await fc.assert(
      fc.asyncProperty(request, async ([url, sent, headers]) => {
        const answer = await send(method.toUpperCase(), url, sent, headers);
        check(answer, { url, responses });
      }),
      { numRuns },
    );
  });
});

it("after all that the server is well, and nothing half lies about", async () => {
  const { json } = await server.ask("GET", "/api/v1/async/tasks?limit=100");
  for (const { task_id: id } of json.tasks) await server.ask("DELETE", `/api/v1/async/tasks/${id}`);
  await expect.poll(() => server.engine.inFlight).toBe(0);
  await expect.poll(async () => (await server.ask("GET", "/health")).status).toBe(200);
  await expect.poll(() => readdir(join(server.folder, "tmp")), { timeout: 10_000 }).toEqual([]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

/** Statuses any path may answer with before its operation is reached. */
const general = [400, 404, 413, 415, 422];

function check(
  answer: Answer,
  { url, responses }: { url: string; responses: Operation["responses"] },
): void {
  const { status, headers, json, bytes } = answer;
  const where = { url, status, body: bytes.toString().slice(0, 300) };
  expect({ ...where, isMeant: status !== 500 }).toEqual({ ...where, isMeant: true });
  const documented = responses[`${status}`];
  expect({ ...where, isKnown: documented !== undefined || general.includes(status) }).toEqual({
    ...where,
    isKnown: true,
  });
  const isJson = /^application\/json/.test(headers.get("content-type") ?? "");
  if (status >= 400) expect({ ...where, isJson }).toEqual({ ...where, isJson: true });
  const schema = documented?.content?.["application/json"]?.schema;
  if (!isJson || schema === undefined) return;
  const { error } = z
    .fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
    .safeParse(json);
  expect({ ...where, error: error?.message }).toEqual({ ...where, error: undefined });
}

type Body = {
  readonly as: "json" | "form" | "raw";
  readonly value: unknown;
  readonly type?: string;
};

function bodyFor(content: Content): fc.Arbitrary<Body> {
  const [[type, { schema }] = ["", { schema: {} }]] = Object.entries(content);
  const as = type === "application/json" ? "json" : "form";
  return fc.oneof(
    { weight: 4, arbitrary: goodValue(schema).map((value) => ({ as, value }) as const) },
    { weight: 4, arbitrary: mutatedObject(schema).map((value) => ({ as, value }) as const) },
    {
      weight: 1,
      arbitrary: fc
        .json({ maxDepth: 4 })
        .map((value) => ({ as: "raw", value, type: "application/json" }) as const),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(
          fc.uint8Array({ maxLength: 500 }),
          fc.constantFrom(
            "application/json",
            "multipart/form-data; boundary=x",
            "text/plain",
            "a/b",
            "",
            "application/x-www-form-urlencoded",
          ),
        )
        .map(([value, kind]) => ({ as: "raw", value, type: kind }) as const),
    },
  );
}

function headersFor(): fc.Arbitrary<Record<string, string>> {
  const text = fc
    .string({ maxLength: 40 })
    .map((value) => value.replace(/[^\x20-\x7e]/g, "").trim());
  return fc.record(
    {
      "idempotency-key": text,
      range: fc.oneof(
        text,
        fc.tuple(fc.nat(20_000), fc.nat(20_000)).map(([a, b]) => `bytes=${a}-${b}`),
      ),
      "if-none-match": text,
      "if-range": text,
      "last-event-id": fc.oneof(text, fc.integer().map(String)),
      accept: text,
      authorization: text,
      "x-request-id": text,
      "accept-encoding": fc.constantFrom("gzip", "br;q=0", "*"),
    },
    { requiredKeys: [] },
  );
}

function segment(name: string, schema: JsonSchema): fc.Arbitrary<string> {
  const raw = fc.constantFrom("%", "%zz", "%2e%2e%2f", "%00", "a%0d%0ab", "~", "*", ":id", "{x}");
  const own = fc.nat(100).map((at) => known[name]?.[at % (known[name]?.length || 1)] ?? "none");
  return fc.oneof(
    own,
    textFor(schema).map((value) => encode(value) || "x"),
    raw,
  );
}

/** Of any string; a lone surrogate has no form in a URL. */
function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

async function send(
  method: string,
  url: string,
  body: Body | undefined,
  headers: Record<string, string>,
): Promise<Answer> {
  if (body === undefined) return await server.ask(method, url, undefined, headers);
  const { as, value, type } = body;
  if (as === "form" && typeof value === "object") {
    return await server.ask(method, url, formOf(value as object), headers);
  }
  const sent = as === "raw" ? value : JSON.stringify(value);
  const contentType = type ?? "application/json";
  return await server.ask(method, url, sent, {
    ...headers,
    ...(contentType !== "" && { "content-type": contentType }),
  });
}

function formOf(fields: object): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    const file = (value as { file?: string } | null)?.file;
    if (file === undefined)
      form.append(name, typeof value === "string" ? value : JSON.stringify(value));
    else {
      const bytes =
        { sound: recording, noise: Buffer.from("noise"), nothing: Buffer.alloc(0) }[file] ?? "";
      form.append(name, new Blob([new Uint8Array(Buffer.from(bytes))]), "a.wav");
    }
  }
  return form;
}

/** The document with every reference replaced by what it refers to. */
function inlined(document: { components: { schemas: Record<string, unknown> } }) {
  const { schemas } = document.components;
  const inline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inline);
    if (value === null || typeof value !== "object") return value;
    const { $ref: target } = value as { $ref?: string };
    if (target !== undefined) return inline(schemas[target.slice(target.lastIndexOf("/") + 1)]);
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inline(one)]));
  };
  return inline(document) as { paths: typeof paths };
}
