/** Has the reviewed text spoken: in which words, by whom, logged and on the bill. */
import { join } from "node:path";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Line } from "../core/segment.ts";
import type { ScheduledSynthesizer } from "../synthesis/schedule.ts";
import { isSpeakable } from "../synthesis/speakable-text.ts";
import { speakingTime } from "../synthesis/speaking-time.ts";
import { buildLines } from "../timeline/lines.ts";
import { lineTooLong } from "../timeline/too-long.ts";
import { openCallLog } from "./call-log.ts";
import { type Casting, groupLines } from "./lines.ts";
import { type PlanFile, type PlannedLine, readPlan } from "./plan-file.ts";
import { planSpoken } from "./plan-spoken.ts";
import { prepFactsSchema } from "./prep-facts.ts";
import type { ReviewedText } from "./reviewed-text.ts";
import { openRunMemory, type RunMemory } from "./run-memory.ts";
import { shorten } from "./shorten.ts";
import { type FittingInput, speakFitting } from "./speak-fitting.ts";
import { gendersOf } from "./speaker-genders.ts";
import { castFallback, outageWarning } from "./speaking-engines.ts";
import { type SpeakInput, type SpeechAccount, speakClips } from "./spoken-clips.ts";
import { spokenPace } from "./spoken-pace.ts";
import type { StageInput } from "./stage-input.ts";
import { rewriteModel } from "./text-models.ts";
import { billedAsker } from "./text-prices.ts";
import { readManner } from "./translate-text.ts";
import { wordSegments } from "./word-lines.ts";

/** Lines are said in other words at most so often. */
const mostRounds = 2;

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
  const pace = await spokenPace(work.languageRoot, language ?? "und");
  const last = await lastTexts(input);
  const reviewedTexts = new Map(segments.map(({ id, text }) => [id, text]));
  // From the reviewed text: another wording may end in another way, and must not move other lines.
  const groups = groupLines(segments, options);
  const memory = await openRunMemory(work.root, options, [rewriteModel(options)]);
  const rewriter = await openRewriter(input, pace, memory);
  const log = openCallLog(join(work.root, "synth_async.log"), options.logFormat);
  const endOutages = setup.onOutage((outage) => emit(outageWarning(outage, engine.name, "synth")));
  const fitting: FittingInput<Awaited<ReturnType<typeof speakClips>>> = {
    ...{ segments, prepared, texts: wordSegments(segments, prepared, { last, pace }) },
    rounds: options.noRewrite ? 0 : mostRounds,
    ...(rewriter && { rewriter }),
    makeLines: (now) => buildLines(now, groups),
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
    await memory.flush();
    const { lines, clips, planned, rounds, reworded, trouble } = fitted;
    const [first] = rounds;
    const remarks = new Set(rounds.flatMap((round) => round.remarks));
    if (trouble !== undefined) remarks.add(notReworded(trouble));
    // A line that was spoken once is spoken, even if other words for it failed.
    const failures = (first?.failures ?? []).filter(({ id }) => !clips.has(id));
    checkNoneLost(lines.filter(isHeard), planned, failures);
    return { lines, planned, failures, remarks: [...remarks], reworded, account: sumUp(rounds) };
  } finally {
    endOutages();
    const trouble = await log.close();
    if (trouble !== undefined) emit({ type: "warning", stage: "synth", message: trouble });
  }
}

/** What fitted last time, as far as the same voices speak it again. */
async function lastTexts({
  work,
  options,
  engine,
  casting,
}: SpeakReviewedInput): Promise<PlanFile | undefined> {
  if (options.force.includes("synth") || options.noRewrite) return undefined;
  const plan = await readPlan(join(work.languageRoot, "plan.json")).catch(() => undefined);
  if (plan?.engine !== engine.name) return undefined;
  const isSame = ({ speaker, voice }: PlannedLine) => casting.get(speaker ?? "") === voice;
  return { ...plan, lines: plan.lines.filter(isSame) };
}

/** Every line is heard or told of: one that is neither would be a hole in the dub that nobody knows of. */
function checkNoneLost(
  lines: readonly Line[],
  planned: readonly PlannedLine[],
  failures: readonly { readonly id: string }[],
): void {
  const known = new Set([...planned, ...failures].map(({ id }) => id));
  const lost = lines.filter(({ id, text }) => !known.has(id) && isSpeakable(text));
  if (lost.length === 0) return;
  const named = lost.map(({ text }) => `"${shorten(text)}"`).join(", ");
  throw new DubberError("internal", `Lines were neither spoken nor failed: ${named}.`);
}

function notReworded({ message, hint }: DubberError): string {
  return `Lines that do not fit were not said in fewer words: ${message}${hint === undefined ? "" : ` ${hint}`}`;
}

async function openRewriter(
  { options, setup, bill, language, work, casting }: SpeakReviewedInput,
  pace: number,
  memory: RunMemory,
): Promise<FittingInput<never>["rewriter"]> {
  const model = rewriteModel(options);
  if (model === undefined || language === undefined) return undefined;
  const facts = work.lastRecord("prep", options.to ?? "")?.facts ?? {};
  const from = prepFactsSchema.safeParse(facts).data?.sourceLanguage;
  const genders = await gendersOf(work.root, options, casting.keys());
  const manner = await readManner(options, { from, to: language, pace, genders });
  const asker = billedAsker(await setup.text.asker(model), bill, options);
  return { asker, memory, manner };
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
