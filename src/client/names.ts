/** Names of the wire and names of TypeScript: `task_id` ⇄ `taskId`. Names only; no value is touched. */

type CamelName<Name> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelName<Tail>>}`
  : Name;

/** A type of the wire with the names of TypeScript, all the way down. */
export type Camel<T> = T extends readonly (infer One)[]
  ? readonly Camel<One>[]
  : T extends object
    ? { readonly [Key in keyof T as CamelName<Key>]: Camel<T[Key]> }
    : T;

/** What stands below these is somebody else's: its names stay as they are. */
const verbatim: ReadonlySet<string> = new Set(["report"]);

/** Renames what came from the server. */
export function toCamel<T>(value: T): Camel<T> {
  if (Array.isArray(value)) return value.map(toCamel) as Camel<T>;
  if (typeof value !== "object" || value === null) return value as Camel<T>;
  const entries = Object.entries(value).map(([name, one]) => [
    camelName(name),
    verbatim.has(name) ? one : toCamel(one),
  ]);
  return Object.fromEntries(entries) as Camel<T>;
}

/** Renames the fields of a request, which are flat, and drops those that are not set. */
export function toSnake(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const set = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([name, value]) => [snakeName(name), value]));
}

export function camelName(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
