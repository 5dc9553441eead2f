/** OpenAI's voices, and any server that speaks its `/v1/audio/speech`. */
import type OpenAI from "openai";
import { trackCalls } from "../service/calls.ts";
import { askClient } from "../service/openai-client.ts";
import { understandOpenai } from "../service/openai-refusal.ts";
import { openaiServer } from "../service/openai-server.ts";
import { type Env, serviceLanes } from "../service/settings.ts";
import { engineTitle } from "./engine-title.ts";
import { nearestNames } from "./nearest-names.ts";
import { buildBody } from "./openai-request.ts";
import { isOldModel, openaiVoices } from "./openai-voices.ts";
import { askForSound } from "./service-speech/speech.ts";
import type { Synthesizer, SynthesizerFeatures } from "./synthesizer.ts";
import { checkCloning } from "./voice-recording.ts";

const name = "openai";
const defaultModel = "gpt-4o-mini-tts";

export type OpenaiOptions = {
  /**
   * `OPENAI_API_KEY`; `OPENAI_BASE_URL` for another server, which then may need no key; `OPENAI_ORG_ID` and
   * `OPENAI_PROJECT_ID` for whom to charge.
   */
  readonly env?: Env;
  /** Default `gpt-4o-mini-tts`. */
  readonly model?: string;
  readonly lanes?: number;
  /** A client of the caller's own, instead of `env`. Its retries and time limits do not count here. */
  readonly client?: OpenAI;
};

/**
 * Opens the engine; asks nothing yet, and needs no key before it is asked to speak. It then throws `key_missing`, or
 * `key_refused` for a key that cannot be one.
 *
 * @throws DubberError `invalid_options` (no address).
 */
export async function openOpenai({
  env = {},
  model = defaultModel,
  lanes = serviceLanes,
  client: given,
}: OpenaiOptions): Promise<Synthesizer> {
  const { service, otherAddress, client, checkKey } = openaiServer({ env, client: given });
  const calls = trackCalls(engineTitle(name));
  const voices = openaiVoices(model);
  const features: SynthesizerFeatures = {
    speed: { min: 0.25, max: 4 },
    instructions: !isOldModel(model),
    cloning: false,
    seed: false,
    context: false,
    maxCharacters: 4096,
  };

  const close = async (): Promise<void> => calls.close();
  return {
    name,
    version: otherAddress === undefined ? model : `${model} at ${otherAddress}`,
    place: "service",
    lanes,
    features,
    voices: (call) => calls.run(call?.signal, async () => voices),
    check: (call) => calls.run(call?.signal, checkKey),
    speak: (request, call) =>
      calls.run(call?.signal, async (signal) => {
        checkCloning(request, { name, features });
        const { body, warnings } = buildBody(request, model, features);
        const asking = await client();
        const sound = await askForSound(
          {
            service,
            asked: {
              voice: body.voice,
              model,
              nearVoices: () =>
                nearestNames(
                  body.voice,
                  voices.map(({ id }) => id),
                ),
            },
            text: body.input,
            ask: (until) =>
              askClient((options) => asking.audio.speech.create(body, options), until),
            understand: understandOpenai,
          },
          { signal, onReply: call?.onReply },
        );
        return { ...sound, warnings };
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
