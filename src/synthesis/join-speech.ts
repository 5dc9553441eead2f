/** The sound of the parts of a text, one after the other, so that nobody hears where it was split. */
import { DubberError } from "../core/error.ts";
import { concatSamples } from "./concat-samples.ts";
import { engineTitle } from "./engine-title.ts";
import type { TextPart } from "./split-text.ts";
import type { SpeechResult } from "./synthesizer.ts";

/** Silence after a part, seconds. Engines leave some of their own at both ends. */
const pauses: Readonly<Record<TextPart["end"], number>> = { sentence: 0.12, clause: 0.06, none: 0 };
/** The sound goes out and in over this long, so that no step is heard as a click, seconds. */
const fade = 0.005;

export type SpokenPart = {
  readonly part: TextPart;
  readonly result: SpeechResult;
};

/**
 * Joins spoken parts: with 120 ms of silence after a sentence and 60 ms after a clause, else with a cross-fade of 5 ms.
 * Both sides of a join are faded over 5 ms. One part alone is given back as it is.
 *
 * @param spoken at least one, in the order of the text.
 * @param name of the engine, for the message.
 * @returns the sound at the parts' own rate; every warning once.
 * @throws DubberError `engine_failed` when the parts have different sample rates.
 */
export function joinSpeech(spoken: readonly SpokenPart[], name: string): SpeechResult {
  const [first] = spoken;
  if (first === undefined) throw new RangeError("There is nothing to join.");
  if (spoken.length === 1) return first.result;
  const join = openSpeechJoin(name);
  const pieces = spoken.map((part) => join.add(part));
  return {
    audio: concatSamples([...pieces, join.end()]),
    sampleRate: first.result.sampleRate,
    warnings: join.warnings,
  };
}

/** Parts that are joined as they come. */
export type SpeechJoin = {
  /**
   * Adds the next part of the text.
   *
   * @returns what can no longer change, at the parts' own rate: all but the last 5 ms, which may have to be faded.
   * @throws DubberError `engine_failed` when it has another sample rate than the first.
   */
  add(spoken: SpokenPart): Int16Array;
  /** What was held back, when no part follows. */
  end(): Int16Array;
  /** Of the parts so far, every warning once. */
  readonly warnings: readonly string[];
};

/**
 * Begins a join whose sound goes out while later parts are still being spoken; all that goes out, one after the other, is what
 * {@link joinSpeech} makes of the same parts.
 *
 * @param name of the engine, for the message.
 */
export function openSpeechJoin(name: string): SpeechJoin {
  const warnings = new Set<string>();
  let sampleRate: number | undefined;
  let last: Held | undefined;

  function add({ part, result }: SpokenPart): Int16Array {
    const { audio } = result;
    sampleRate ??= result.sampleRate;
    if (result.sampleRate !== sampleRate) {
      throw differentRates(name, sampleRate, result.sampleRate);
    }
    for (const warning of result.warnings) warnings.add(warning);
    const longest = Math.round(fade * sampleRate);
    const pause = last === undefined ? 0 : Math.round(pauses[last.end] * sampleRate);
    // Half a part at most: a very short one is faded at both its ends.
    const fadeIn = Math.min(longest, last?.tail.length ?? 0, Math.floor(audio.length / 2));
    const settled = audio.length - Math.min(longest, Math.floor(audio.length / 2));
    const at = (last?.tail.length ?? 0) + (pause > 0 ? pause : -fadeIn);
    const out = new Int16Array(at + settled);
    if (last !== undefined) fadeInto(out, { at: 0, samples: last.tail, fadeOut: fadeIn });
    fadeInto(out, { at, samples: audio.subarray(0, settled), fadeIn });
    last = { tail: audio.subarray(settled), end: part.end };
    return out;
  }

  return {
    add,
    end() {
      const { tail } = last ?? { tail: new Int16Array(0) };
      last = undefined;
      return tail.slice();
    },
    get warnings() {
      return [...warnings];
    },
  };
}

/** The end of a part, which the next one may change. */
type Held = { readonly tail: Int16Array; readonly end: TextPart["end"] };

/** Adds samples to what is there; their first and last go in and out, over so many samples. */
function fadeInto(
  out: Int16Array,
  {
    at,
    samples,
    fadeIn = 0,
    fadeOut = 0,
  }: { at: number; samples: Int16Array; fadeIn?: number; fadeOut?: number },
): void {
  for (let index = 0; index < samples.length; index++) {
    const gain = Math.min(
      fadeIn === 0 ? 1 : (index + 0.5) / fadeIn,
      fadeOut === 0 ? 1 : (samples.length - index - 0.5) / fadeOut,
      1,
    );
    const sum = (out[at + index] as number) + Math.round((samples[index] as number) * gain);
    out[at + index] = Math.max(-32_768, Math.min(32_767, sum));
  }
}

function differentRates(name: string, first: number, other: number): DubberError {
  const message = `${engineTitle(name)} spoke parts of one text at ${first} and ${other} Hz.`;
  return new DubberError("engine_failed", message, {
    hint: "Split the line into shorter ones, or choose another voice.",
  });
}
