/** Values made from JSON Schema: good ones, and ones that are wrong in one way or in all. */
import fc, { type Arbitrary } from "fast-check";

export type JsonSchema = {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly example?: unknown;
};

/** Longer texts say nothing new and take long to speak. */
const mostCharacters = 300;

/** A file of a form, in the place of its bytes. */
export type FilePlace = { readonly file: "sound" | "noise" | "nothing" };

export function goodValue(schema: JsonSchema): Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (schema.example !== undefined && choices !== undefined) {
    const example = fc.constant(schema.example);
    return fc.oneof({ arbitrary: example, weight: 4 }, ...choices.map(goodValue));
  }
  if (choices !== undefined) return fc.oneof(...choices.map(goodValue));
  const { minimum = -1000, maximum = 1000 } = schema;
  switch (schema.type) {
    case "string":
      return goodText(schema);
    case "number":
      return fc.oneof(
        fc.double({ min: minimum, max: maximum, noNaN: true }),
        fc.constantFrom(minimum, maximum),
      );
    case "integer":
      return fc.integer({ min: minimum, max: maximum });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(goodValue(schema.items ?? {}), { maxLength: 5 });
    case "object":
      return goodObject(schema);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function goodText({
  format,
  pattern,
  minLength = 0,
  maxLength = mostCharacters,
  example,
}: JsonSchema) {
  if (format === "binary") {
    return fc.constantFrom<FilePlace>({ file: "sound" }, { file: "noise" }, { file: "nothing" });
  }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  const bounds = { minLength, maxLength: Math.min(maxLength, mostCharacters) };
  const texts = [fc.string(bounds), fc.string({ ...bounds, unit: "binary" })];
  if (example === undefined) return fc.oneof(...texts);
  return fc.oneof({ arbitrary: fc.constant(example), weight: 4 }, ...texts);
}

function goodObject({ properties = {}, required = [] }: JsonSchema): Arbitrary<unknown> {
  const arbitraries = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, goodValue(schema)]),
  );
  return fc.record(arbitraries, { requiredKeys: [...required] });
}

const wrong: Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(null, "", " ", "0", -1, 0, 1e308, 1e-308, [], {}, true, "null", "NaN"),
  fc.constantFrom(
    "\0",
    "\ud83d\ude42",
    "%00",
    "../..",
    "<|endofprompt|>",
    "\u202e",
    "a".repeat(5000),
  ),
  fc.string({ unit: "binary", maxLength: 100 }),
);

/** An object that fits a schema but for what has been changed: fields replaced, left out, or added. */
export function mutatedObject(schema: JsonSchema): Arbitrary<unknown> {
  const names = Object.keys(schema.properties ?? {});
  const change = fc.tuple(
    fc.constantFrom("replace", "remove", "add"),
    fc.constantFrom(...names, "other"),
    fc.oneof(wrong, fc.constantFrom<FilePlace>({ file: "noise" })),
    fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("__proto__", "constructor", "toString")),
  );
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  return fc.tuple(goodObject(schema), changes).map(([good, list]) => {
    const object: Record<string, unknown> = { ...(good as object) };
    for (const [what, name, value, extra] of list) {
      if (what === "remove") delete object[name];
      else
        Object.defineProperty(object, what === "add" ? extra : name, {
          value,
          enumerable: true,
          configurable: true,
          writable: true,
        });
    }
    return object;
  });
}

/** What a query or a path may hold that fits, or does not. */
export function textFor(schema: JsonSchema): Arbitrary<string> {
  return fc
    .oneof(goodValue(schema), wrong)
    .map((value) => (typeof value === "string" ? value : (JSON.stringify(value) ?? "")));
}
