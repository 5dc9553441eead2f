/** The voices of ElevenLabs. */
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { primaryLanguage } from "../core/language.ts";
import type { AskCall } from "../core/service-reply.ts";
import type { Voice } from "../core/voice.ts";
import type { ServiceAskCall } from "../service/ask.ts";
import { trackCalls } from "../service/calls.ts";
import { openConnection, type ServiceAnswer, type ServiceQuestion } from "../service/connection.ts";
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
import { elevenlabsVoicePath, type NewVoice, voiceKeeper } from "./elevenlabs-voices.ts";
import { engineTitle } from "./engine-title.ts";
import { nearestNames } from "./nearest-names.ts";
import { recordedVoices } from "./recorded-voices.ts";
import { askForSound } from "./service-speech/speech.ts";
import { speakableText } from "./speakable-text.ts";
import type { SpeechRequest, Synthesizer, SynthesizerFeatures } from "./synthesizer.ts";
import { recordingHash } from "./voice-recording.ts";

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
    ...{ speed, instructions: false, cloning: true, seed: true },
    ...{ context: takesContext, maxCharacters },
  };
  const connection = openConnection();
  const calls = trackCalls(engineTitle("elevenlabs"));
  let known: readonly Voice[] | undefined;

  /** Throws at once, and does not reject, where there is no key: that is no failure of the connection. */
  const send = (question: ServiceQuestion, signal: AbortSignal): Promise<ServiceAnswer> => {
    const headers = { "xi-api-key": key(), ...question.headers };
    return connection.send({ ...question, headers }, signal);
  };

  async function askForList(signal: AbortSignal): Promise<ServiceAnswer> {
    return send({ method: "GET", url: below(url, "v1/voices") }, signal).catch((error: unknown) => {
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

  const keeper = voiceKeeper({ service, send });
  /** Under a name that tells its sound: what an earlier run has made, or a try nobody heard the end of, is found again. */
  const recorded = recordedVoices(async (recording, call) => {
    const name = `Dubber ${recordingHash(recording).slice(0, 24)}`;
    const listed = await askForVoices(call.signal).catch(() => []);
    call.signal.throwIfAborted();
    const found = listed.find((voice) => voice.name === name);
    return found?.id ?? addVoice({ name, recording }, call);
  });

  async function addVoice(voice: NewVoice, call: ServiceAskCall): Promise<string> {
    const id = await keeper.add(voice, call);
    known = undefined;
    return id;
  }

  async function removeVoice(id: string, signal: AbortSignal): Promise<void> {
    await keeper.remove(id, { signal, onReply: undefined });
    recorded.forget(id);
    known = undefined;
  }

  async function speak(request: SpeechRequest, call: AskCall, signal: AbortSignal) {
    const { recording } = request;
    const { body, warnings } = build(request);
    const asking = { signal, onReply: call.onReply };
    const voice = recording ? await recorded.idOf(recording, asking) : request.voice;
    const path = elevenlabsVoicePath(voice);
    if (path === undefined) throw noVoice(voice);
    const address = below(url, `v1/text-to-speech/${path}`);
    address.search = "?output_format=wav_24000";
    const nearVoices = () => nearestNames(voice, known?.map(({ id }) => id) ?? []);
    const sound = await askForSound(
      {
        service,
        asked: { voice, model, nearVoices },
        text: body.text,
        ask: (until) =>
          send(
            {
              method: "POST",
              url: address,
              headers: { "content-type": "application/json" },
              body: [JSON.stringify(body)],
            },
            until,
          ),
        understand: understandElevenlabs,
      },
      asking,
    ).catch((error: unknown) => {
      const isGone = error instanceof DubberError && error.code === "unknown_voice";
      if (!isGone || recording === undefined) throw error;
      recorded.forget(voice);
      throw goneVoice();
    });
    return { ...sound, warnings };
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
    speak: (request, call = {}) => calls.run(call.signal, (signal) => speak(request, call, signal)),
    addVoice: (voice, call) =>
      calls.run(call?.signal, (signal) => addVoice(voice, { signal, onReply: undefined })),
    removeVoice: (id, call) => calls.run(call?.signal, (signal) => removeVoice(id, signal)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function noVoice(voice: string): DubberError {
  return new DubberError("unknown_voice", `${JSON.stringify(voice)} is no voice.`, {
    hint: "`dubber voices` lists what it offers.",
  });
}

function goneVoice(): DubberError {
  const message = `${title} has no longer the voice it made of the recording.`;
  return new DubberError("engine_failed", message, {
    hint: "Another try makes it again.",
    retryable: true,
  });
}

/** ISO 639-1 where the language has such a code; nothing for what is no tag. */
function languageCode(language: string | undefined): string | undefined {
  try {
    return language === undefined ? undefined : primaryLanguage(language);
  } catch {
    return undefined;
  }
}
