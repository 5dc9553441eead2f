/** OpenAI's recognisers, and any server that speaks its `/v1/audio/transcriptions`. */
import type OpenAI from "openai";
import { listeningRate } from "../core/sound.ts";
import { askService } from "../service/ask.ts";
import { trackCalls } from "../service/calls.ts";
import { readJson } from "../service/json.ts";
import { askClient } from "../service/openai-client.ts";
import { understandOpenai } from "../service/openai-refusal.ts";
import { openaiServer } from "../service/openai-server.ts";
import { type Env, serviceLanes } from "../service/settings.ts";
import { readTranscription } from "./openai-answer.ts";
import { buildForm, sendForm } from "./openai-form.ts";
import type { Recognizer } from "./recognizer.ts";

const defaultModel = "whisper-1";
/** The API takes 25 MB; at 32,000 bytes a second that would be 13.6 minutes. */
const maxSeconds = 780;

export type OpenaiRecognizerOptions = {
  /** `STT_BASE_URL` with `STT_API_KEY`; without the address as for the voices: `OPENAI_API_KEY`, `OPENAI_BASE_URL`, … */
  readonly env?: Env;
  /** Default `whisper-1`. Models whose names begin with `gpt-` give text without times. */
  readonly model?: string;
  readonly lanes?: number;
  /** A client of the caller's own, instead of `env`. */
  readonly client?: OpenAI;
};

/**
 * Opens the recogniser; asks nothing yet, and needs no key before it is asked to listen.
 *
 * @throws DubberError `invalid_options` (no address).
 */
export async function openOpenaiRecognizer({
  env = {},
  model = defaultModel,
  lanes = serviceLanes,
  client: given,
}: OpenaiRecognizerOptions): Promise<Recognizer> {
  const { service, otherAddress, client, checkKey } = openaiServer({
    env,
    ownPrefix: "STT",
    client: given,
  });
  const calls = trackCalls("The recogniser openai");
  const times = !model.startsWith("gpt-");
  const close = async (): Promise<void> => calls.close();
  return {
    name: "openai",
    version: otherAddress === undefined ? model : `${model} at ${otherAddress}`,
    place: "service",
    lanes,
    features: { maxSeconds, times },
    check: (call) => calls.run(call?.signal, checkKey),
    recognize: (request, call) =>
      calls.run(call?.signal, async (signal) => {
        const asking = await client();
        const form = buildForm(request, { model, times });
        const answer = await askService(
          {
            service,
            asked: { model },
            ask: (until) => askClient((options) => sendForm(asking, form, options), until),
            understand: understandOpenai,
          },
          { signal, onReply: call?.onReply },
        );
        const seconds = request.samples.length / listeningRate;
        return readTranscription(readJson(answer.body), seconds, service.title);
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}
