/** The sound of the parts of a text, one after the other, so that nobody hears where it was split. */
import { DubberError } from "../core/error.ts";
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
  const { sampleRate } = first.result;
  const other = spoken.find(({ result }) => result.sampleRate !== sampleRate);
  if (other !== undefined) {
    const message = `${engineTitle(name)} spoke parts of one text at ${sampleRate} and ${other.result.sampleRate} Hz.`;
    throw new DubberError("engine_failed", message, {
      hint: "Split the line into shorter ones, or choose another voice.",
    });
  }
  const places = placeParts(spoken, sampleRate);
  const last = places.at(-1);
  const audio = new Int16Array(last === undefined ? 0 : last.at + last.audio.length);
  for (const [index, { at, audio: part, fadeIn }] of places.entries()) {
    mixIn(audio, { at, part, fadeIn, fadeOut: places[index + 1]?.fadeIn ?? 0 });
  }
  const warnings = [...new Set(spoken.flatMap(({ result }) => result.warnings))];
  return { audio, sampleRate, warnings };
}

type Place = {
  readonly at: number;
  readonly audio: Int16Array;
  /** Samples; the part before goes out over as many. */
  readonly fadeIn: number;
};

function placeParts(spoken: readonly SpokenPart[], sampleRate: number): readonly Place[] {
  const places: Place[] = [];
  let end = 0;
  for (const [index, { result }] of spoken.entries()) {
    const { audio } = result;
    const before = spoken[index - 1];
    if (before === undefined) {
      places.push({ at: 0, audio, fadeIn: 0 });
      end = audio.length;
      continue;
    }
    // Half a part at most: a very short one is faded at both its ends.
    const shorter = Math.min(before.result.audio.length, audio.length);
    const fadeIn = Math.min(Math.round(fade * sampleRate), Math.floor(shorter / 2));
    const pause = Math.round(pauses[before.part.end] * sampleRate);
    const at = pause > 0 ? end + pause : end - fadeIn;
    places.push({ at, audio, fadeIn });
    end = at + audio.length;
  }
  return places;
}

function mixIn(
  audio: Int16Array,
  { at, part, fadeIn, fadeOut }: { at: number; part: Int16Array; fadeIn: number; fadeOut: number },
): void {
  for (let index = 0; index < part.length; index++) {
    const gain = Math.min(
      fadeIn === 0 ? 1 : (index + 0.5) / fadeIn,
      fadeOut === 0 ? 1 : (part.length - index - 0.5) / fadeOut,
      1,
    );
    const sum = (audio[at + index] as number) + Math.round((part[index] as number) * gain);
    audio[at + index] = Math.max(-32_768, Math.min(32_767, sum));
  }
}
