/** A sound that is made up with what is said in it, and a recogniser that knows it: for tests, without any real speech. */
import type { Slot, Word } from "../../core/segment.ts";
import { listeningRate, type SoundPiece } from "../../core/sound.ts";
import type { HeardPhrase, RecognitionRequest, RecognitionResult } from "../recognizer.ts";
import { silencesFrom } from "../slots.ts";

/**
 * Pieces of a second: 0 where nobody speaks, loud where somebody does, and every two loud samples tell their number, so that {@link placeOf} can
 * say where a part is from.
 */
export async function* syntheticPieces(
  seconds: number,
  speech: readonly Slot[],
  onPiece: () => void = () => {},
): AsyncGenerator<SoundPiece, void, void> {
  const total = Math.round(seconds * listeningRate);
  for (let start = 0; start < total; start += listeningRate) {
    onPiece();
    const span = {
      start: start / listeningRate,
      end: Math.min(total, start + listeningRate) / listeningRate,
    };
    const samples = new Int16Array(Math.min(listeningRate, total - start));
    for (const slot of speech) {
      if (slot.end <= span.start || slot.start >= span.end) continue;
      const from = Math.max(0, Math.round((slot.start - span.start) * listeningRate));
      const to = Math.min(samples.length, Math.round((slot.end - span.start) * listeningRate));
      for (let index = from; index < to; index++) samples[index] = loud(start + index);
    }
    yield { start: span.start, samples, silences: silencesFrom(speech, span) };
  }
}

/** Of the sample with this number: the lower bits of its pair above zero, then the higher ones below. */
function loud(sample: number): number {
  return sample % 2 === 0 ? 5000 + ((sample >> 1) & 0x1fff) : -5000 - (sample >> 14);
}

/** Where a part of such a sound begins, seconds; NaN for silence. */
export function placeOf(samples: Int16Array): number {
  const index = samples.findIndex((one, at) => one > 0 && (samples[at + 1] ?? 0) < 0);
  const sample =
    (((samples[index] ?? 0) - 5000) << 1) | ((-5000 - (samples[index + 1] ?? 0)) << 14);
  return index < 0 ? Number.NaN : (sample - index) / listeningRate;
}

/** What a perfect recogniser says about a stretch of a transcript; a word cut by its border is heard as a part of itself. */
export function hearWords(
  transcript: readonly Word[],
  span: Slot,
  perPhrase = 7,
): RecognitionResult {
  const heard = transcript.flatMap(({ text, start, end }): Word[] => {
    const from = Math.max(start, span.start);
    const to = Math.min(end, span.end);
    if (to - from < 0.02) return [];
    const isWhole = from === start && to === end;
    const part = start < span.start ? text.slice(-2) : text.slice(0, 2);
    return [{ text: isWhole ? text : `${part}x`, start: from - span.start, end: to - span.start }];
  });
  const phrases: HeardPhrase[] = [];
  for (let index = 0; index < heard.length; index += perPhrase) {
    const words = heard.slice(index, index + perPhrase);
    const text = words.map((word) => word.text).join(" ");
    phrases.push({ start: words[0]?.start ?? 0, end: words.at(-1)?.end ?? 0, text, words });
  }
  return { phrases, hasTimes: true, warnings: [] };
}

/** A recogniser's answer with one phrase over all of the request. */
export function onePhrase(
  { samples }: RecognitionRequest,
  text: string,
  more: Partial<RecognitionResult> = {},
): RecognitionResult {
  const phrase = { start: 0, end: samples.length / listeningRate, text };
  return { phrases: [phrase], hasTimes: true, warnings: [], ...more };
}

/** Everything a stream holds. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const held: T[] = [];
  for await (const item of items) held.push(item);
  return held;
}
