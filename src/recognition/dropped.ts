/** What was heard but not kept, as warnings for people. */
import type { Seconds } from "../core/segment.ts";
import { clockTime } from "./clock-time.ts";
import type { NoSpeech } from "./hallucinations.ts";

/** A phrase that was left out, and why; `beyond`: it lies after the end of the sound it was heard in. */
export type Dropped = {
  readonly why: NoSpeech | "beyond";
  readonly start: Seconds;
  readonly text: string;
};

const reasons: Readonly<Record<Dropped["why"], string>> = {
  sound: "music or noise",
  repeat: "a repeat of what was recognised just before",
  unsure: "no speech, as the recogniser itself doubts it",
  silence: "heard where nobody speaks",
  credit: "a credit that nobody spoke",
  beyond: "after the end of its sound",
};

/** At most so many times and so much text of a kind are shown. */
const mostTimes = 3;
const mostText = 40;

/** One sentence for each kind, with count, times and the first text; in the order of the kinds' first occurrence. */
export function describeDropped(dropped: readonly Dropped[]): string[] {
  return [...Map.groupBy(dropped, ({ why }) => why)].map(([why, all]) => {
    const times = all.slice(0, mostTimes).map(({ start }) => clockTime(start));
    const more = all.length > mostTimes ? ", …" : "";
    const count = all.length === 1 ? "1 phrase" : `${all.length} phrases`;
    const text = all[0]?.text ?? "";
    const shown = text.length > mostText ? `${text.slice(0, mostText).trimEnd()}…` : text;
    return `Left out as ${reasons[why]}: ${count} (at ${times.join(", ")}${more}), the first “${shown}”.`;
  });
}
