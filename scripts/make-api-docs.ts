/**
 * Makes docs/api.md from the OpenAPI document of a server.
 *
 *   node scripts/make-api-docs.ts            writes the page
 *   node scripts/make-api-docs.ts --check    writes nothing; ends with 1 when the page is out of date
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { apiStatuses } from "../src/api/errors.ts";
import { serve } from "../src/server/serve.ts";
import { readServerSettings } from "../src/server/settings.ts";

type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
};
type Content = Readonly<Record<string, { readonly schema: Schema }>>;
type Operation = {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Content }>
  >;
};
type Document = {
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

const page = join(import.meta.dirname, "../docs/api.md");
const text = write(await readDocument());
if (process.argv.includes("--check")) {
  if ((await readFile(page, "utf8").catch(() => "")) !== text) {
    process.stderr.write("docs/api.md is out of date: node scripts/make-api-docs.ts\n");
    process.exitCode = 1;
  }
} else await writeFile(page, text);

/** As a server with default settings gives it. */
async function readDocument(): Promise<Document> {
  const folder = await mkdtemp(join(tmpdir(), "dubber-docs-"));
  const settings = readServerSettings({ PORT: "0", DATA_DIR: folder });
  const server = await serve({ settings, env: {}, logger: pino({ level: "silent" }) });
  try {
    return (await (await fetch(`${server.url}/openapi.json`)).json()) as Document;
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
}

function write(document: Document): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const sections = document.tags.flatMap(({ name, description }) => {
    const own = operations.filter(({ operation }) => operation.tags?.includes(name));
    const parts = own.map(({ path, method, operation }) => describe(method, path, operation));
    return [`## ${name}`, description, ...parts.flat()];
  });
  const schemas = Object.entries(document.components.schemas).flatMap(([name, schema]) => [
    `### ${name}`,
    ...(schema.description ? [schema.description] : []),
    fieldTable(schema),
  ]);
  const errors = Object.entries(apiStatuses)
    .map(([code, status]) => `| \`${code}\` | ${status} |`)
    .join("\n");
  return `${[
    "# The HTTP API",
    "Made from the server's OpenAPI document, which it gives at `/openapi.json` and shows at `/docs`. [How to use it](server.md) is told elsewhere.",
    ...sections,
    "## Errors",
    "Every refusal is an `Error`; below `/v1/` it has the form OpenAI's clients know. 429 and 503 carry `Retry-After`; a 409 that stays one carries `x-should-retry: false`.",
    `| code | status |\n| --- | --- |\n${errors}`,
    "`http_error` comes with whatever status has no code of its own.",
    "## Schemas",
    ...schemas,
  ].join("\n\n")}\n`;
}

function describe(method: string, path: string, operation: Operation): string[] {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const rows = parameters.map(
    ({ name, in: place, required, description: about, schema }) =>
      `| \`${name}\` | ${place} | ${typeOf(schema)}${required ? ", required" : ""} | ${about ?? schema.description ?? ""} |`,
  );
  const bodies = Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema }]) => `\`${type}\` (${typeOf(schema)})`,
  );
  const isGood = (status: string): boolean => Number(status) < 400;
  const answers = Object.entries(responses)
    .filter(([status]) => isGood(status))
    .map(([status, { description: about, content }]) => {
      const types = [...new Set(Object.values(content ?? {}).map(({ schema }) => typeOf(schema)))];
      const shown = types.filter((one) => one !== "anything").join(", ");
      return `- ${status} ${about}: ${
        shown ||
        Object.keys(content ?? {})
          .map((type) => `\`${type}\``)
          .join(", ") ||
        "no body"
      }`;
    });
  const refusals = Object.keys(responses).filter((status) => !isGood(status));
  return [
    `### ${method.toUpperCase()} \`${path}\``,
    [summary, description]
      .filter(Boolean)
      .map((one) => sentence(one as string))
      .join(" "),
    ...(rows.length > 0
      ? [`| parameter | in | type | |\n| --- | --- | --- | --- |\n${rows.join("\n")}`]
      : []),
    ...(bodies.length > 0 ? [`Body: ${bodies.join(" or ")}.`] : []),
    [...answers, ...(refusals.length > 0 ? [`- Refusals: ${refusals.join(", ")}`] : [])].join("\n"),
  ];
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

function fieldTable({ properties = {}, required = [] }: Schema): string {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const { description = "", default: usual } = schema;
    const facts = [
      typeOf(schema),
      ...limitsOf(schema),
      ...(required.includes(name) ? ["required"] : []),
      ...(usual !== undefined ? [`default \`${String(usual)}\``] : []),
    ];
    return `| \`${name}\` | ${facts.filter(Boolean).join(", ")} | ${description.replaceAll("|", "\\|")} |`;
  });
  return `| field | type | |\n| --- | --- | --- |\n${rows.join("\n")}`;
}

function limitsOf({ minimum, maximum, maxLength }: Schema): readonly string[] {
  const hasEnd = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const hasStart = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER;
  if (hasStart && hasEnd) return [`${minimum}–${maximum}`];
  if (hasEnd) return [`≤ ${maximum}`];
  if (hasStart && minimum !== 0) return [`≥ ${minimum}`];
  return maxLength === undefined ? [] : [`≤ ${maxLength} characters`];
}

function typeOf(schema: Schema): string {
  const { $ref, enum: values, const: only, anyOf, items, format, type } = schema;
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) as string;
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (values !== undefined) return values.map((value) => `\`${value}\``).join(" · ");
  if (only !== undefined) return `\`${only}\``;
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  if (items !== undefined) return `array of ${typeOf(items)}`;
  if (format === "binary") return "file";
  return type === undefined ? "anything" : [type].flat().join(" or ");
}
