/** The engines Dubber can speak with: name → how to open it. A new engine is one file and one line here. */
import { DubberError } from "../core/error.ts";
import type { Synthesizer } from "./synthesizer.ts";

/** What an engine needs to know to be opened. */
export type OpenSynthesizerOptions = {
  /** How many texts to speak at once, a whole number ≥ 1; each engine has its own default. */
  readonly lanes?: number;
  /** Where engines find their keys and addresses; nothing is read from anywhere else. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The engine's model; each engine that has several has a default. */
  readonly model?: string;
};

type Open = (options: OpenSynthesizerOptions) => Promise<Synthesizer>;

const engines: Readonly<Record<string, Open>> = {
  embedded: async (options) => (await import("./embedded.ts")).openEmbedded(options),
  openai: async (options) => (await import("./openai.ts")).openOpenai(options),
  elevenlabs: async (options) => (await import("./elevenlabs.ts")).openElevenlabs(options),
  cosyvoice: async (options) => (await import("./cosyvoice.ts")).openCosyvoice(options),
};

/** The engine to speak with when nobody names one: it is on this machine and costs nothing. */
export const bestLocalEngine = "embedded";

/** Names {@link openSynthesizer} takes. */
export const engineNames: readonly string[] = Object.keys(engines);

/**
 * Opens a voice engine by its name; only that engine's code is loaded. Close it when done.
 *
 * @throws DubberError `invalid_options` for a name that is not in {@link engineNames} or lanes below 1,
 * `engine_unavailable` when the engine's parts are not installed.
 */
export async function openSynthesizer(
  name: string,
  options: OpenSynthesizerOptions = {},
): Promise<Synthesizer> {
  const open = Object.hasOwn(engines, name) ? engines[name] : undefined;
  if (open === undefined) {
    throw new DubberError("invalid_options", `There is no voice engine "${name}".`, {
      hint: `Choose one of: ${engineNames.join(", ")}.`,
    });
  }
  const { lanes } = options;
  if (lanes !== undefined && !(Number.isSafeInteger(lanes) && lanes >= 1)) {
    throw new DubberError("invalid_options", `A voice engine cannot have ${lanes} lanes.`, {
      hint: "Give a whole number, 1 or more.",
    });
  }
  return open(options);
}
