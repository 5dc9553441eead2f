/** `dubber bench`: the same lines at several limits of calls in flight, against the engine one will dub with. */

import { DubberError } from "../../core/error.ts";
import { parseLanguage } from "../../core/language.ts";
import { money } from "../../core/money.ts";
import { priceOf, usdPerMinute } from "../../pipeline/cost.ts";
import { checkOptions } from "../../pipeline/options.ts";
import { bestLocalEngine, openSynthesizer } from "../../synthesis/catalogue.ts";
import { chooseVoice } from "../../synthesis/choose-voice.ts";
import { speakingTime } from "../../synthesis/speaking-time.ts";
import type { Synthesizer } from "../../synthesis/synthesizer.ts";
import { askYesNo } from "../ask.ts";
import { benchTexts } from "../bench-texts.ts";
import type { Action, CommandContext } from "../command-context.ts";
import { toDubOptions } from "../dub-options.ts";
import { exitCodes } from "../exit-codes.ts";
import { type Measurement, measureLimit } from "../measure-limit.ts";

type BenchFlags = {
  readonly limits?: readonly (number | "auto")[];
  readonly lines?: number;
  readonly language?: string;
  readonly yes?: boolean;
};

/** The limits in the guide's table. */
const usualLimits = [1, 3, 5, 10] as const;

export const benchCommand: Action = async (_args, values, context) => {
  const { output, signal, env } = context;
  const {
    limits = usualLimits,
    lines = 15,
    language = "en",
    yes = false,
    ...flags
  } = values as BenchFlags;
  const texts = benchTexts(language, lines);
  const { options } = toDubOptions(flags, env);
  const checked = checkOptions({ ...options, video: "bench" });
  const { engine: name = bestLocalEngine, ttsModel: model } = checked;
  const open = (): Promise<Synthesizer> =>
    openSynthesizer(name, { env, ...(model !== undefined && { model }) });

  const perMinute = usdPerMinute(name, checked);
  const characters = texts.reduce((sum, text) => sum + text.length, 0) * limits.length;
  const seconds = texts.reduce((sum, text) => sum + speakingTime(text), 0) * limits.length;
  const costUsd = priceOf(seconds, perMinute);
  const price = costUsd === 0 ? "costs nothing" : `will cost about ${money(costUsd)}`;
  // What is missing is said before anybody is asked to pay.
  await using first = await open();
  await first.check?.({ signal });
  output.say(
    `${name}: ${lines * limits.length} requests with ${characters} characters, which ${price}.`,
  );
  if (costUsd > 0 && !yes && !(await mayPay(costUsd, context))) {
    output.say("Nothing was requested.");
    output.result({ status: "done", measurements: [] }, "");
    return exitCodes.done;
  }
  const voice = checked.voice ?? (await voiceOf(first, language, signal));
  const measurements: Measurement[] = [];
  const requests = texts.map((text) => ({ text, voice, language: parseLanguage(language) }));
  for (const limit of limits) {
    const measured = await measureLimit(await open(), limit, requests, {
      signal,
      onOutage(outage) {
        if (outage.isDown) output.warn(`${outage.message} Waiting for it.`);
      },
    });
    measurements.push(measured);
    output.event({ type: "measurement", ...measured });
    output.say(`${limit} in flight: ${measured.seconds.toFixed(1)} s`);
  }
  const isWhole = measurements.every(({ failed }) => failed === 0);
  const status = isWhole ? "done" : "partial";
  output.result(
    { status, engine: name, lines, characters, costUsd, measurements },
    table(measurements),
  );
  return isWhole ? exitCodes.done : exitCodes.partial;
};

/** @throws DubberError `usage` where nobody can be asked. */
async function mayPay(
  costUsd: number,
  { output, signal, world }: CommandContext,
): Promise<boolean> {
  if (world.stdin.isTTY !== true || output.style !== "people") {
    throw new DubberError("usage", `The benchmark would cost about ${money(costUsd)}.`, {
      hint: "Say --yes to have it measured all the same. Nothing was requested.",
    });
  }
  return await askYesNo("Go on?", world, { signal });
}

async function voiceOf(engine: Synthesizer, language: string, signal: AbortSignal) {
  return chooseVoice(await engine.voices({ signal }), { language: parseLanguage(language) }).id;
}

/** Markdown, as the guide has it; the speed-up is over the first row. */
function table(measurements: readonly Measurement[]): string {
  const hasFailed = measurements.some(({ failed }) => failed > 0);
  const first = measurements[0]?.seconds ?? 0;
  const head = ["in flight", "time", "speed-up", "refused", "retries"];
  const rows = measurements.map(({ limit, seconds, refused, retries, failed }) => [
    ...[`${limit}`, `${seconds.toFixed(1)} s`, `${(first / seconds).toFixed(1)}×`],
    ...[`${refused}`, `${retries}`, ...(hasFailed ? [`${failed}`] : [])],
  ]);
  const all = [hasFailed ? [...head, "failed"] : head, ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const [top = "", ...body] = all.map((row) => rowOf(row, widths));
  const rule = `|${widths.map((width) => `${"-".repeat(width + 1)}:`).join("|")}|`;
  return [top, rule, ...body].join("\n");
}

function rowOf(cells: readonly string[], widths: readonly number[]): string {
  return `| ${cells.map((cell, column) => cell.padStart(widths[column] ?? 0)).join(" | ")} |`;
}
