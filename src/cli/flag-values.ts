/** Reads the values of flags: what cannot be used is refused while the command line is read, before anything is done. */
import { InvalidArgumentError } from "commander";
import { parseLanguage } from "../core/language.ts";

/** The most calls in flight a limit may name. */
const mostCalls = 1000;
export const limitForm = `a whole number from 1 to ${mostCalls}, or auto`;

/** A parser of finite numbers within a range. */
export function numberIn(min: number, max = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const value = readNumber(text);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a number ${rangeOf(min, max)}.`);
  };
}

/** A parser of whole numbers within a range. */
export function wholeNumberIn(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = readNumber(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It takes a whole number ${rangeOf(min, max)}.`);
  };
}

export function number(text: string): number {
  const value = readNumber(text);
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It takes a number.");
}

export function wholeNumber(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError("It takes a whole number.");
  return value;
}

/** Calls in flight at most: a whole number or `auto`; undefined for anything else. */
export function readLimit(text: string): number | "auto" | undefined {
  if (text.trim() === "auto") return "auto";
  const value = readNumber(text);
  return Number.isInteger(value) && value >= 1 && value <= mostCalls ? value : undefined;
}

export function limit(text: string): number | "auto" {
  const value = readLimit(text);
  if (value === undefined) throw new InvalidArgumentError(`It takes ${limitForm}.`);
  return value;
}

/** Limits joined by commas, e.g. `1,3,5,auto`. */
export function limits(text: string): readonly (number | "auto")[] {
  return text.split(",").map((one) => {
    const value = readLimit(one);
    if (value !== undefined) return value;
    throw new InvalidArgumentError(`It takes limits like 1,3,5,auto; each is ${limitForm}.`);
  });
}

/** How many people speak: `auto`, `off` or a number. */
export function speakers(text: string): number | "auto" | "off" {
  if (text === "auto" || text === "off") return text;
  const value = readNumber(text);
  if (Number.isInteger(value) && value >= 1 && value <= 50) return value;
  throw new InvalidArgumentError("It takes auto, off, or a whole number from 1 to 50.");
}

/** Languages joined by commas, after those of the same flag before; each once, as tags. */
export function languages(text: string, previous: readonly string[] = []): readonly string[] {
  const tags = text.split(",").map((one) => {
    if (one.trim() === "") throw new InvalidArgumentError("It takes languages like es or es,ru.");
    return parseLanguage(one.trim());
  });
  return [...new Set([...previous, ...tags])];
}

/** `name=value,name=value` as an object. */
export function pairs(text: string, form: string): Record<string, string> {
  const entries = text.split(",").map((pair) => {
    const at = pair.indexOf("=");
    if (at <= 0 || at === pair.length - 1) throw new InvalidArgumentError(`It takes ${form}.`);
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()] as const;
  });
  return Object.fromEntries(entries);
}

/** NaN for what is no number; an empty text is none. */
function readNumber(text: string): number {
  return text.trim() === "" ? Number.NaN : Number(text);
}

function rangeOf(min: number, max: number): string {
  return max === Number.POSITIVE_INFINITY ? `of ${min} or more` : `from ${min} to ${max}`;
}
