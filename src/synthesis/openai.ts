/** OpenAI's voices, and any server that speaks its `/v1/audio/speech`. */
import type OpenAI from "openai";
import { nearestNames } from "./nearest-names.ts";
import { askClient, askForModels, makeClient } from "./openai-client.ts";
import { understandOpenai, understandRefusedKey } from "./openai-refusal.ts";
import { buildBody } from "./openai-request.ts";
import { isOldModel, openaiVoices } from "./openai-voices.ts";
import { trackCalls } from "./service/calls.ts";
import { refusalError } from "./service/failure.ts";
import { type Env, plainAddress, readAddress, serviceLanes } from "./service/settings.ts";
import { askForSound } from "./service/speech.ts";
import type { Synthesizer, SynthesizerFeatures } from "./synthesizer.ts";

const title = "OpenAI";
const officialUrl = "https://api.openai.com/v1";
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
  const address = given ? new URL(given.baseURL) : readAddress(env, "OPENAI_BASE_URL");
  const url = address ?? new URL(officialUrl);
  const baseUrl = plainAddress(url);
  let making: Promise<OpenAI> | undefined;
  const client = async (): Promise<OpenAI> => {
    if (given !== undefined) return given;
    making ??= makeClient({ env, title, url, isKeyOptional: address !== undefined });
    return await making;
  };
  const service = {
    title: baseUrl === officialUrl ? title : `The server at ${url.host}`,
    ...{ url, keyVariable: "OPENAI_API_KEY" },
    addressHint: `Check ${given ? "the client's baseURL" : "OPENAI_BASE_URL"}: it usually ends in /v1.`,
    secrets: [given?.apiKey ?? env.OPENAI_API_KEY?.trim() ?? "", url.password],
  };
  const calls = trackCalls("openai");
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
    name: "openai",
    version: baseUrl === officialUrl ? model : `${model} at ${baseUrl}`,
    place: "service",
    lanes,
    features,
    voices: (call) => calls.run(call?.signal, async () => voices),
    check: (call) =>
      calls.run(call?.signal, async (signal) => {
        const refused = await askForModels(await client(), signal);
        const refusal = refused && understandRefusedKey(refused);
        if (refusal !== undefined) throw refusalError(service, refusal, { voice: "" });
      }),
    speak: (request, call) =>
      calls.run(call?.signal, async (signal) => {
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
            ask: (until) => askClient(asking, body, until),
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
