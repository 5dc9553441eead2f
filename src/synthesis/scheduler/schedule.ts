/** Makes an engine that many may ask at once of one that just speaks. The contract says what that means. */
import type { SpeechRequest, SpeechResult, Synthesizer } from "../synthesizer.ts";
import { checkOptions } from "./checked-options.ts";
import type { ScheduledCall, ScheduledSynthesizer, SchedulerOptions } from "./contract.ts";
import { Dispatcher } from "./dispatcher.ts";
import { joinSpeech } from "./join-speech.ts";
import { splitText, type TextPart } from "./split-text.ts";

/**
 * Calls that are worth having for `slots` of them: those between two tries leave no slot idle. Not many more, since whoever waits for a
 * disk holds its sound meanwhile.
 */
function lanesFor(slots: number): number {
  return Math.ceil(slots * 1.25) + 4;
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
  const checked = checkOptions(engine, options);
  const dispatcher = new Dispatcher(engine, checked);
  let closing: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    closing ??= Promise.all([dispatcher.close(), engine.close()]);
    await closing;
  };
  return {
    name: engine.name,
    version: engine.version,
    place: engine.place,
    lanes: lanesFor(checked.highest),
    features: engine.features,
    retries: checked.retries,
    voices: (call) => engine.voices(call),
    async speak(request, call = {}) {
      const { text, language } = request;
      const parts = splitText(text, engine.features.maxCharacters, language);
      const [only] = parts;
      if (parts.length === 1 && only !== undefined) {
        return dispatcher.speak({ ...request, text: only.text }, call);
      }
      return speakParts(parts, { request, call, engine, dispatcher });
    },
    state: () => dispatcher.state,
    close,
    [Symbol.asyncDispose]: close,
  };
}

type Long = {
  readonly request: SpeechRequest;
  readonly call: ScheduledCall;
  readonly engine: Synthesizer;
  readonly dispatcher: Dispatcher;
};

/** Speaks all parts, each as a call of its own; the first that fails ends the others. */
async function speakParts(
  parts: readonly TextPart[],
  { request, call, engine, dispatcher }: Long,
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
    const result = await dispatcher.speak(spoken, { ...call, signal: stop.signal }, index + 1);
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
