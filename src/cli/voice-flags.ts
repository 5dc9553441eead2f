/** The flags that say who speaks, and how. */
import { type Command, Option } from "commander";
import { numberIn, pairs, wholeNumberIn } from "./flag-values.ts";

/** Which engine, and which of its models. */
export function addEngineFlags(command: Command): Command {
  return command
    .optionsGroup("Voice:")
    .option(
      "--engine, --tts-provider <name>",
      "who speaks: embedded, openai, elevenlabs or cosyvoice (TTS_PROVIDER, or the best local one)",
    )
    .option("--tts-model <name>", "model of the engine (TTS_MODEL, or the engine's own)");
}

export function addVoiceFlags(command: Command): Command {
  return addEngineFlags(command)
    .option(
      "--voice-main, --voice <id>",
      "voice (one that speaks the language; `dubber voices` lists them)",
    )
    .addOption(
      new Option("--gender <gender>", "a voice of this kind (any)").choices(["female", "male"]),
    )
    .option(
      "--voice-map <speaker=voice>",
      "a voice for a speaker the text names; may be repeated, or joined by commas (one for each)",
      speakerVoices,
    )
    .option(
      "--voice-instructions <text>",
      "how to say it, in words (OPENAI_TTS_INSTRUCTIONS with openai)",
    )
    .option("--voice-speed <factor>", "pace asked of the engine, 0.25–4 (1)", numberIn(0.25, 4))
    .option(
      "--voice-seed <n>",
      "for engines that draw lots (none)",
      wholeNumberIn(0, 4_294_967_295),
    )
    .option("--voice-context", "send the neighbouring lines along, for the tone (off)")
    .option(
      "--elevenlabs-voice-id <id>",
      "voice when elevenlabs speaks (ELEVENLABS_VOICE_ID, or one that speaks the language)",
    )
    .option("--elevenlabs-model-id <name>", "model when elevenlabs speaks (eleven_multilingual_v2)")
    .option("--no-tts", "speak nothing new; what is missing stays silent and is reported (off)");
}

function speakerVoices(
  text: string,
  previous: Record<string, string> = {},
): Record<string, string> {
  return { ...previous, ...pairs(text, "SPEAKER=VOICE") };
}
