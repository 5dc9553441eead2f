/** Makes an engine that many may ask at once, for texts of any length, of one that just speaks. */
import type {
  Scheduled,
  ScheduledCall,
  SchedulerOptions,
  SchedulerState,
} from "../scheduler/contract.ts";
import { scheduleAsks } from "../scheduler/schedule-asks.ts";
import { engineTitle } from "./engine-title.ts";
import { joinSpeech } from "./join-speech.ts";
import { splitText, type TextPart } from "./split-text.ts";
import type { SpeechRequest, SpeechResult, Synthesizer } from "./synthesizer.ts";
import { checkCloning, recordingHash } from "./voice-recording.ts";

/**
 * An engine that many may ask at once: calls wait for their turn, in the order they came; what fails for a moment is tried again; a
 * text of any length is split at sentences and joined. Closing it closes the engine.
 */
export interface ScheduledSynthesizer extends Synthesizer {
  /**
   * As the engine's own `speak`, for texts of any length. What a retry may mend has been retried when it throws.
   *
   * @throws DubberError as the engine does; `service_down` when it was down or refused everything for `outageMs`.
   */
  speak(request: SpeechRequest, call?: ScheduledCall): Promise<SpeechResult>;
  /** Tries after the first, as asked for. */
  readonly retries: number;
  state(): SchedulerState;
}

/**
 * Puts a scheduler in front of an engine. Nothing is asked of the engine before the first call; closing the result
 * closes the engine.
 *
 * Its `features.maxCharacters` are the engine's: longer texts are taken, and spoken in parts.
 *
 * @throws DubberError `invalid_options` for options out of their range.
 */
export function scheduleCalls(
  engine: Synthesizer,
  options: SchedulerOptions = {},
): ScheduledSynthesizer {
  const { name, version, place, features } = engine;
  const { ask, ...scheduled } = scheduleAsks<SpeechRequest, SpeechResult>(
    {
      ...{ name, title: engineTitle(name), place, lanes: engine.lanes },
      ...(engine.check && { check: async (call) => engine.check?.(call) }),
      ask: (request, call) => engine.speak(request, call),
      sizeOf: ({ text }) => text.length,
      aspectOf: ({ voice, recording }) =>
        recording === undefined ? voice : `recording ${recordingHash(recording)}`,
      bytesOf: ({ audio }) => audio.byteLength,
      close: () => engine.close(),
    },
    options,
  );
  return {
    ...{ name, version, place, features },
    ...scheduled,
    voices: (call) => engine.voices(call),
    ...(engine.findVoice && { findVoice: engine.findVoice.bind(engine) }),
    ...keptVoices(engine),
    async speak(request, call = {}) {
      checkCloning(request, engine);
      if (features.needsRecording && request.recording === undefined) {
        // It refuses by itself. As a call that failed it would stand for those with recordings, too.
        return engine.speak(request, call);
      }
      const { text, language } = request;
      const parts = splitText(text, features.maxCharacters, language);
      const [only] = parts;
      if (parts.length === 1 && only !== undefined) {
        return ask({ ...request, text: only.text }, call);
      }
      return speakParts(parts, { request, call, engine, ask });
    },
  };
}

/** What an engine has whose service keeps voices. It is asked for too seldom to wait for its turn. */
function keptVoices(engine: Synthesizer): Pick<Synthesizer, "addVoice" | "removeVoice"> {
  return {
    ...(engine.addVoice && { addVoice: engine.addVoice.bind(engine) }),
    ...(engine.removeVoice && { removeVoice: engine.removeVoice.bind(engine) }),
  };
}

type Long = {
  readonly request: SpeechRequest;
  readonly call: ScheduledCall;
  readonly engine: Synthesizer;
  readonly ask: Scheduled<SpeechRequest, SpeechResult>["ask"];
};

/** Speaks all parts, each as a call of its own; the first that fails ends the others. */
async function speakParts(
  parts: readonly TextPart[],
  { request, call, engine, ask }: Long,
): Promise<SpeechResult> {
  const stop = new AbortController();
  const cancel = () => stop.abort(call.signal?.reason);
  call.signal?.throwIfAborted();
  call.signal?.addEventListener("abort", cancel, { once: true });
  const speakPart = async (part: TextPart, index: number) => {
    const spoken: SpeechRequest = {
      ...request,
      text: part.text,
      ...(engine.features.context && neighbours(parts, index, request)),
    };
    const result = await ask(spoken, { ...call, signal: stop.signal, part: index + 1 });
    return { part, result };
  };
  try {
    return joinSpeech(await Promise.all(parts.map(speakPart)), engine.name);
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    call.signal?.removeEventListener("abort", cancel);
  }
}

/** What is said before and after a part: the parts next to it, at the ends what the caller gave. */
function neighbours(parts: readonly TextPart[], index: number, request: SpeechRequest) {
  const previousText = parts[index - 1]?.text ?? request.previousText;
  const nextText = parts[index + 1]?.text ?? request.nextText;
  return {
    ...(previousText !== undefined && { previousText }),
    ...(nextText !== undefined && { nextText }),
  };
}
