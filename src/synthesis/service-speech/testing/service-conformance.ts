/** The rules every voice engine keeps that asks a service, as a test suite to run on it. Not a test by itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FakeService } from "../../../../test/support/services/fake-service.ts";
import {
  type ServiceConformanceOptions as AskingOptions,
  describeAsking,
} from "../../../service/testing/service-conformance.ts";
import type { SpeechRequest, Synthesizer } from "../../synthesizer.ts";
import { recordedTone } from "../../testing/recorded-tone.ts";

export type ServiceConformanceOptions = Omit<AskingOptions, "open"> & {
  /** @param url of the fake, or where nobody is. */
  readonly open: (url: string, key: string) => Promise<Synthesizer>;
  readonly voice: string;
  /** For an engine that speaks with recordings: faults that mean something else then, see `outcomes`. */
  readonly recordingOutcomes?: AskingOptions["outcomes"];
};

const key = "test-key";
const text =
  "One line, long enough to be sent in several pieces: it takes about seven seconds to say it all.";

/** Declares the suite. */
export function describeService(
  name: string,
  { open, voice, recordingOutcomes, ...options }: ServiceConformanceOptions,
): void {
  const opening = (request: SpeechRequest): AskingOptions["open"] => {
    return async (url, with_) => {
      const engine = await open(url, with_);
      const { check } = engine;
      return {
        async ask(call) {
          const { audio, ...rest } = await engine.speak(request, call);
          const sound = Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength);
          // As text, which is quicker to compare than some 100,000 numbers.
          return { ...rest, sound: sound.toString("base64") };
        },
        ...(check && { check: (call) => check(call) }),
        close: () => engine.close(),
      };
    };
  };
  describeAsking(name, { ...options, open: opening({ text, voice }) });
  if (recordingOutcomes !== undefined) {
    describeAsking(`${name} with a recording`, {
      ...options,
      open: opening({ text, voice: "", recording: recordedTone(200) }),
      outcomes: recordingOutcomes,
    });
  }

  describe(`${name} for many lines`, () => {
    let fake: FakeService;
    let engine: Synthesizer;
    beforeAll(async () => {
      fake = await options.start({ key });
      engine = await open(fake.url, key);
    });
    afterAll(async () => {
      await engine.close();
      await fake.close();
    });

    it("brings a hundred answers at once back to their callers", async () => {
      const lengths = Array.from({ length: 100 }, (_, index) => 20 + ((index * 37) % 100));
      const results = await Promise.all(
        lengths.map((length) => engine.speak({ text: "a".repeat(length), voice })),
      );
      const seconds = results.map(({ audio, sampleRate }) => audio.length / sampleRate);
      expect(seconds.map((one) => Math.round(one * 15))).toEqual(lengths);
    });

    it("does not even say what voices it has once it is closed", async () => {
      const other = await open(fake.url, key);
      await other.close();
      await expect(other.voices()).rejects.toMatchObject({ code: "engine_unavailable" });
    });
  });
}
