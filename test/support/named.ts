/** Gives texts that stand in the names of tests a form that can be read in a list. */

/** Longer ones are cut, and their length is told instead. */
const mostCharacters = 60;

/**
 * Rows for `it.each`, each after a name for its first value: `it.each(named(["", "\0"]))("refuses %s", async (_name, text) => …)`.
 *
 * @param values texts, or rows that begin with one.
 */
export function named(values: readonly string[]): readonly (readonly [string, string])[];
export function named<Rest extends readonly unknown[]>(
  values: readonly (readonly [string, ...Rest])[],
): readonly (readonly [string, string, ...Rest])[];
export function named(
  values: readonly (string | readonly [string, ...unknown[]])[],
): readonly (readonly [string, string, ...unknown[]])[] {
  return values.map((value) =>
    typeof value === "string" ? [readable(value), value] : [readable(value[0]), ...value],
  );
}

/** In quotes, control characters as their pictures (␀ for NUL; ␡ for what has none). */
export function readable(text: string): string {
  const start = [...text].slice(0, mostCharacters).join("");
  const shown = JSON.stringify(start)
    .replaceAll(/\\u00([01][0-9a-f])/g, (_, code: string) =>
      String.fromCodePoint(0x2400 + Number.parseInt(code, 16)),
    )
    .replaceAll(/\p{Cc}/gu, "␡");
  return start === text ? shown : `${shown}… of ${text.length} characters`;
}
