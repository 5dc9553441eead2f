/** From flags and environment to the library's options. A flag wins over a variable; what nobody named stays away, so that the defaults hold. */
import { DubberError } from "../core/error.ts";
import type { DubOptions } from "../pipeline/options.ts";
import { engineNames } from "../synthesis/catalogue.ts";
import { type Environment, settingOf } from "./environment.ts";
import { limitForm, readLimit } from "./flag-values.ts";
import { textOptions } from "./text-settings.ts";

export type FlagValues = Readonly<Record<string, unknown>>;
/** Everything but the video, and the language, of which there may be several. */
export type GivenOptions = Omit<DubOptions, "video" | "to">;

/**
 * What commander read and the environment says, as options.
 *
 * @param values without `to`.
 * @returns the options, and remarks about flags that do not count as they stand.
 * @throws DubberError `usage` for flags that exclude each other and for variables with a wrong value; `invalid_options` for an
 *   engine that does not exist.
 */
export function toDubOptions(
  values: FlagValues,
  env: Environment,
): { readonly options: GivenOptions; readonly remarks: readonly string[] } {
  const { json: _json, quiet: _quiet, verbose: _verbose, tts, speedup, ...more } = values;
  const { ttsProvider: _provider, asyncTts, sync, dryRun: _dryRun, ...others } = more;
  const { elevenlabsVoiceId: _id, elevenlabsModelId: _model, ...spoken } = others;
  const { segmentsJson: _segments, segmentsSrt: _cues, rewrite, disclosure, ...rest } = spoken;
  const { options, remarks } = speechOptions(values as SpeechFlags, env);
  if (asyncTts === true && sync === true) {
    throw new DubberError("usage", "--async-tts and --sync exclude each other.", {
      hint: "Many calls at once are the default; --sync makes one at a time.",
    });
  }
  const isIgnored = sync === true && values.maxConcurrent !== undefined;
  const switches = {
    ...(tts === false && { noTts: true }),
    ...(speedup === false && { noSpeedup: true }),
    ...(rewrite === false && { noRewrite: true }),
    ...(disclosure === false && { noDisclosure: true }),
  };
  return {
    options: { ...rest, ...switches, ...options, ...textOptions(values, env) } as GivenOptions,
    remarks: [
      ...remarks,
      ...(isIgnored
        ? ["--max-concurrent does not count: calls go one at a time without --async-tts."]
        : []),
    ],
  };
}

/** The flags that name an engine and its model. */
export type EngineFlags = { readonly ttsProvider?: string; readonly ttsModel?: string };

type SpeechFlags = EngineFlags & {
  readonly voice?: string;
  readonly voiceInstructions?: string;
  readonly elevenlabsVoiceId?: string;
  readonly elevenlabsModelId?: string;
  readonly fallbackProvider?: string;
  readonly fallbackModel?: string;
  readonly fallbackVoice?: string;
  readonly maxConcurrent?: number | "auto";
  readonly sync?: boolean;
};

/** Who speaks, with which model and voice, and how many at once. */
function speechOptions(flags: SpeechFlags, env: Environment) {
  const engine = chooseEngine(flags, env);
  const { fallbackProvider } = flags;
  checkEngine(fallbackProvider, "--fallback-provider");
  const isEleven = engine === "elevenlabs";
  const elevenVoice = flags.elevenlabsVoiceId ?? settingOf(env, "ELEVENLABS_VOICE_ID");
  const ttsModel = (isEleven ? flags.elevenlabsModelId : undefined) ?? chooseModel(flags, env);
  const voice = isEleven ? (flags.elevenlabsVoiceId ?? flags.voice ?? elevenVoice) : flags.voice;
  const isElevenFallback = fallbackProvider === "elevenlabs";
  const fallbackModel =
    flags.fallbackModel ?? (isElevenFallback ? flags.elevenlabsModelId : undefined);
  const fallbackVoice = flags.fallbackVoice ?? (isElevenFallback ? elevenVoice : undefined);
  const voiceInstructions =
    flags.voiceInstructions ??
    (engine === "openai" ? settingOf(env, "OPENAI_TTS_INSTRUCTIONS") : undefined);
  const maxConcurrent = flags.sync ? 1 : (flags.maxConcurrent ?? limitFrom(env));
  const given = { engine, ttsModel, voice, voiceInstructions, maxConcurrent };
  const all = { ...given, fallbackProvider, fallbackModel, fallbackVoice };
  return {
    options: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    remarks: isEleven || isElevenFallback ? [] : unusedFlags(flags),
  };
}

/**
 * The engine that was named; undefined when nobody named one.
 *
 * @throws DubberError `invalid_options` for one that does not exist, saying where its name came from.
 */
export function chooseEngine({ ttsProvider }: EngineFlags, env: Environment): string | undefined {
  checkEngine(ttsProvider, "--tts-provider");
  if (ttsProvider !== undefined) return ttsProvider;
  const named = settingOf(env, "TTS_PROVIDER");
  checkEngine(named, "TTS_PROVIDER");
  return named;
}

/** TTS_MODEL belongs to TTS_PROVIDER: it does not count when a flag names another engine than that. */
export function chooseModel(
  { ttsProvider, ttsModel }: EngineFlags,
  env: Environment,
): string | undefined {
  const usual = settingOf(env, "TTS_PROVIDER");
  const isOther = ttsProvider !== undefined && usual !== undefined && ttsProvider !== usual;
  return ttsModel ?? (isOther ? undefined : settingOf(env, "TTS_MODEL"));
}

function checkEngine(name: string | undefined, source: string): void {
  if (name === undefined || engineNames.includes(name)) return;
  throw new DubberError("invalid_options", `There is no voice engine "${name}" (${source}).`, {
    hint: `Choose one of: ${engineNames.join(", ")}.`,
  });
}

function limitFrom(env: Environment): number | "auto" | undefined {
  const text = settingOf(env, "MAX_CONCURRENT");
  if (text === undefined) return undefined;
  const value = readLimit(text);
  if (value !== undefined) return value;
  throw new DubberError("usage", `MAX_CONCURRENT is "${text}"; it takes ${limitForm}.`, {
    hint: "Change it in the environment or in .env, or say --max-concurrent.",
  });
}

function unusedFlags({ elevenlabsVoiceId, elevenlabsModelId }: SpeechFlags): readonly string[] {
  const unused = [
    ...(elevenlabsVoiceId === undefined ? [] : ["--elevenlabs-voice-id"]),
    ...(elevenlabsModelId === undefined ? [] : ["--elevenlabs-model-id"]),
  ];
  return unused.map(
    (flag) => `${flag} does not count: elevenlabs is neither the engine nor the fallback.`,
  );
}
