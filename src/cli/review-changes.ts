/** What a person did to a text, and what a next run makes of it, in words. */
import type { Review } from "../pipeline/review.ts";

export type NamedChanges = Review["changes"];

const words: readonly (readonly [keyof NamedChanges, string])[] = [
  ["edited", "edited"],
  ["moved", "moved"],
  ["added", "added"],
  ["dropped", "dropped"],
  ["split", "split"],
  ["joined", "joined"],
];

/** `2 edited, 1 moved`; nothing where nothing was changed. */
export function describeChanges(changes: NamedChanges): string {
  return words
    .filter(([kind]) => changes[kind].length > 0)
    .map(([kind, word]) => `${changes[kind].length} ${word}`)
    .join(", ");
}

/**
 * What `dubber synth`, or for the original's words `dubber prep`, does next time, a sentence each.
 *
 * @param changes of this edit.
 */
export function nextSteps(
  { rows }: Review,
  changes: NamedChanges,
  which: "dub" | "source",
): readonly string[] {
  if (which === "source") {
    if (describeChanges(changes) === "") return [];
    return ["`dubber prep` takes it over: what changed is translated anew."];
  }
  const open = rows.filter(({ status }) => status === "not translated").length;
  const spoken = rows.filter((row) => row.spoken !== undefined).length;
  const unspoken = rows.length - spoken - open;
  const isFirst = spoken === 0;
  return [
    ...(isFirst ? [`\`dubber synth\` speaks all ${lines(unspoken)}.`] : []),
    ...(!isFirst && unspoken > 0
      ? [`\`dubber synth\` speaks ${lines(unspoken)} anew and keeps ${spoken}.`]
      : []),
    ...(!isFirst && unspoken === 0 ? [quietStep(changes)] : []),
    ...(open > 0 ? [`${lines(open)} still to be translated: not spoken.`] : []),
  ];
}

/** Where no word has changed. */
function quietStep({ moved, dropped, split, joined }: NamedChanges): string {
  const isPlanned = [moved, dropped, split, joined].some((ids) => ids.length > 0);
  return isPlanned
    ? "`dubber synth` speaks nothing anew and only plans the times again."
    : "`dubber synth` has nothing to do.";
}

function lines(count: number): string {
  return count === 1 ? "1 line" : `${count} lines`;
}
