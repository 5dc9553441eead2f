/** What a request to `/v1/audio/speech` holds. */
import { clampSpeed } from "./clamp-speed.ts";
import { speakableText } from "./speakable-text.ts";
import type { SpeechRequest, SynthesizerFeatures } from "./synthesizer.ts";

/** The body of a request. */
export type OpenaiSpeech = {
  readonly model: string;
  readonly input: string;
  readonly voice: string;
  readonly response_format: "wav";
  readonly speed?: number;
  readonly instructions?: string;
};

/**
 * The body for a wish, and what of the wish it leaves out. It asks for WAV, because its header says the true sample rate: other
 * servers have others.
 *
 * @throws DubberError `invalid_text`, `invalid_options`.
 */
export function buildBody(
  request: SpeechRequest,
  model: string,
  features: SynthesizerFeatures,
): { readonly body: OpenaiSpeech; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const speed = clampSpeed(request.speed, { range: features.speed, title: model, warnings });
  const { instructions, seed, voice } = request;
  if (instructions !== undefined && !features.instructions) {
    warnings.push(`${model} cannot follow instructions; they were ignored.`);
  }
  if (seed !== undefined) warnings.push(`${model} takes no seed; it was ignored.`);
  const body = {
    model,
    input: speakableText(request.text, features.maxCharacters),
    voice,
    response_format: "wav" as const,
    ...(speed !== 1 && { speed }),
    ...(instructions !== undefined && features.instructions && { instructions }),
  };
  return { body, warnings };
}
