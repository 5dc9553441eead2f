/** Opens a voice engine, also when its key is missing: to find clips that are there, nobody has to be asked. */
import { DubberError } from "../core/error.ts";
import { type OpenSynthesizerOptions, openSynthesizer } from "../synthesis/catalogue.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";

/** Stands in for keys while an engine is opened that will never use them. */
const noKeys = { OPENAI_API_KEY: "none", ELEVENLABS_API_KEY: "none" };

/**
 * As `openSynthesizer`, but a missing key is told by the first call that needs it.
 *
 * @throws DubberError as `openSynthesizer`, except `key_missing`.
 */
export async function openEngine(
  name: string,
  options: OpenSynthesizerOptions,
): Promise<Synthesizer> {
  try {
    return await openSynthesizer(name, options);
  } catch (error) {
    if (!(error instanceof DubberError && error.code === "key_missing")) throw error;
    const engine = await openSynthesizer(name, { ...options, env: { ...options.env, ...noKeys } });
    const refuse = async (): Promise<never> => {
      throw error;
    };
    // OpenAI's voices are a list of our own.
    return { ...engine, ...(name !== "openai" && { voices: refuse }), speak: refuse };
  }
}
