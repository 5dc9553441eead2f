/** How far a stage is, in words and as a bar. */

import { money } from "../core/money.ts";
import type { DubEvent, SpeechProgress, StageName } from "../pipeline/events.ts";

export type ProgressEvent = Extract<DubEvent, { type: "progress" }>;

export const titles: Readonly<Record<StageName, string>> = {
  recognition: "Listening",
  polish: "Polishing",
  prep: "Preparing the text",
  sound: "Taking the sound",
  synth: "Speaking",
  mix: "Mixing",
  burn: "Writing the video",
  youtube: "Texts for YouTube",
};

const barWidth = 24;
const titleWidth = 18;
/** A shorter bar says less than the words that would have to go for it. */
const leastBar = 8;

/**
 * Stage, bar and numbers in one line of at most `columns`, e.g. `Speaking ███░░  3/12 lines  4.1/s  2 s left`. The bar gives way
 * to the numbers.
 */
export function progressLine(event: ProgressEvent, elapsedSeconds: number, columns = 120): string {
  const text = progressText(event, elapsedSeconds).join("  ");
  const title = titles[event.stage];
  const room = columns - titleWidth - 2 - text.length;
  if (room < leastBar) return `${title}  ${text}`.slice(0, columns);
  const width = Math.min(barWidth, room);
  const share = event.total > 0 ? Math.min(1, event.done / event.total) : 0;
  const full = Math.round(share * width);
  return `${title.padEnd(titleWidth)}${"█".repeat(full)}${"░".repeat(width - full)}  ${text}`;
}

/** The numbers: for lines that are spoken all that is known of the calls, elsewhere count, rate and the time that is left. */
export function progressText(
  { done, total, unit, speech }: ProgressEvent,
  elapsedSeconds: number,
): readonly string[] {
  if (speech !== undefined) return [`${done}/${total} lines`, ...speechText(speech)];
  const rate = elapsedSeconds > 0 ? done / elapsedSeconds : 0;
  const count =
    unit === "lines" ? `${done}/${total} lines` : `${Math.round(done)}/${Math.round(total)} s`;
  const pace = unit === "lines" ? `${rate.toFixed(1)}/s` : `${rate.toFixed(0)}×`;
  return [count, pace, ...(rate > 0 ? [`${duration((total - done) / rate)} left`] : [])];
}

function speechText(speech: SpeechProgress): readonly string[] {
  const { charactersDone, charactersTotal, inFlight, limit, retries, failed } = speech;
  const { etaSeconds, costUsd } = speech;
  return [
    `${charactersDone}/${charactersTotal} characters`,
    `${inFlight}/${limit} in flight`,
    ...(retries > 0 ? [`${retries} ${retries === 1 ? "retry" : "retries"}`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(etaSeconds !== undefined ? [`${duration(etaSeconds)} left`] : []),
    ...(costUsd !== undefined ? [money(costUsd)] : []),
  ];
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 120 ? `${whole} s` : `${Math.round(whole / 60)} min`;
}
