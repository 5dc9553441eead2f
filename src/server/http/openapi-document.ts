/** Makes the generated description readable: each schema once, under its own name, and statuses that say what they mean. */
import { STATUS_CODES } from "node:http";

type Json = Record<string, unknown>;

/** What a status means here; others get HTTP's own phrase. */
const meanings: Readonly<Record<string, string>> = {
  "200": "Done",
  "201": "Made",
  "202": "Not finished yet; ask again after `Retry-After`",
  "401": "The API key is missing or wrong",
  "404": "Unknown, or another owner's",
  "409": "Cannot be done as things are",
  "410": "Was there, and has been removed",
  "413": "Larger than the server takes",
  "422": "Cannot be used as it stands",
  "429": "You have as many open tasks as you may; `Retry-After`",
  "500": "The engine failed",
  "503": "The queue is full or the engine is not ready; `Retry-After`",
  "507": "The server's disk is full",
};
/** What the generator appends to the names of schemas that requests use. */
const suffix = "Input";

/** @param document as the generator gives it; not changed. */
export function tidyDocument(document: Json): Json {
  const schemas = ((document.components as Json | undefined)?.schemas ?? {}) as Json;
  const paths = describeResponses(document.paths as Json);
  const used = referredFrom(paths, schemas);
  // Requests and answers never share a schema, so each name stands for one of the two.
  const kept = [...used].map((name) => [plainName(name), schemas[name]] as const);
  const tidied = {
    ...document,
    paths,
    components: { ...(document.components as Json), schemas: Object.fromEntries(kept.sort()) },
  };
  return JSON.parse(
    JSON.stringify(tidied).replaceAll(
      /"#\/components\/schemas\/([^"]+)"/g,
      (_, name: string) => `"#/components/schemas/${plainName(name)}"`,
    ),
  ) as Json;
}

function plainName(name: string): string {
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

/** Names of the schemas a value refers to, and of those they refer to. */
function referredFrom(value: unknown, schemas: Json, found = new Set<string>()): Set<string> {
  const references = JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
  for (const [, name = ""] of references) {
    if (found.has(name)) continue;
    found.add(name);
    referredFrom(schemas[name], schemas, found);
  }
  return found;
}

function describeResponses(paths: Json): Json {
  const describe = (operation: Json): Json => {
    const responses = Object.entries((operation.responses ?? {}) as Record<string, Json>);
    const described = responses.map(([status, response]) => {
      const isDefault = response.description === "Default Response";
      const meaning = meanings[status] ?? STATUS_CODES[status] ?? "";
      return [status, isDefault ? { ...response, description: meaning } : response];
    });
    return { ...operation, responses: Object.fromEntries(described) };
  };
  return Object.fromEntries(
    Object.entries(paths as Record<string, Record<string, Json>>).map(([path, operations]) => [
      path,
      Object.fromEntries(
        Object.entries(operations).map(([method, operation]) => [method, describe(operation)]),
      ),
    ]),
  );
}
