/** `--dry-run`: what the videos would speak and cost, as a table. */
import { basename } from "node:path";
import { languageName } from "../core/language.ts";
import { money } from "../core/money.ts";
import { type Estimate, estimate } from "../pipeline/estimate.ts";
import { type CommandContext, runContextOf } from "./command-context.ts";
import type { GivenOptions } from "./dub-options.ts";
import { exitCodes } from "./exit-codes.ts";
import type { Errand } from "./run-several.ts";
import { workDirectoryOf } from "./work-directory-of.ts";

/**
 * Reads the texts and says what speaking them takes; asks nobody and writes nothing.
 *
 * @throws DubberError as `estimate`.
 */
export async function showEstimates(
  { videos, languages }: Errand,
  options: GivenOptions,
  context: CommandContext,
): Promise<number> {
  const { output, world } = context;
  const estimates: Estimate[] = [];
  for (const video of videos) {
    for (const [index, to] of languages.entries()) {
      const workdir = workDirectoryOf(video, options.workdir, world);
      const asked = { ...options, video, workdir, ...(to !== undefined && { to }) };
      const one = await estimate(asked, runContextOf(context));
      estimates.push(index === 0 ? one : heardBefore(one));
    }
  }
  const [first] = estimates;
  if (first === undefined) return exitCodes.done;
  output.result(
    estimates.length === 1
      ? { status: "done", ...first }
      : { status: "done", results: estimates, costByText: sum(estimates, "costByText") },
    [...estimates.map(table), ...total(estimates)].join("\n\n"),
  );
  return exitCodes.done;
}

/** What the first language of a video has paid for is there for the others. */
function heardBefore(one: Estimate): Estimate {
  const { costOfListening } = one;
  return {
    ...one,
    ...{ minutesUnheard: 0, costOfListening: 0 },
    costByText: one.costByText - costOfListening,
    costByVideo: one.costByVideo - costOfListening,
  };
}

function table(one: Estimate): string {
  const { video, language, engine, lines, characters, usdPerMinute } = one;
  const into = language === undefined ? "" : ` in ${languageName(language)}`;
  const price = usdPerMinute === 0 ? "costs nothing" : `${money(usdPerMinute)} a minute`;
  const rows: readonly (readonly string[])[] = [
    ...(one.minutesUnheard > 0
      ? [["listening", minutes(one.minutesUnheard), money(one.costOfListening)]]
      : []),
    ...(one.costOfTranslation > 0 ? [["translating", "", money(one.costOfTranslation)]] : []),
    ...(lines > 0
      ? [
          ["lines", `${lines}`, leftText(one.missingLines, lines)],
          ["characters", `${characters}`, leftText(one.missingCharacters, characters)],
        ]
      : []),
    ["by the text", minutes(one.minutesByText), money(one.costByText)],
    ["by the video", minutes(one.minutesByVideo), money(one.costByVideo)],
  ];
  const body = rows.map(
    ([name = "", value = "", more = ""]) => `  ${name.padEnd(14)}${value.padStart(10)}   ${more}`,
  );
  return [`${basename(video)}${into}, spoken by ${engine} (${price})`, ...body].join("\n");
}

/** What is left to speak; the rest was spoken before. */
function leftText(missing: number, all: number): string {
  return missing === all ? "all to be spoken" : `${missing} to be spoken, the others are there`;
}

function total(estimates: readonly Estimate[]): readonly string[] {
  if (estimates.length === 1) return [];
  const [text, video] = [sum(estimates, "costByText"), sum(estimates, "costByVideo")];
  return [`${estimates.length} dubs: ${money(text)} by the text, ${money(video)} by the video`];
}

function sum(estimates: readonly Estimate[], key: "costByText" | "costByVideo"): number {
  return estimates.reduce((all, one) => all + one[key], 0);
}

function minutes(value: number): string {
  return `${value.toFixed(1)} min`;
}
