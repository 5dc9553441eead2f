/** Where words go: results to stdout, everything for people to stderr; with `--json` one object per line on stdout. */
import { DubberError, isAbortError } from "../core/error.ts";
import type { World } from "./world.ts";

export type Style = "people" | "json" | "quiet";

export type Output = {
  readonly style: Style;
  readonly isVerbose: boolean;
  /** A line for people; nothing in JSON or quiet style. */
  say(line: string): void;
  /** The result itself: what a script reads. In JSON style the object, else its text. */
  result(value: Readonly<Record<string, unknown>>, text: string): void;
  /** Something that happened, in JSON style only. */
  event(value: Readonly<Record<string, unknown>>): void;
  /** Something that is not as it was asked for, while the work goes on. */
  warn(message: string): void;
  /** The failure that ends the command, with its hint; never a stack trace unless verbose. */
  error(error: unknown): void;
  /** The failure of one of several jobs; in JSON style it is a part of the result. */
  failure(name: string, error: unknown): void;
};

export function openOutput(
  { json, quiet, verbose }: OutputFlags,
  { stdout, stderr }: Pick<World, "stdout" | "stderr">,
): Output {
  const style = json ? "json" : quiet ? "quiet" : "people";
  const isVerbose = verbose ?? false;
  const print = (value: unknown): void => void stdout.write(`${JSON.stringify(value)}\n`);
  return {
    style,
    isVerbose,
    say(line) {
      if (style === "people") stderr.write(`${line}\n`);
    },
    result(value, text) {
      if (style === "json") print({ type: "result", ...value });
      else if (text !== "") stdout.write(`${text}\n`);
    },
    event(value) {
      if (style === "json") print(value);
    },
    warn(message) {
      if (style === "json") print({ type: "warning", message });
      else if (style === "people") stderr.write(`  ! ${message}\n`);
    },
    error(error) {
      if (style === "json")
        print({ type: "result", status: "failed", error: describeError(error) });
      else stderr.write(`${explain(error, isVerbose)}\n`);
    },
    failure(name, error) {
      if (style !== "json") stderr.write(`${name}: ${explain(error, isVerbose)}\n`);
    },
  };
}

export type OutputFlags = {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
};

/** An error as programs read it. */
export function describeError(error: unknown): Readonly<Record<string, unknown>> {
  if (isAbortError(error)) return { code: "interrupted", message: "Interrupted.", retryable: true };
  if (error instanceof DubberError) {
    const { code, message, hint, retryable } = error;
    return { code, message, ...(hint !== undefined && { hint }), retryable };
  }
  return { code: "internal", message: messageOf(error), retryable: false };
}

function explain(error: unknown, isVerbose: boolean): string {
  if (isAbortError(error)) return "Interrupted. Run the same command again to go on from here.";
  if (!(error instanceof DubberError)) {
    const rest = isVerbose ? stackOf(error) : "Run it again with --verbose for the details.";
    return `Dubber failed in a way it does not know: ${messageOf(error)}\n${rest}`;
  }
  const lines = [error.message, ...(error.hint === undefined ? [] : [error.hint])];
  return isVerbose ? [...lines, stackOf(error)].join("\n") : lines.join("\n");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const cause = error.cause === undefined ? "" : `\nCaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
