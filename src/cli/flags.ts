/** The flags of the dubbing commands: each is written once, named as in the contract, and grouped for the help page. Who
 * speaks is in voice-flags.ts, how engines are asked in speech-flags.ts, listening and translating in text-flags.ts. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { languages, number, pairs, wholeNumber } from "./flag-values.ts";

const stages = ["prep", "synth", "burn", "youtube"];

export function addWorkFlags(command: Command): Command {
  return command
    .optionsGroup("Work:")
    .option(
      "--to <language>",
      "language of the dub, e.g. es or pt-BR; several make a dub each: es,ru",
      languages,
    )
    .option("--source-language <language>", "language of the original")
    .option("--workdir <folder>", "where everything between the stages is kept (.work/<name>)")
    .addOption(
      new Option("--force <stage>", "run a stage again; may be repeated")
        .choices(stages)
        .argParser<string[]>((value, previous) => [...(previous ?? []), checkStage(value)]),
    )
    .option("--workers <n>", "processes and threads at work (one per core)", wholeNumber);
}

export function addTextFlags(command: Command): Command {
  return command
    .optionsGroup("Text:")
    .option("--subs <file>", "what to say: SRT, VTT, ASS or segments JSON")
    .option("--source-subs <file>", "what the original says; becomes the second subtitle track")
    .option("--segments-json <file>", "the same as segments JSON")
    .option("--segments-srt <file>", "the same as SRT");
}

/** Listened to by `prep`, mixed by `synth`. */
export function addStreamFlags(command: Command): Command {
  return command
    .optionsGroup("Sound:")
    .option("--audio-stream <n>", "which sound stream is the original, from 0", wholeNumber);
}

export function addTimingFlags(command: Command): Command {
  return command
    .optionsGroup("Timing:")
    .addOption(
      new Option("--align-mode <mode>", "what is spoken in one breath (sentence)").choices([
        "segment",
        "sentence",
        "block",
      ]),
    )
    .option("--sentence-join-gap <seconds>", "silence that always ends a sentence (1.2)", number)
    .option("--sentences-per-chunk <n>", "sentences in one breath (2)", wholeNumber)
    .option("--strict-timing", "every line into its own window")
    .option("--timing-tolerance-ms <ms>", "how exactly, with --strict-timing (30)", number)
    .addOption(
      new Option("--timing-fit-mode <mode>", "with --strict-timing (pad-or-speedup)").choices([
        "pad-or-speedup",
        "stretch-both",
      ]),
    )
    .option("--min-atempo <factor>", "slowest tempo (1.0)", number)
    .option("--max-atempo <factor>", "fastest tempo (1.3)", number)
    .option("--breath-pad-ms <ms>", "pause between lines pushed together (80; blocks 200)", number)
    .option("--no-speedup", "never speak faster than the voice does");
}

export function addSoundFlags(command: Command): Command {
  return command
    .optionsGroup("Sound:")
    .addOption(
      new Option("--background <how>", "the original sound under the dub (duck)").choices([
        "duck",
        "keep",
        "off",
      ]),
    )
    .option("--duck-db <dB>", "how much lower while a line is spoken (15)", number)
    .option("--loudness <LUFS|off>", "loudness of the result (-14)", loudness);
}

export function addOutputFlags(command: Command): Command {
  return command
    .optionsGroup("Output:")
    .option(
      "-o, --output <file>",
      "where the result goes (<name>.<language>.<ext> beside the video)",
    )
    .option("--keep-original", "the original sound as a second track")
    .option("--audio-only", "the dub without the picture")
    .addOption(
      new Option(
        "--burn-mode <mode>",
        "subtitles as a track, in the picture, or none (soft)",
      ).choices(["soft", "hard", "off"]),
    )
    .option(
      "--burn-style <key=value,…>",
      "font=Name, size=36, box=yes for subtitles in the picture",
      burnStyle,
    )
    .option("--burn-crf <n>", "x264 quality of the burnt-in picture, 0–51 (18)", wholeNumber)
    .option("--burn-preset <name>", "x264 preset (medium)");
}

/** Mixed by `synth`, put beside the result by `burn`. */
export function addStemsFlag(command: Command): Command {
  return command
    .optionsGroup("Output:")
    .option("--stems", "also speech and background as files of their own");
}

export function addReviewFlags(command: Command): Command {
  return command
    .option("--to <language>", "language of the dub")
    .option("--workdir <folder>", "where prep has kept it (.work/<name>)")
    .option("--edit", "open the text in $VISUAL or $EDITOR, and say what changed (off)")
    .option("--source", "with --edit: what the original says, to be translated anew (off)");
}

export function addReportFlags(command: Command): Command {
  return command
    .optionsGroup("Report:")
    .option("--json", "one JSON object per line on stdout, the last one the result")
    .option("--quiet", "only the result and errors")
    .option("--verbose", "more words, and the trace of an error");
}

function loudness(text: string): number | "off" {
  return text === "off" ? "off" : number(text);
}

function checkStage(value: string): string {
  if (stages.includes(value)) return value;
  throw new InvalidArgumentError("Stages are prep, synth, burn and youtube.");
}

function burnStyle(text: string): Record<string, unknown> {
  const { font, size, box, ...unknown } = pairs(text, "font=Name,size=36,box=yes");
  const names = Object.keys(unknown);
  if (names.length > 0)
    throw new InvalidArgumentError(`It knows font, size and box, not ${names.join(", ")}.`);
  return {
    ...(font !== undefined && { font }),
    ...(size !== undefined && { size: number(size) }),
    ...(box !== undefined && { box: ["yes", "true", "1"].includes(box) }),
  };
}
