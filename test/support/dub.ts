/** Dubs a small file into Spanish as a person would, and reads what the run left. */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect } from "vitest";
import type { PlanFile } from "../../src/pipeline/plan-file.ts";
import { dubber } from "./command.ts";

/** Flags of a dub whose sound the test does not measure: the mix is the voice alone, as loud as it is spoken. */
export const quickMix = ["--background", "off", "--loudness", "off"] as const;

export type Run = {
  readonly code: number | null;
  /** The last object of `--json`. */
  readonly result: Readonly<Record<string, unknown>> & {
    readonly output: string;
    readonly languageDirectory: string;
    readonly warnings: readonly string[];
    readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  };
  readonly stderr: string;
};

/** Runs a command with `--json`, whatever its end. */
export async function runJson(
  args: readonly string[],
  options: Parameters<typeof dubber>[1] = {},
): Promise<Run> {
  const { code, stdout, stderr } = await dubber([...args, "--json"], options);
  const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "null");
  return { code, result, stderr };
}

/**
 * `dubber dub` of `folder/name` with `folder/talk.es.srt`, in a work directory of its own, which has to end well.
 *
 * @param args more arguments; `--subs`, `--to` and `--workdir` among them stand in place of these.
 */
export async function dubSmall(
  folder: string,
  name: string,
  args: readonly string[] = [],
): Promise<Run["result"] & { readonly plan: PlanFile }> {
  const usual = [
    ["--subs", join(folder, "talk.es.srt")],
    ["--to", "es"],
    ["--workdir", join(folder, `work-${basename(name)}`)],
  ] as const;
  const given = usual.filter(([flag]) => !args.includes(flag)).flat();
  const { code, result, stderr } = await runJson(["dub", join(folder, name), ...given, ...args]);
  expect({ code, stderr, error: result.error }).toEqual({ code: 0, stderr: "" });
  return { ...result, plan: await readPlanIn(result.languageDirectory) };
}

export async function readPlanIn(languageDirectory: string): Promise<PlanFile> {
  return JSON.parse(await readFile(join(languageDirectory, "plan.json"), "utf8")) as PlanFile;
}
