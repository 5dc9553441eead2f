/** `--no-tts`: an engine that has every name of the real one and never speaks. */
import { DubberError } from "../core/error.ts";
import type { Synthesizer } from "../synthesis/synthesizer.ts";

/** Clips of `engine` are found under the same names; a line without one fails instead of being requested. */
export function silentEngine(engine: Synthesizer): Synthesizer {
  return {
    name: engine.name,
    version: engine.version,
    lanes: engine.lanes,
    features: engine.features,
    voices: (call) => engine.voices(call),
    async speak() {
      throw new DubberError("engine_failed", "there is no clip yet, and --no-tts asks for none.");
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
