/** The flags of `dubber serve`: the few variables people change by hand; docs/configuration.md lists all. */
import type { Command } from "commander";
import { wholeNumberIn } from "./flag-values.ts";

export function addServeFlags(command: Command): Command {
  return command
    .optionsGroup("Server:")
    .option("--host <address>", "where to listen (HOST, or 127.0.0.1)")
    .option("--port <n>", "0 takes a free one (PORT, or 8000)", wholeNumberIn(0, 65_535))
    .option(
      "--data-dir <folder>",
      "tasks, voices and results (DATA_DIR, or ~/.local/share/dubber/server)",
    )
    .option(
      "--tts-engine, --tts-provider <name>",
      "who speaks where a voice does not say it (TTS_ENGINE, or embedded)",
    )
    .option(
      "--workers <n>",
      "tasks at work at once, 1–256 (MAX_SYNTHESIS_WORKERS, or 4)",
      wholeNumberIn(1, 256),
    );
}
