/** Voices of a CosyVoice server: the model's own FastAPI server, versions 1 to 3. */
import { DubberError, type ErrorCode } from "../core/error.ts";
import type { AskCall } from "../core/service-reply.ts";
import type { ServiceAskCall } from "../service/ask.ts";
import { trackCalls } from "../service/calls.ts";
import { openConnection } from "../service/connection.ts";
import { encodeForm } from "../service/multipart-form.ts";
import { understandOpenai } from "../service/openai-refusal.ts";
import { below, type Env } from "../service/settings.ts";
import { shareOnce } from "../service/shared-once.ts";
import { clampSpeed } from "./clamp-speed.ts";
import { buildForm, type CosyvoiceForm, withoutMarkers } from "./cosyvoice-request.ts";
import {
  type CosyvoicePrompt,
  type CosyvoiceVersion,
  promptVoice,
  readCosyvoiceSettings,
} from "./cosyvoice-settings.ts";
import { engineTitle } from "./engine-title.ts";
import { nearestNames } from "./nearest-names.ts";
import { plainRecording } from "./prompt-recording.ts";
import { askForSound } from "./service-speech/speech.ts";
import type { Sound } from "./service-speech/wav-answer.ts";
import { speakableText } from "./speakable-text.ts";
import type {
  SpeechRequest,
  Synthesizer,
  SynthesizerFeatures,
  VoiceRecording,
} from "./synthesizer.ts";

const title = "CosyVoice";
/** One graphics card speaks two to four texts at once; more only wait there. */
const defaultLanes = 4;
const baseFeatures: SynthesizerFeatures = {
  instructions: true,
  cloning: true,
  seed: false,
  context: false,
  // The server splits by itself and speaks the pieces one after the other: about two minutes of sound.
  maxCharacters: 2000,
};
/** Understood by every version, and short. */
const probeText = "你好。";

export type CosyvoiceOptions = {
  /** See {@link readCosyvoiceSettings}. */
  readonly env?: Env;
  readonly lanes?: number;
};

/**
 * Opens the engine: reads its settings and its recording, asks nothing yet. Before the first text with a recorded voice the
 * server is asked for one short word, because some releases fail every such call and say nothing. Versions 2 and 3 have no
 * voices of their own: without `COSYVOICE_PROMPT_WAV` they throw `engine_unavailable` when they are asked for their voices, or to
 * speak without a recording.
 *
 * @throws DubberError as {@link readCosyvoiceSettings} does.
 */
