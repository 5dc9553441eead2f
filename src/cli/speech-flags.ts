/** The flags of asking engines and services: how many calls at once, what happens when they fail, what they may cost. */
import { type Command, Option } from "commander";
import { limit, limits, numberIn, wholeNumberIn } from "./flag-values.ts";

/** How services and engines are asked, whatever for. */
export function addCallFlags(command: Command): Command {
  return command
    .optionsGroup("Calls:")
    .option(
      "--max-concurrent <n|auto>",
      "calls in flight at most, 1–1000, or auto to find out (MAX_CONCURRENT, or 5)",
      limit,
    )
    .option("--async-tts", "many calls at once (on; with --input_video only when given)")
    .option("--sync", "one call at a time (off)")
    .option("--tts-retries <n>", "tries after the first, 0–100 (4)", wholeNumberIn(0, 100))
    .option("--tts-timeout <seconds>", "how long one call may take, 0.1–3600 (120)", seconds(0.1))
    .option(
      "--tts-patience <seconds>",
      "how long a service may be down before its lines are given up, 0.1–86400 (120)",
      numberIn(0.1, 86_400),
    );
}

/** What happens to lines that fail, and what is written down. */
export function addSpeechFlags(command: Command): Command {
  return command
    .optionsGroup("Speaking:")
    .option("--fallback-provider <name>", "who speaks the lines that keep failing (nobody)")
    .option("--fallback-model <name>", "its model (the engine's own)")
    .option("--fallback-voice <id>", "its voice (one that speaks the language)")
    .option("--retry-failed", "speak only what failed last time (off)")
    .addOption(
      new Option("--log-format <format>", "of synth_async.log (text)").choices(["text", "json"]),
    );
}

export function addEstimateFlags(command: Command): Command {
  return command
    .optionsGroup("Cost:")
    .option("--estimate-only, --dry-run", "say what it would speak and cost, and stop (off)");
}

export function addMaxCostFlags(command: Command): Command {
  return command
    .optionsGroup("Cost:")
    .option("--max-cost <USD>", "stop before spending more (no limit)", numberIn(0));
}

/** What a minute of speech costs. */
export function addRateFlags(command: Command): Command {
  return command
    .optionsGroup("Cost:")
    .option("--rate-tts-openai-per-min <USD>", "a minute of openai's speech (0.03)", numberIn(0))
    .option(
      "--rate-tts-elevenlabs-per-min <USD>",
      "a minute of elevenlabs' speech (0.15)",
      numberIn(0),
    );
}

/** What tokens of a language model cost. */
export function addChatRateFlags(command: Command): Command {
  return command
    .optionsGroup("Cost:")
    .option("--rate-gpt-in-per-mtok <USD>", "a million tokens asked (0.60)", numberIn(0))
    .option("--rate-gpt-out-per-mtok <USD>", "a million tokens answered (2.40)", numberIn(0));
}

export function addBenchFlags(command: Command): Command {
  return command
    .optionsGroup("Bench:")
    .option("--limits <n,…>", "calls in flight to measure, each 1–1000 or auto (1,3,5,10)", limits)
    .option("--lines <n>", "lines spoken at each limit, 1–1000 (15)", wholeNumberIn(1, 1000))
    .option("--language <language>", "of the lines (en)")
    .option("--voice-main, --voice <id>", "voice (one that speaks the language)")
    .option("--yes", "do not ask before it costs something (off)");
}

const seconds = (min: number): ((text: string) => number) => numberIn(min, 3600);
