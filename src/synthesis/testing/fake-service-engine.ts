/** The scheduler's fake service as a voice engine. */
import {
  type FakeService,
  type FakeServiceOptions,
  fakeService,
} from "../../scheduler/testing/fake-service.ts";
import type { SpeechRequest, Synthesizer } from "../synthesizer.ts";

export type FakeEngine = Synthesizer &
  Pick<FakeService<SpeechRequest>, "received"> & {
    /** The most it was ever busy with. */
    readonly mostInFlight: () => number;
  };

export type FakeEngineOptions = FakeServiceOptions<SpeechRequest> & {
  readonly maxCharacters?: number;
  readonly hasContext?: boolean;
  readonly hasCloning?: boolean;
};

/** An engine whose sound has one sample per character, its character code. */
export function fakeServiceEngine({
  maxCharacters = 1_000,
  hasContext = false,
  hasCloning = false,
  ...options
}: FakeEngineOptions): FakeEngine {
  const service = fakeService(options);
  const { name, place, lanes, check, ask, close, received } = service;
  return {
    ...{ name, version: "1", place, lanes, close, received },
    ...(check && { check }),
    features: {
      ...{ instructions: false, cloning: hasCloning, seed: false },
      ...{ context: hasContext, maxCharacters },
    },
    voices: async () => [],
    speak: ask,
    mostInFlight: () => service.mostInFlight,
    [Symbol.asyncDispose]: close,
  };
}
