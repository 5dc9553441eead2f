/** The command line as the asynchronous guide writes it: `dubber --input_video V --stage S …`. Rewrites it, runs nothing. */
import { DubberError } from "../core/error.ts";
import type { Environment } from "./environment.ts";
import { settingOf } from "./environment.ts";

const commands: Readonly<Record<string, string>> = {
  all: "dub",
  prep: "prep",
  synth: "synth",
  burn: "burn",
  youtube: "youtube",
};

/** Whether the arguments, spelled with `-`, begin with a flag and name a video or a stage that way. */
export function isDocumentedForm(argv: readonly string[]): boolean {
  const flags = flagsOf(argv);
  return (
    argv[0]?.startsWith("-") === true &&
    flags.some((one) => isFlag(one, "--input-video", "--stage"))
  );
}

/**
 * The same in the modern form: `--input-video talk.mp4 --stage synth` → `synth talk.mp4`. Without `--async-tts` calls
 * go one at a time, and openai speaks unless a flag or TTS_PROVIDER names another engine.
 *
 * @param argv arguments whose flags are spelled with `-`.
 * @throws DubberError `usage` for a stage that does not exist and when no video is named.
 */
export function documentedForm(argv: readonly string[], env: Environment): readonly string[] {
  const rest: string[] = [];
  const videos: string[] = [];
  let stage = "all";
  const flags = flagsOf(argv);
  if (flags.some((one) => isFlag(one, "--help", "-h"))) return ["dub", "--help"];
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] as string;
    const isVideo = isFlag(argument, "--input-video") && index < flags.length;
    const isStage = isFlag(argument, "--stage") && index < flags.length;
    if (!isVideo && !isStage) {
      rest.push(argument);
      continue;
    }
    const at = argument.indexOf("=");
    const value = at > 0 ? argument.slice(at + 1) : argv[++index];
    if (value === undefined || value === "") throw missingValue(argument);
    if (isVideo) videos.push(value);
    else stage = value;
  }
  if (videos.length === 0) throw missingValue("--input-video");
  const given = flagsOf(rest);
  const hasEngine =
    given.some((one) => isFlag(one, "--tts-provider", "--engine")) ||
    settingOf(env, "TTS_PROVIDER") !== undefined;
  const hasOrder = given.some((one) => isFlag(one, "--async-tts", "--sync"));
  return [
    commandOf(stage),
    // A name that begins with a dash would be read as a flag.
    ...videos.map((video) => (video.startsWith("-") ? `./${video}` : video)),
    ...(hasOrder ? [] : ["--sync"]),
    ...(hasEngine ? [] : ["--tts-provider", "openai"]),
    ...rest,
  ];
}

function commandOf(stage: string): string {
  const command = Object.hasOwn(commands, stage) ? commands[stage] : undefined;
  if (command !== undefined) return command;
  throw new DubberError("usage", `There is no stage "${stage}".`, {
    hint: "Stages are prep, synth, burn and youtube; without --stage all of them run.",
  });
}

/** The arguments before `--`. */
function flagsOf(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end < 0 ? argv : argv.slice(0, end);
}

function isFlag(argument: string, ...names: readonly string[]): boolean {
  return names.some((name) => argument === name || argument.startsWith(`${name}=`));
}

function missingValue(flag: string): DubberError {
  const [name] = flag.split("=");
  return new DubberError("usage", `${name} needs a value.`, {
    hint: "For example: dubber --input_video talk.mp4 --stage synth --async-tts",
  });
}
