/** `DubOptions` for a reader: types, ranges and defaults from its schema, sentences from the comments in the source. */
import { z } from "zod";
import { dubOptionsSchema } from "../src/pipeline/options.ts";

/**
 * @param file text of src/pipeline/options.ts.
 * @returns the type as a person would write it.
 */
export function dubOptionsCode(file: string): string {
  const { properties = {}, required = [] } = z.toJSONSchema(dubOptionsSchema, {
    io: "input",
    unrepresentable: "any",
  });
  const lines = Object.entries(properties).flatMap(([name, schema]) => {
    const comment = new RegExp(`\\n  (/\\*\\* [^\\n]* \\*/)\\n  ${name}:`).exec(file)?.[1];
    const facts = typeof schema === "boolean" ? {} : schema;
    const limits = [rangeOf(facts), defaultOf(facts)].filter((one) => one !== "").join("; ");
    const mark = required.includes(name) ? "" : "?";
    const member = `  readonly ${name}${mark}: ${typeOf(facts)};${limits && ` // ${limits}`}`;
    return comment === undefined ? [member] : [`  ${comment}`, member];
  });
  return `type DubOptions = {\n${lines.join("\n")}\n};`;
}

type Schema = z.core.JSONSchema.BaseSchema;

function typeOf(schema: Schema): string {
  const { anyOf, enum: values, const: constant, type, items, additionalProperties } = schema;
  if (anyOf) return anyOf.map((one) => typeOf(one as Schema)).join(" | ");
  if (values) return values.map((one) => JSON.stringify(one)).join(" | ");
  if (constant !== undefined) return JSON.stringify(constant);
  if (type === "array") return `readonly (${typeOf(items as Schema)})[]`;
  if (type !== "object") return type === "integer" ? "number" : String(type ?? "string");
  if (additionalProperties) return `Record<string, ${typeOf(additionalProperties as Schema)}>`;
  const members = Object.entries(schema.properties ?? {});
  return `{ ${members.map(([name, one]) => `${name}?: ${typeOf(one as Schema)}`).join("; ")} }`;
}

function rangeOf(schema: Schema): string {
  const { anyOf, type, minimum, maximum } = schema;
  if (anyOf) return anyOf.map((one) => rangeOf(one as Schema)).join("");
  if (minimum === undefined || (type !== "number" && type !== "integer")) return "";
  const whole = type === "integer" ? "whole, " : "";
  const isOpen = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER;
  return isOpen ? `${whole}${minimum} or more` : `${whole}${minimum}–${maximum}`;
}

function defaultOf({ default: value }: Schema): string {
  const isEmpty = typeof value === "object" && Object.keys(value ?? {}).length === 0;
  return value === undefined || value === false || isEmpty
    ? ""
    : `default ${JSON.stringify(value)}`;
}
