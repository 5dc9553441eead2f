/** The least that fits a JSON schema. */
import { isObject } from "./refuse-chat.ts";

/** Empty lists, empty texts, zero, false, the first of several. */
export function smallestValue(schema: unknown): unknown {
  if (!isObject(schema)) return null;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.anyOf)) return smallestValue(schema.anyOf[0]);
  const [type] = [schema.type].flat();
  if (type === "object") {
    const properties = isObject(schema.properties) ? schema.properties : {};
    return Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [name, smallestValue(one)]),
    );
  }
  if (type === "array") {
    const least = Number(schema.minItems ?? 0);
    return Array.from({ length: least }, () => smallestValue(schema.items));
  }
  return { string: "", integer: 0, number: 0, boolean: false }[`${type}`] ?? null;
}
