/** From flags and environment to the options of hearing and translating. */
import { DubberError } from "../core/error.ts";
import type { DubOptions } from "../pipeline/options.ts";
import { type Environment, settingOf } from "./environment.ts";

type TextOptions = Pick<
  DubOptions,
  "stt" | "translate" | "translationModel" | "gptModel" | "sourceSubs"
>;

/**
 * What a flag or a variable says; what neither says stays away.
 *
 * @throws DubberError `usage` for a variable with a wrong value, and for two different files with what the original says.
 */
export function textOptions(
  flags: Readonly<Record<string, unknown>>,
  env: Environment,
): TextOptions {
  const { stt, translate, translationModel, gptModel } = flags;
  const all = {
    stt: stt ?? recogniserFrom(env),
    translate: translate ?? switchFrom(env, "TRANSLATE"),
    translationModel: translationModel ?? settingOf(env, "TRANSLATION_MODEL"),
    gptModel: gptModel ?? settingOf(env, "GPT_MODEL"),
    sourceSubs: sourceOf(flags),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const recognisers = ["auto", "local", "openai"];

function recogniserFrom(env: Environment): string | undefined {
  const text = settingOf(env, "STT_PROVIDER");
  if (text === undefined || recognisers.includes(text)) return text;
  throw new DubberError("usage", `STT_PROVIDER is "${text}"; it takes ${recognisers.join(", ")}.`, {
    hint: "Change it in the environment or in .env, or say --stt.",
  });
}

const switches: Readonly<Record<string, boolean>> = {
  ...{ "1": true, true: true, yes: true, on: true },
  ...{ "0": false, false: false, no: false, off: false },
};

function switchFrom(env: Environment, name: string): boolean | undefined {
  const text = settingOf(env, name)?.toLowerCase();
  if (text === undefined) return undefined;
  if (Object.hasOwn(switches, text)) return switches[text];
  throw new DubberError("usage", `${name} is "${text}"; it takes 1, true, yes, 0, false or no.`, {
    hint: "Change it in the environment or in .env.",
  });
}

/** Three flags name what the original says; a file may be named by all of them, but only one file. */
function sourceOf(flags: Readonly<Record<string, unknown>>): string | undefined {
  const given = [
    ["--source-subs", flags.sourceSubs],
    ["--segments-json", flags.segmentsJson],
    ["--segments-srt", flags.segmentsSrt],
  ].filter((one): one is [string, string] => one[1] !== undefined);
  const files = new Set(given.map(([, file]) => file));
  if (files.size <= 1) return given[0]?.[1];
  const names = given.map(([flag]) => flag).join(" and ");
  throw new DubberError("usage", `${names} name different files for what the original says.`, {
    hint: "Name the one that is right.",
  });
}
