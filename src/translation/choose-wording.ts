/** Which of three wordings is spoken, before anybody has heard them. Pure. */
import type { Seconds } from "../core/segment.ts";
import type { Wordings } from "./contract.ts";
import { speakingCharacters } from "./pace.ts";

export type ChosenWording = {
  readonly text: string;
  readonly which: keyof Wordings;
  /** How long it will take. */
  readonly predicted: Seconds;
};

/** Speech is never slowed down to fill time, so the long wording is for lines the normal one would leave mostly silent… */
const mostlySilent = 0.7;
/** …and only where it fits for certain. */
const surelyFits = 0.95;

/**
 * Chooses the wording for a slot: `normal` where it fits, or `long` where that fits with 5 % to spare and `normal` would fill less than
 * 70 %. Otherwise the longest of the others that fits, and where none does, the shortest of all.
 *
 * @param pace characters a second, above 0.
 */
export function chooseWording(wordings: Wordings, seconds: Seconds, pace: number): ChosenWording {
  const [short, normal, long] = (["short", "normal", "long"] as const).map((which) => ({
    ...{ text: wordings[which], which },
    predicted: speakingCharacters(wordings[which]) / pace,
  })) as [ChosenWording, ChosenWording, ChosenWording];
  if (normal.predicted <= seconds) {
    const isBetter =
      normal.predicted < mostlySilent * seconds &&
      long.predicted <= surelyFits * seconds &&
      long.predicted > normal.predicted;
    return isBetter ? long : normal;
  }
  const fitting = [short, long].filter(({ predicted }) => predicted <= seconds);
  if (fitting.length > 0) return fitting.reduce((a, b) => (b.predicted > a.predicted ? b : a));
  return [normal, short, long].reduce((a, b) => (b.predicted < a.predicted ? b : a));
}
