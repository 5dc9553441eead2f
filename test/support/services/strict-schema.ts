/** The rules a JSON schema has to keep to be taken as a strict one. */

type Schema = Readonly<Record<string, unknown>>;

/**
 * What is wrong with a schema, in OpenAI's words; undefined when nothing is.
 *
 * Its root is an object; every object forbids other properties and requires all it has, at any depth.
 */
export function schemaFault(schema: unknown, path: readonly string[] = []): string | undefined {
  const context = `In context=(${path.map((name) => `'${name}'`).join(", ")}), `;
  if (!isSchema(schema)) return `${context}schema must be an object.`;
  if (path.length === 0 && schema.type !== "object") {
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${schema.type ?? "None"}"'.`;
  }
  if (path.length === 0 && "anyOf" in schema) return `${context}'anyOf' is not permitted.`;
  const below: (readonly [unknown, readonly string[]])[] = [];
  if (isSchema(schema.properties) || [schema.type].flat().includes("object")) {
    const names = Object.keys(isSchema(schema.properties) ? schema.properties : {});
    if (schema.additionalProperties !== false) {
      return `${context}'additionalProperties' is required to be supplied and to be false.`;
    }
    const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
    const missing = names.find((name) => !required.includes(name));
    if (missing !== undefined) {
      return `${context}'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    }
    for (const name of names) {
      below.push([(schema.properties as Schema)[name], [...path, "properties", name]]);
    }
  }
  if ([schema.type].flat().includes("array")) {
    if (!isSchema(schema.items)) return `${context}array schema missing items.`;
    below.push([schema.items, [...path, "items"]]);
  }
  for (const branches of ["anyOf", "$defs"]) {
    const of = schema[branches];
    for (const [name, one] of Object.entries(typeof of === "object" && of !== null ? of : {})) {
      below.push([one, [...path, branches, name]]);
    }
  }
  return below.map(([one, at]) => schemaFault(one, at)).find((fault) => fault !== undefined);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
