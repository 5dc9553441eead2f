/** The API describes itself: a document for programs that is what it says it is, and a page for people that asks nobody else. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { openServer, type TestServer } from "./support/server.ts";

type Schema = Readonly<Record<string, unknown>>;
type Operation = {
  readonly summary?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: Schema }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> };
  readonly responses: Readonly<
    Record<string, { description: string; content?: Readonly<Record<string, { schema: Schema }>> }>
  >;
};
type Document = {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly tags: readonly { readonly name: string }[];
};

let server: TestServer;
let api: Document;
beforeAll(async () => {
  server = await openServer();
  api = (await server.ask("GET", "/openapi.json")).json;
});
afterAll(() => server[Symbol.asyncDispose]());

const operations = (): [string, string, Operation][] =>
  Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, operation]) =>
        [method.toUpperCase(), path, operation] as [string, string, Operation],
    ),
  );

describe("/openapi.json", () => {
  it("has every endpoint of the API, and no other", () => {
    const kinds = ["sft", "instruct", "zero-shot", "cross-lingual"];
    const expected = [
      ...kinds.flatMap((kind) => [
        `POST /api/v1/async/synthesize/${kind}`,
        `POST /api/v1/synthesize/${kind}`,
      ]),
      ...["status", "events", "result"].map((what) => `GET /api/v1/async/tasks/{task_id}/${what}`),
      ...["DELETE /api/v1/async/tasks/{task_id}", "GET /api/v1/async/tasks"],
      ...["POST /api/v1/async/dub", "GET /api/v1/audio/{file}"],
      ...["POST /api/v1/voices/", "GET /api/v1/voices/", "GET /api/v1/voices/{voice_id}"],
      ...["PUT /api/v1/voices/{voice_id}", "DELETE /api/v1/voices/{voice_id}"],
      ...["GET /api/v1/voices/stats/summary", "GET /api/v1/voices/pretrained/list"],
      ...["POST /v1/audio/speech", "GET /v1/models", "GET /v1/audio/voices"],
      ...["GET /health", "GET /ready", "GET /metrics", "GET /"],
    ];
    const found = operations().map(([method, path]) => `${method} ${path}`);
    expect(found.toSorted()).toEqual(expected.toSorted());
  });

  it("is OpenAPI 3.1: each operation has a summary, a known tag, its path's parameters, and described answers", () => {
    expect(api.openapi).toMatch(/^3\.1\./);
    const tags = api.tags.map(({ name }) => name);
    for (const [method, path, operation] of operations()) {
      const where = `${method} ${path}`;
      expect({ where, summary: operation.summary }).toEqual({ where, summary: expect.any(String) });
      expect({ where, isKnown: operation.tags?.every((tag) => tags.includes(tag)) }).toEqual({
        ...{ where, isKnown: true },
      });
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = (operation.parameters ?? []).filter((one) => one.in === "path");
      expect({ where, names: described.map(({ name }) => name) }).toEqual({ where, names: inPath });
      expect(described.every(({ required }) => required === true)).toBe(true);
      const answers = Object.entries(operation.responses);
      expect(answers.some(([status]) => /^[23]\d\d$/.test(status))).toBe(true);
      for (const [status, { description, content }] of answers) {
        expect({ where, status, description }).toMatchObject({
          description: expect.stringMatching(/\S/),
        });
        if (Number(status) < 400 || path === "/health" || path === "/ready") continue;
        const schema = content?.["application/json"]?.schema;
        const name = path.startsWith("/v1/") ? "OpenaiError" : "Error";
        expect({ where, status, schema }).toEqual({
          ...{ where, status, schema: { $ref: `#/components/schemas/${name}` } },
        });
      }
      const isPost = method === "POST" || method === "PUT";
      expect({ where, hasBody: operation.requestBody !== undefined }).toEqual({
        where,
        hasBody: isPost,
      });
      if (path !== "/" && !path.startsWith("/health") && path !== "/ready") {
        expect({ where, statuses: Object.keys(operation.responses) }).toMatchObject({
          statuses: expect.arrayContaining(["401"]),
        });
      }
    }
  });

  it("refers only to what is in it, and every schema is one", () => {
    const referred = [...JSON.stringify(api).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, target]) => target,
    );
    expect(referred.length).toBeGreaterThan(30);
    for (const target of new Set(referred)) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(target ?? "")?.[1] ?? "";
      expect({ target, schema: api.components.schemas[name] }).toEqual({
        ...{ target, schema: expect.any(Object) },
      });
    }
    for (const [name, schema] of Object.entries(api.components.schemas)) {
      expect({ name, isOne: isSchema(schema) }).toEqual({ name, isOne: true });
    }
  });

  it("names forms as multipart with their files as binary, and the bounds of every field", () => {
    const { NewVoice, ZeroShotRequest, SftRequest } = api.components.schemas;
    const form = api.paths["/api/v1/voices/"]?.post?.requestBody?.content;
    expect(Object.keys(form ?? {})).toEqual(["multipart/form-data"]);
    expect(NewVoice).toMatchObject({
      required: expect.arrayContaining(["voice_id", "name", "audio_file"]),
      properties: { audio_file: { type: "string", format: "binary" } },
    });
    expect(ZeroShotRequest).toMatchObject({
      properties: { speed: { type: "number", minimum: 0.5, maximum: 2 } },
    });
    expect(SftRequest).toMatchObject({
      required: ["text", "voice_id"],
      properties: {
        text: { minLength: 1, maxLength: 50_000 },
        format: { enum: expect.any(Array) },
      },
    });
  });

  it("is the same of every server a program opens", async () => {
    await using another = await openServer();
    expect((await another.ask("GET", "/openapi.json")).json).toEqual(api);
  });

  it("is the same as the page's own", async () => {
    expect((await server.ask("GET", "/docs/json")).json).toEqual(api);
    expect((await server.ask("GET", "/")).json).toMatchObject({
      docs: "/docs",
      openapi: "/openapi.json",
    });
  });
});

describe("/docs", () => {
  it("names no other host in what it is made of, and allows the browser none", async () => {
    const { status, headers, bytes } = await server.ask("GET", "/docs");
    expect(status).toBe(200);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/https?:|unsafe-eval/);
    expect(bytes.toString()).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it("loads in a browser, shows the operations, and asks this server alone", async (context) => {
    const chromium = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) =>
      existsSync(path),
    );
    if (chromium === undefined) return context.skip("there is no Chromium here");
    const folder = await mkdtemp(join(tmpdir(), "dubber-browser-"));
    try {
      const log = join(folder, "network.json");
      const { stdout } = await promisify(execFile)(
        chromium,
        [
          ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
          ...["--no-first-run", "--disable-component-update", "--disable-sync"],
          // Its own calls home lead nowhere, and neither would the page's.
          "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
          ...[`--user-data-dir=${join(folder, "profile")}`, `--log-net-log=${log}`],
          ...["--virtual-time-budget=20000", "--dump-dom", `${server.url}/docs`],
        ],
        { maxBuffer: 64e6, timeout: 60_000 },
      );
      for (const shown of ["/api/v1/async/synthesize/sft", "/v1/audio/speech", "/health"]) {
        expect(stdout).toContain(shown);
      }
      expect(stdout).not.toContain("Failed to load API definition");
      const { events } = JSON.parse(await readFile(log, "utf8")) as {
        events: { params?: { url?: string; initiator?: string } }[];
      };
      const asked = events.flatMap(({ params }) =>
        params?.url !== undefined && params.initiator?.startsWith("http") ? [params.url] : [],
      );
      expect(asked.length).toBeGreaterThan(3);
      for (const url of asked) expect(url.startsWith(`${server.url}/`)).toBe(true);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** zod reads JSON Schema, and says when it cannot. */
function isSchema(schema: Schema): boolean {
  const inlined = JSON.stringify(schema).replaceAll("#/components/schemas/", "#/$defs/");
  const whole = {
    ...(JSON.parse(inlined) as object),
    $defs: Object.fromEntries(Object.keys(api.components.schemas).map((name) => [name, {}])),
  };
  z.fromJSONSchema(whole as Parameters<typeof z.fromJSONSchema>[0]);
  return true;
}
