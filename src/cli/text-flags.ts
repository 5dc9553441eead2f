/** The flags of everything that is about text: hearing it, translating it, and the texts around the video. */
import { type Command, Option } from "commander";
import { numberIn, speakers } from "./flag-values.ts";

/** Who listens, and who is told apart. */
export function addListeningFlags(command: Command): Command {
  return command
    .optionsGroup("Listening:")
    .addOption(
      new Option(
        "--stt <who>",
        "who listens where there is no text: auto and local, a model on this machine; openai, a service (STT_PROVIDER, or auto)",
      ).choices(["auto", "local", "openai"]),
    )
    .option(
      "--whisper-model, --stt-model <name>",
      "model of the recogniser (whisper-1 with openai, else the best one installed)",
    )
    .option("--stt-fallback", "ask the other recogniser when the first one fails (off)")
    .option("--denoise", "take the noise out before listening; needs the model gtcrn (off)")
    .option(
      "--speakers <auto|n|off>",
      "who speaks when: auto where the models for it are installed, or so many, 1–50 (auto)",
      speakers,
    )
    .optionsGroup("Cost:")
    .option("--rate-stt-openai-per-min <USD>", "a minute of listening (0.006)", numberIn(0));
}

/** Who translates and rewords, and how. */
export function addTranslationFlags(command: Command): Command {
  return command
    .optionsGroup("Translation:")
    .option("--translate", "have gpt-4o-mini translate (TRANSLATE, or off)")
    .option("--translation-model <name>", "have this model translate (TRANSLATION_MODEL, or none)")
    .option("--glossary <file>", "CSV of term, translation, note; without translation a term stays")
    .option("--style <text>", "how the translation is to sound, in words")
    .option("--memory <file>", "what was translated before, kept across videos")
    .addOption(
      new Option("--formality <how>", "how people are addressed (as the original does)").choices([
        "formal",
        "informal",
      ]),
    );
}

export function addPolishFlags(command: Command): Command {
  return command
    .optionsGroup("Translation:")
    .option("--skip-polish", "leave what was heard as it is (off)");
}

export function addRewriteFlags(command: Command): Command {
  return command
    .optionsGroup("Translation:")
    .option("--no-rewrite", "do not ask for shorter words where a line does not fit (off)");
}

/** Speakers are recognised by it when they are heard, and given their voices when they speak. */
export function addKnownVoicesFlags(command: Command): Command {
  return command
    .optionsGroup("Voice:")
    .option("--voices <file>", "a voices.json that keeps each speaker's voice across videos");
}

/** The model that polishes, and writes about the video. */
export function addGptFlags(command: Command): Command {
  return command
    .optionsGroup("Translation:")
    .option(
      "--gpt-model <name>",
      "model that polishes, and writes for --youtube-ai (GPT_MODEL, or the one that translates)",
    );
}

export function addYoutubeFlags(command: Command): Command {
  return command
    .optionsGroup("YouTube:")
    .option("--youtube-outdir <folder>", "where the texts go (youtube/ in the work directory)")
    .addOption(
      new Option("--youtube-source <what>", "where chapters may begin (sentences)").choices([
        "sentences",
        "srt",
        "blocks",
      ]),
    )
    .option(
      "--youtube-gap-thresh <seconds>",
      "shortest pause before a chapter, 0–600 (1.5)",
      numberIn(0, 600),
    )
    .option("--youtube-ai", "have a language model write them (off)")
    .option("--youtube-title <text>", "the title (made from the file's name)")
    .option("--no-disclosure", "leave out the line that says the voice is synthetic (off)");
}
