/** A voice engine that does what a test tells it to: at once, slowly, never, wrongly. Its sound tells what it was asked to say. */
import { setTimeout as sleep } from "node:timers/promises";
import { DubberError } from "../../src/core/error.ts";
import type { Voice } from "../../src/core/voice.ts";
import type { SpeechRequest, SpeechResult, Synthesizer } from "../../src/synthesis/synthesizer.ts";

export type FakeEngine = Synthesizer & {
  /** Every call so far. */
  readonly asked: SpeechRequest[];
  readonly inFlight: number;
  readonly mostInFlight: number;
  /** Calls whose signal ended them. */
  readonly aborted: number;
  /** What it does from now on; see {@link FakeBehaviour}. */
  behaviour: FakeBehaviour;
};

export type FakeBehaviour = {
  /** How long a call takes, ms. Default 0. */
  readonly ms?: number | ((request: SpeechRequest) => number);
  /** Calls wait until this is resolved. */
  readonly gate?: Promise<unknown>;
  /** What a call fails with; undefined lets it go on. */
  readonly fail?: (request: SpeechRequest, call: number) => unknown;
};

export type FakeEngineOptions = FakeBehaviour & {
  readonly name?: string;
  readonly features?: Partial<Synthesizer["features"]>;
  readonly voices?: readonly Voice[];
  /** Hz. Default 16,000. */
  readonly sampleRate?: number;
  /** Seconds of sound for a character. Default 0.01. */
  readonly secondsPerCharacter?: number;
  readonly place?: Synthesizer["place"];
};

const someVoices: readonly Voice[] = [
  { id: "ann", name: "Ann", languages: ["en"], gender: "female" },
  { id: "bob", name: "Bob", languages: ["en"], gender: "male" },
];

export function makeFakeEngine({
  name = "fake",
  features,
  voices = someVoices,
  sampleRate = 16_000,
  secondsPerCharacter = 0.01,
  place = "local",
  ...behaviour
}: FakeEngineOptions = {}): FakeEngine {
  let [inFlight, mostInFlight, aborted] = [0, 0, 0];
  const asked: SpeechRequest[] = [];
  const engine: FakeEngine = {
    ...{ name, place, version: `${name} 1`, lanes: 64, asked, behaviour },
    features: {
      ...{ speed: { min: 0.25, max: 4 }, instructions: false, cloning: false },
      ...{ seed: false, context: false, maxCharacters: 4000, ...features },
    },
    get inFlight() {
      return inFlight;
    },
    get mostInFlight() {
      return mostInFlight;
    },
    get aborted() {
      return aborted;
    },
    voices: async () => voices,
    async speak(request, { signal } = {}) {
      asked.push(request);
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      const { ms = 0, gate, fail } = engine.behaviour;
      try {
        const error = fail?.(request, asked.length);
        if (error !== undefined) throw error;
        if (!voices.some(({ id }) => id === request.voice) && request.recording === undefined) {
          throw new DubberError("unknown_voice", `There is no voice ${request.voice}.`);
        }
        const wait = typeof ms === "function" ? ms(request) : ms;
        if (wait > 0) await sleep(wait, undefined, signal ? { signal } : {});
        if (gate !== undefined) await untilAborted(gate, signal);
        return tone(request, sampleRate, secondsPerCharacter);
      } catch (error) {
        if (signal?.aborted) {
          aborted += 1;
          throw signal.reason;
        }
        throw error;
      } finally {
        inFlight -= 1;
      }
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
  return engine;
}

async function untilAborted(
  gate: Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal?.reason);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  await Promise.race([gate, promise]).finally(() => signal?.removeEventListener("abort", abort));
}

/** A tone as long as the text, its pitch from the text's characters: equal texts sound equal, others do not. */
function tone(
  { text, voice }: SpeechRequest,
  sampleRate: number,
  secondsPerCharacter: number,
): SpeechResult {
  const audio = new Int16Array(
    Math.max(1, Math.round(text.length * secondsPerCharacter * sampleRate)),
  );
  const sum = [...`${voice}${text}`].reduce((total, one) => total + (one.codePointAt(0) ?? 0), 0);
  const step = (2 * Math.PI * (200 + (sum % 600))) / sampleRate;
  for (let index = 0; index < audio.length; index++) {
    audio[index] = Math.round(8000 * Math.sin(step * index));
  }
  return { audio, sampleRate, warnings: [] };
}
