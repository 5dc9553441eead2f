/** The documented functions for OpenAI and ElevenLabs, each a few words around a batch; others go through `makeSynthBatch`. */
import type { OpenAI } from "openai";
import type { Call } from "../core/call.ts";
import { type BatchOptions, makeSynthBatch, type SynthBatch } from "./batch.ts";
import { BatchError } from "./batch-error.ts";
import { openSynthesizer } from "./catalogue.ts";

/** How a batch is spoken through an OpenAI client. */
export type OpenaiBatchOptions = BatchOptions & {
  /** Of the official package; its own retries are off for these requests. */
  readonly client: OpenAI;
  /** E.g. `gpt-4o-mini-tts`. */
  readonly model: string;
};

/** Makes a function that speaks batches through an OpenAI client; see {@link makeSynthBatch}. */
export function makeSynthOpenaiBatch({
  client,
  model,
  ...options
}: OpenaiBatchOptions): SynthBatch {
  return makeSynthBatch({
    ...options,
    async synthesizer() {
      const { openOpenai } = await import("./openai.ts");
      // The client, its key and what its server knows are the caller's: nothing is asked of it but speech.
      const { check: _, ...engine } = await openOpenai({ env: {}, client, model });
      return engine;
    },
  });
}

/** How a batch is spoken through ElevenLabs. */
export type ElevenlabsBatchOptions = BatchOptions & {
  readonly apiKey: string;
  /** Default `eleven_multilingual_v2`. */
  readonly model?: string;
  /** Default `https://api.elevenlabs.io`. */
  readonly baseUrl?: string;
};

/** Makes a function that speaks batches through ElevenLabs; see {@link makeSynthBatch}. */
export function makeSynthElevenlabsBatch({
  apiKey,
  model,
  baseUrl,
  ...options
}: ElevenlabsBatchOptions): SynthBatch {
  const env = {
    ELEVENLABS_API_KEY: apiKey,
    ...(baseUrl !== undefined && { ELEVENLABS_BASE_URL: baseUrl }),
  };
  return makeSynthBatch({
    ...options,
    synthesizer: () =>
      openSynthesizer("elevenlabs", { env, ...(model !== undefined && { model }) }),
  });
}

/**
 * Speaks many texts through an OpenAI client, `texts[i]` into `outputPaths[i]`, at most `maxConcurrent` (5) at once.
 *
 * @returns the paths, in the order of the inputs.
 * @throws DubberError `invalid_options` before the first request; `BatchError` when all have ended and some failed.
 */
export async function processTtsBatch(
  {
    texts,
    outputPaths,
    ...options
  }: OpenaiBatchOptions & {
    readonly texts: readonly string[];
    readonly outputPaths: readonly string[];
  },
  call: Call = {},
): Promise<string[]> {
  return await makeSynthOpenaiBatch(options)(texts, outputPaths, call);
}

/**
 * Speaks one text through an OpenAI client into a WAV file, which is whole or not there.
 *
 * @throws DubberError as the engine does, when retries did not help.
 */
export async function ttsSpeakOpenai(
  {
    text,
    outPath,
    ...options
  }: OpenaiBatchOptions & { readonly text: string; readonly outPath: string },
  call: Call = {},
): Promise<void> {
  try {
    await makeSynthOpenaiBatch(options)([text], [outPath], call);
  } catch (error) {
    throw error instanceof BatchError ? error.cause : error;
  }
}
