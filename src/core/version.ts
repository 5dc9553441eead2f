/** The version of the installed package. */
import { readFileSync } from "node:fs";

/** Reads it from package.json, which stands two folders up in the sources and in the built package alike. */
export function version(): string {
  const path = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
