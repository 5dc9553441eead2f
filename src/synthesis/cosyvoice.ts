/** Voices of a CosyVoice server: the model's own FastAPI server, versions 1 to 3. */
import { DubberError } from "../core/error.ts";
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
import { promptVoice, readCosyvoiceSettings } from "./cosyvoice-settings.ts";
import { engineTitle } from "./engine-title.ts";
import { nearestNames } from "./nearest-names.ts";
import { askForSound } from "./service-speech/speech.ts";
import type { Sound } from "./service-speech/wav-answer.ts";
import { speakableText } from "./speakable-text.ts";
import type { SpeechRequest, Synthesizer, SynthesizerFeatures } from "./synthesizer.ts";

const title = "CosyVoice";
/** One graphics card speaks two to four texts at once; more only wait there. */
const defaultLanes = 4;
const features: SynthesizerFeatures = {
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
 * server is asked for one short word, because some releases fail every such call and say nothing.
 *
 * @throws DubberError as {@link readCosyvoiceSettings} does.
 */
export async function openCosyvoice({
  env = {},
  lanes = defaultLanes,
}: CosyvoiceOptions = {}): Promise<Synthesizer> {
  const settings = await readCosyvoiceSettings(env);
  const { url, version, sampleRate, prompt, voices } = settings;
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

  /** One short word with the recording, for all calls together; what it finds out about the server stays. */
  const probeRecordings = shareOnce(
    async (signal) => {
      if (prompt === undefined) return;
      const form = buildForm(version, {
        text: probeText,
        instructions: undefined,
        speaker: prompt,
      });
      let isEmpty = false;
      const onReply: AskCall["onReply"] = ({ status, bytes }) => {
        isEmpty = status === 200 && bytes === 0;
      };
      try {
        await ask(form, { text: probeText, voice: promptVoice }, { signal, onReply });
      } catch (error) {
        signal.throwIfAborted();
        const isNamed = error instanceof Error && /invalid file|tensor/i.test(error.message);
        throw isEmpty || isNamed ? brokenServer() : error;
      }
    },
    (error) => error instanceof DubberError && error.code === "engine_unavailable",
  );

  async function speak(request: SpeechRequest, call: AskCall, signal: AbortSignal) {
    const { voice, seed } = request;
    const warnings: string[] = [];
    clampSpeed(request.speed, { range: undefined, title, warnings });
    if (seed !== undefined) warnings.push(`${title} takes no seed; it was ignored.`);
    const text = speakableText(cleaned(request.text, warnings), features.maxCharacters);
    const instructions = cleaned(request.instructions ?? "", warnings).trim() || undefined;
    const ids = voices.map(({ id }) => id);
    if (!ids.includes(voice)) throw unknownVoice(voice, ids);
    const speaker = voice === promptVoice && prompt ? prompt : voice;
    if (typeof speaker !== "string") await probeRecordings(signal);
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
    voices: (call) => calls.run(call?.signal, async () => voices),
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

function brokenServer(): DubberError {
  return new DubberError(
    "engine_unavailable",
    `This ${title} server fails whenever it is given a recording («Invalid file: tensor»).`,
    { hint: "Update the server; some of its releases cannot read recordings." },
  );
}
