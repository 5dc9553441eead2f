/** Gives text without times the times of the speech it was heard in. */
import type { Seconds, Slot } from "../core/segment.ts";
import { type Phrase, shortestPhrase } from "./phrase.ts";
import { splitSentences } from "./sentences.ts";
import { lengthOf } from "./slots.ts";

/** A sentence's end that falls so near a pause falls into it: a quarter of a second of speech is about four characters. */
const nearPause: Seconds = 0.8;

/**
 * Cuts a text at the ends of its sentences and lays them over the speech, each with the share of time its share of characters
 * asks for. Where a sentence would end near a pause, it ends at the pause.
 *
 * @param speech spans the text was said in: sorted, apart from each other, inside `part`; without any, all of `part` counts.
 * @returns one phrase per sentence, sorted and disjoint.
 */
export function spreadText(text: string, speech: readonly Slot[], part: Slot): Phrase[] {
  const sentences = splitSentences(text);
  const spans = lengthOf(speech) >= shortestPhrase * sentences.length * 2 ? speech : [part];
  const total = lengthOf(spans);
  const characters = sentences.reduce((sum, one) => sum + one.length, 0);
  /** Where pauses lie, on a clock that runs only while somebody speaks. */
  const pauses = spans.map((_, index) => lengthOf(spans.slice(0, index + 1))).slice(0, -1);
  const phrases: Phrase[] = [];
  let from: Seconds = 0;
  let said = 0;
  for (const [index, sentence] of sentences.entries()) {
    said += sentence.length;
    const ideal = index === sentences.length - 1 ? total : (total * said) / characters;
    const rest = (sentences.length - 1 - index) * shortestPhrase;
    const pause = nearest(pauses, ideal);
    const wanted = pause !== undefined && Math.abs(pause - ideal) < nearPause ? pause : ideal;
    const to = Math.min(Math.max(wanted, from + shortestPhrase), total - rest);
    phrases.push({
      text: sentence,
      start: onClock(spans, from, "start"),
      end: onClock(spans, to, "end"),
    });
    from = to;
  }
  return phrases.filter(({ start, end }) => end > start);
}

/** A time on the speaking clock → on the media's. At a pause the start of what follows lies after it, an end before it. */
function onClock(spans: readonly Slot[], time: Seconds, side: "start" | "end"): Seconds {
  let before: Seconds = 0;
  for (const { start, end } of spans) {
    const until = before + end - start;
    if (side === "start" ? time < until - 1e-9 : time <= until + 1e-9) {
      return Math.min(start + time - before, end);
    }
    before = until;
  }
  return spans.at(-1)?.end ?? 0;
}

function nearest(times: readonly Seconds[], wanted: Seconds): Seconds | undefined {
  return times.reduce<Seconds | undefined>(
    (best, time) =>
      best === undefined || Math.abs(time - wanted) < Math.abs(best - wanted) ? time : best,
    undefined,
  );
}