export async function openCosyvoice({
  env = {},
  lanes = defaultLanes,
}: CosyvoiceOptions = {}): Promise<Synthesizer> {
  const settings = await readCosyvoiceSettings(env);
  const { url, version, sampleRate, prompt, voices } = settings;
  const needsRecording = version !== 1 && prompt === undefined;
  const features = { ...baseFeatures, ...(needsRecording && { needsRecording }) };
  const service = { title, url, secrets: [url.password] };
  const connection = openConnection();
  const calls = trackCalls(engineTitle("cosyvoice"));

  function ask(
    form: CosyvoiceForm,
    { text, voice }: { readonly text: string; readonly voice: string },
    call: ServiceAskCall,
  ): Promise<Sound> {
    const { contentType, body } = encodeForm(form.fields);
    return askForSound(
      {
        service,
        asked: { voice },
        text,
        bareRate: sampleRate,
        breaksOffOnFailure: true,
        ask: (until) =>
          connection.send(
            {
              method: "POST",
              url: below(url, form.path),
              headers: { "content-type": contentType },
              body,
            },
            until,
          ),
        // FastAPI's `detail`, which servers behind OpenAI's API have too.
        understand: (answer) => ({ message: understandOpenai(answer).message }),
      },
      call,
    );
  }

  let atHand = prompt;
  /** One short word with a recording, for all calls together; what it finds out about the server stays. */
  const probeRecordings = shareOnce(
    async (signal) => {
      if (atHand === undefined) return;
      const wish = { text: probeText, instructions: undefined, speaker: atHand };
      const form = buildForm(version, wish);
      let isEmpty = false;
      const onReply: AskCall["onReply"] = ({ status, bytes }) => {
        isEmpty = status === 200 && bytes === 0;
      };
      try {
        await ask(form, { text: probeText, voice: promptVoice }, { signal, onReply });
      } catch (error) {
        signal.throwIfAborted();
        const isNamed = error instanceof Error && /invalid file|tensor/i.test(error.message);
        throw isEmpty || isNamed ? brokenServer(version) : error;
      }
    },
    (error) => error instanceof DubberError && error.code === brokenCode(version),
  );

  /** Who speaks: one of the server's speakers, or a recording. */
  function speakerOf({ voice, recording }: SpeechRequest): string | CosyvoicePrompt {
    if (recording !== undefined) return promptOf(recording);
    if (needsRecording) throw noVoices(version);
    const ids = voices.map(({ id }) => id);
    if (!ids.includes(voice)) throw unknownVoice(voice, ids);
    return voice === promptVoice && prompt ? prompt : voice;
  }

  async function speak(request: SpeechRequest, call: AskCall, signal: AbortSignal) {
    const { voice, seed } = request;
    const warnings: string[] = [];
    clampSpeed(request.speed, { range: undefined, title, warnings });
    if (seed !== undefined) warnings.push(`${title} takes no seed; it was ignored.`);
    const text = speakableText(cleaned(request.text, warnings), features.maxCharacters);
    const instructions = cleaned(request.instructions ?? "", warnings).trim() || undefined;
    const speaker = speakerOf(request);
    if (typeof speaker !== "string") {
      atHand ??= speaker;
      await probeRecordings(signal);
    }
    const form = buildForm(version, { text, instructions, speaker });
    const sound = await ask(form, { text, voice }, { signal, onReply: call.onReply });
    return { ...sound, warnings: [...warnings, ...form.warnings] };
  }

  const close = async (): Promise<void> => {
    calls.close();
    connection.close();
  };
  return {
    name: "cosyvoice",
    version: settings.identity,
    place: "service",
    lanes,
    features,
    voices: (call) =>
      calls.run(call?.signal, async () => {
        if (needsRecording) throw noVoices(version);
        return voices;
      }),
    speak: (request, call = {}) => calls.run(call.signal, (signal) => speak(request, call, signal)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function cleaned(text: string, warnings: string[]): string {
  const clean = withoutMarkers(text);
  if (clean !== text) warnings.push("Control words such as <|…|> were left out of the text.");
  return clean;
}

function unknownVoice(voice: string, ids: readonly string[]): DubberError {
  const near = nearestNames(voice, ids);
  return new DubberError("unknown_voice", `This ${title} server has no voice "${voice}".`, {
    hint: `It has: ${(near.length > 0 ? near : ids).slice(0, 10).join(", ")}.`,
  });
}

function noVoices(version: CosyvoiceVersion): DubberError {
  return new DubberError(
    "engine_unavailable",
    `CosyVoice ${version} has no voices of its own, and COSYVOICE_PROMPT_WAV is not set.`,
    {
      hint: "Set it to a recording of the voice, and COSYVOICE_PROMPT_TEXT to what is said in it.",
    },
  );
}

/** Version 1 can still speak with its own speakers. */
function brokenCode(version: CosyvoiceVersion): ErrorCode {
  return version === 1 ? "engine_unsupported" : "engine_unavailable";
}

function brokenServer(version: CosyvoiceVersion): DubberError {
  return new DubberError(
    brokenCode(version),
    `This ${title} server fails whenever it is given a recording («Invalid file: tensor»).`,
    { hint: "Update the server; some of its releases cannot read recordings." },
  );
}

/** A recording as the server gets it. The server takes no empty words. */
function promptOf({ wav, text = "" }: VoiceRecording): CosyvoicePrompt {
  const said = withoutMarkers(text).trim();
  return { wav: plainRecording(wav), text: said === "" ? undefined : said };
}
