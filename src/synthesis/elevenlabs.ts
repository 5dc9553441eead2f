/** The voices of ElevenLabs. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { primaryLanguage } from "../core/language.ts";
import type { Voice } from "../core/voice.ts";
import { trackCalls } from "../service/calls.ts";
import { openConnection, type ServiceAnswer } from "../service/connection.ts";
import { connectionError, refusalError } from "../service/failure.ts";
import {
  below,
  type Env,
  plainAddress,
  readAddress,
  readKey,
  serviceLanes,
} from "../service/settings.ts";
import { clampSpeed } from "./clamp-speed.ts";
import { isRefusedKey, readVoices, understandElevenlabs } from "./elevenlabs-answers.ts";
import { elevenlabsModel } from "./elevenlabs-models.ts";
import { engineTitle } from "./engine-title.ts";
import { nearestNames } from "./nearest-names.ts";
import { askForSound } from "./service-speech/speech.ts";
import { speakableText } from "./speakable-text.ts";
import type { SpeechRequest, Synthesizer, SynthesizerFeatures } from "./synthesizer.ts";

const title = "ElevenLabs";
const keyVariable = "ELEVENLABS_API_KEY";
const officialUrl = "https://api.elevenlabs.io";
const defaultModel = "eleven_multilingual_v2";
const speed = { min: 0.7, max: 1.2 };

export type ElevenlabsOptions = {
  /** `ELEVENLABS_API_KEY`; `ELEVENLABS_BASE_URL` for another address than the official one. */
  readonly env?: Env;
  /** Default `eleven_multilingual_v2`. */
  readonly model?: string;
  readonly lanes?: number;
};

/**
 * Opens the engine; asks nothing yet, and needs no key before it is asked something. It then throws `key_missing`, or
 * `key_refused` for a key that cannot be one. Its voices are asked for once.
 *
 * @throws DubberError `invalid_options` (no address).
 */
export async function openElevenlabs({
  env = {},
  model = defaultModel,
  lanes = serviceLanes,
}: ElevenlabsOptions = {}): Promise<Synthesizer> {
  const key = (): string => readKey(env, keyVariable, { title }) ?? "";
  const url = readAddress(env, "ELEVENLABS_BASE_URL") ?? new URL(officialUrl);
  const service = {
    title,
    url,
    keyVariable,
    secrets: [env[keyVariable]?.trim() ?? "", url.password],
  };
  const { takesLanguage, takesContext, maxCharacters, languages } = elevenlabsModel(model);
  const features: SynthesizerFeatures = {
    ...{ speed, instructions: false, cloning: false, seed: true },
    ...{ context: takesContext, maxCharacters },
  };
  const connection = openConnection();
  const calls = trackCalls(engineTitle("elevenlabs"));
  let known: readonly Voice[] | undefined;

  async function askForList(signal: AbortSignal): Promise<ServiceAnswer> {
    const question = {
      method: "GET" as const,
      url: below(url, "v1/voices"),
      headers: { "xi-api-key": key() },
    };
    return connection.send(question, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw connectionError(service, error);
    });
  }

  async function askForVoices(signal: AbortSignal): Promise<readonly Voice[]> {
    const answer = await askForList(signal);
    if (answer.status < 200 || answer.status > 299) throw refused(answer);
    const voices = readVoices(answer.body, languages);
    if (voices !== undefined) return voices;
    const message = `${title} sent a list of voices that cannot be read.`;
    throw new DubberError("engine_failed", message, { retryable: true });
  }

  const refused = (answer: ServiceAnswer): DubberError => {
    const refusal = { status: answer.status, ...understandElevenlabs(answer) };
    return refusalError(service, refusal, {});
  };

  /** The list of voices is also what tells whether the key is taken. */
  async function checkKey(signal: AbortSignal): Promise<void> {
    if (known !== undefined) return;
    key();
    const answer = await askForList(signal).catch(() => undefined);
    signal.throwIfAborted();
    if (answer === undefined) return;
    if (answer.status >= 200 && answer.status <= 299) {
      known ??= readVoices(answer.body, languages);
    } else if (isRefusedKey(answer)) throw refused(answer);
  }

  /** The request's body, and what of the wish it leaves out. */
  function build(request: SpeechRequest) {
    const warnings: string[] = [];
    const text = speakableText(request.text, maxCharacters);
    const pace = clampSpeed(request.speed, { range: speed, title, warnings });
    if (request.instructions !== undefined) {
      warnings.push(`${title} cannot follow instructions; they were ignored.`);
    }
    const { seed, previousText, nextText } = request;
    const language = takesLanguage ? languageCode(request.language) : undefined;
    const body = {
      text,
      model_id: model,
      ...(language !== undefined && { language_code: language }),
      ...(pace !== 1 && { voice_settings: { speed: pace } }),
      // It takes 32 bits without a sign; any other number stands for one of those.
      ...(seed !== undefined && { seed: seed >>> 0 }),
      ...(takesContext && previousText && { previous_text: previousText }),
      ...(takesContext && nextText && { next_text: nextText }),
    };
    return { body, warnings };
  }

  async function voices(call?: Call): Promise<readonly Voice[]> {
    return calls.run(call?.signal, async (signal) => {
      known ??= await askForVoices(signal);
      return known;
    });
  }

  const close = async (): Promise<void> => {
    calls.close();
    connection.close();
  };
  const isOfficial = plainAddress(url) === officialUrl;
  return {
    name: "elevenlabs",
    version: isOfficial ? model : `${model} at ${plainAddress(url)}`,
    place: "service",
    lanes,
    features,
    voices,
    check: (call) => calls.run(call?.signal, checkKey),
    speak: (request, call) =>
      calls.run(call?.signal, async (signal) => {
        const { voice } = request;
        const { body, warnings } = build(request);
        const address = below(url, `v1/text-to-speech/${voiceInPath(voice)}`);
        address.search = "?output_format=wav_24000";
        const nearVoices = () => nearestNames(voice, known?.map(({ id }) => id) ?? []);
        const sound = await askForSound(
          {
            service,
            asked: { voice, model, nearVoices },
            text: body.text,
            ask: (until) =>
              connection.send(
                {
                  method: "POST",
                  url: address,
                  headers: { "xi-api-key": key(), "content-type": "application/json" },
                  body: [JSON.stringify(body)],
                },
                until,
              ),
            understand: understandElevenlabs,
          },
          { signal, onReply: call?.onReply },
        );
        return { ...sound, warnings };
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Dots alone would lead out of the path of voices; they are no voice, and a name is one step of a path. */
function voiceInPath(voice: string): string {
  if (/^\.*$/.test(voice)) {
    throw new DubberError("unknown_voice", `${JSON.stringify(voice)} is no voice.`, {
      hint: "`dubber voices` lists what it offers.",
    });
  }
  return encodeURIComponent(voice.toWellFormed());
}

/** ISO 639-1 where the language has such a code; nothing for what is no tag. */
function languageCode(language: string | undefined): string | undefined {
  try {
    return language === undefined ? undefined : primaryLanguage(language);
  } catch {
    return undefined;
  }
}
