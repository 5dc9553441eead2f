/** Has the reviewed text spoken: in which words, by whom, logged and on the bill. */
import { join } from "node:path";
import type { Call } from "../core/call.ts";
import type { Line } from "../core/segment.ts";
import type { ScheduledSynthesizer } from "../synthesis/schedule.ts";
import { speakingTime } from "../synthesis/speaking-time.ts";
import { lineTooLong } from "../timeline/too-long.ts";
import { openCallLog } from "./call-log.ts";
import { type Casting, makeLines } from "./lines.ts";
import { readPlan } from "./plan-file.ts";
import { planSpoken } from "./plan-spoken.ts";
import type { ReviewedText } from "./reviewed-text.ts";
import { openRunMemory, type RunMemory } from "./run-memory.ts";
import { type FittingInput, speakFitting } from "./speak-fitting.ts";
import { castFallback, outageWarning } from "./speaking-engines.ts";
import { type SpeakInput, type SpeechAccount, speakClips } from "./spoken-clips.ts";
import { spokenPace } from "./spoken-pace.ts";
import type { StageInput } from "./stage-input.ts";
import { rewriteModel } from "./text-models.ts";
import { billedAsker } from "./text-prices.ts";
import { readManner } from "./translate-text.ts";
import { wordSegments } from "./word-lines.ts";

export type SpeakReviewedInput = StageInput & {
  readonly language: string | undefined;
  readonly engine: ScheduledSynthesizer;
  readonly casting: Casting;
  /** Where clips are. */
  readonly directory: string;
};

/**
 * Speaks every line that begins before `duration`, and rewords those that do not fit where prep has other wordings for them.
 *
 * @returns lines with the texts that were spoken, those after the end too; what was planned, what failed, what it took.
 * @throws DubberError `line_too_long`, `text_missing`; what ends all speaking.
 */
export async function speakReviewed(
  input: SpeakReviewedInput,
  { segments, prepared }: ReviewedText,
  duration: number,
  call: Call,
) {
  const { work, options, language, engine, casting, directory, bill, emit } = input;
  const { setup } = input;
  const isHeard = ({ slot }: Line): boolean => slot.start < duration;
  const log = openCallLog(join(work.root, "synth_async.log"), options.logFormat);
  const endOutages = setup.onOutage((outage) => emit(outageWarning(outage, engine.name, "synth")));
  const isForced = options.force.includes("synth");
  const last = isForced
    ? undefined
    : await readPlan(join(work.languageRoot, "plan.json")).catch(() => undefined);
  const pace = await spokenPace(work.languageRoot, language ?? "und");
  const reviewedTexts = new Map(segments.map(({ id, text }) => [id, text]));
  const memory = await openRunMemory(work.root, options, [rewriteModel(options)]);
  const rewriter = await openRewriter(input, pace, memory);
  const fitting: FittingInput<Awaited<ReturnType<typeof speakClips>>> = {
    ...{ segments, prepared, texts: wordSegments(segments, prepared, { last, pace }) },
    ...(rewriter && { rewriter }),
    makeLines: (now) => makeLines(now, options),
    async speak(lines) {
      const heard = lines.filter(isHeard);
      checkLengths(heard, duration);
      const speaking: SpeakInput = {
        ...{ options, language, emit, bill, cast: { engine, casting } },
        fallback: () => castFallback(input, heard, call),
        onAttempt(attempt) {
          log.add(attempt);
          emit({ type: "call", stage: "synth", ...attempt, ms: Math.round(attempt.ms) });
        },
      };
      return await speakClips(speaking, heard, directory, call);
    },
    plan: (lines, clips, now) => planSpoken(lines, clips, duration, options, now, reviewedTexts),
  };
  try {
    const fitted = await speakFitting(fitting, call);
    const { lines, clips, planned, rounds, reworded } = fitted;
    const [first] = rounds;
    const remarks = [...new Set(rounds.flatMap((round) => round.remarks))];
    // A line that was spoken once is spoken, even if other words for it failed.
    const failures = (first?.failures ?? []).filter(({ id }) => !clips.has(id));
    return { lines, planned, failures, remarks, reworded, account: sumUp(rounds) };
  } finally {
    endOutages();
    await memory.flush();
    const trouble = await log.close();
    if (trouble !== undefined) emit({ type: "warning", stage: "synth", message: trouble });
  }
}

async function openRewriter(
  { options, setup, bill, language, work }: SpeakReviewedInput,
  pace: number,
  memory: RunMemory,
): Promise<FittingInput<never>["rewriter"]> {
  const model = rewriteModel(options);
  if (model === undefined || language === undefined) return undefined;
  const from = sourceLanguageOf(work.lastRecord("prep", options.to ?? "")?.facts);
  const manner = await readManner(options, { from, to: language, pace, genders: {} });
  const asker = billedAsker(await setup.text.asker(model), bill, options);
  return { asker, memory, manner };
}

function sourceLanguageOf(
  facts: Readonly<Record<string, unknown>> | undefined,
): string | undefined {
  const language = facts?.sourceLanguage;
  return typeof language === "string" ? language : undefined;
}

/** All rounds as one: lines that were spoken before are counted once, in the first. */
function sumUp(rounds: readonly { readonly account: SpeechAccount }[]): SpeechAccount {
  const sum = (pick: (account: SpeechAccount) => number): number =>
    rounds.reduce((total, { account }) => total + pick(account), 0);
  return {
    spoken: sum(({ spoken }) => spoken),
    reused: rounds[0]?.account.reused ?? 0,
    seconds: sum(({ seconds }) => seconds),
    costUsd: sum(({ costUsd }) => costUsd),
    byFallback: sum(({ byFallback }) => byFallback),
  };
}

/**
 * Refuses, before it is paid for, a line that no voice could say in what is left of the video: three times as fast as voices speak, and
 * twice that by the plan.
 */
function checkLengths(lines: readonly Line[], duration: number): void {
  const endless = lines.flatMap(({ id, text, slot }) => {
    const excess = speakingTime(text) / 6 - (duration - slot.start);
    return excess > 0 ? [{ id, slot, excess }] : [];
  });
  if (endless.length > 0) throw lineTooLong(endless);
}
