/** The second stage, first half: speaks the reviewed lines and plans when each is heard. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeJsonAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import type { Line, Segment } from "../core/segment.ts";
import type { ScheduledSynthesizer } from "../synthesis/schedule.ts";
import type { LineFailure } from "../synthesis/speak-lines.ts";
import { castKept } from "./cast-kept.ts";
import { makeLines } from "./lines.ts";
import type { CheckedOptions } from "./options.ts";
import { type PlanFile, type PlannedLine, writePlan } from "./plan-file.ts";
import { openReviewedText } from "./reviewed-text.ts";
import { shorten } from "./shorten.ts";
import { speakReviewed } from "./speak-reviewed.ts";
import { lastFailures, restricted } from "./speaking-engines.ts";
import type { StageInput } from "./stage-input.ts";
import type { StageRecord } from "./state.ts";
import { rewriteModel } from "./text-models.ts";
import { untranslatedMark } from "./translation-file.ts";

/** Lines that failed alike and are named in one warning. */
const namedFailures = 3;

export type SynthInput = StageInput & {
  /** Language of the dub as prep found it. */
  readonly language: string | undefined;
};

/**
 * Speaks every line of `subs.srt` that has no clip yet, in the wording that fits, and writes `sentences_groups.json` and `plan.json`. Lines
 * that cannot be spoken are kept in the plan's `failures`; the stage then runs again next time.
 *
 * @throws DubberError `text_missing`, `unknown_voice`, `unknown_language`, `engine_unavailable`,
 *   `lines_failed` when not one line could be spoken, `line_too_long`.
 */
export async function synthStage(input: SynthInput, call: Call = {}): Promise<StageRecord> {
  const { work, options, setup, language, emit } = input;
  const folder = await openReviewedText(work.languageRoot, {
    message: "There is no reviewed text yet",
    hint: "Run `dubber prep VIDEO --subs FILE` first, or `dubber dub` for everything at once.",
  });
  const reviewed = folder.read();
  const failed = options.retryFailed ? await lastFailures(work) : new Set<string>();
  const engine = restricted(await setup.synthesizer(), failed, options);
  const planPath = join(work.languageRoot, "plan.json");
  const kept = await keptVoices(input, reviewed.segments, engine, call);
  const fingerprint = work.fingerprint({
    ...folder.fingerprint,
    engine: [engine.name, engine.version],
    language,
    options: pickOptions(options),
    // Without one nothing is asked, and what was reworded before stays.
    ...(rewriteModel(options) !== undefined && { rewriter: rewriteModel(options) }),
    ...(kept && { casting: [...kept.casting].toSorted() }),
  });

  return await work.stage("synth", options.to ?? "", {
    fingerprint,
    async run() {
      const { segments, untranslated } = reviewed;
      const { duration } = await input.info();
      const isHeard = ({ slot }: Line): boolean => slot.start < duration;
      if (segments.length === 0 && untranslated.length > 0) throw nothingTranslated(untranslated);
      const asReviewed = makeLines(segments, options);
      const groupsPath = join(work.languageRoot, "sentences_groups.json");
      await writeGroups(groupsPath, asReviewed);
      const cast = kept ?? (await castKept(input, asReviewed, engine, call));
      const speech = join(work.languageRoot, "speech");
      if (options.force.includes("synth")) await rm(speech, { recursive: true, force: true });
      emit({ type: "engine", stage: "synth", engine: engine.name, isChosen: setup.isEngineNamed });
      const speaking = { ...input, engine, casting: cast.casting, directory: speech };
      const said = await speakReviewed(speaking, reviewed, duration, call);
      const { lines, planned, failures, remarks, account, reworded } = said;
      if (reworded > 0) await writeGroups(groupsPath, lines);
      const heard = lines.filter(isHeard);
      if (planned.length === 0 && !options.noTts) throw nothingSpoken(failures, heard, duration);
      const text = new Map(lines.map((line) => [line.id, line.text]));
      const plan: PlanFile = {
        schema: 1,
        duration,
        ...(language !== undefined && { language }),
        engine: engine.name,
        lines: [...planned],
        failures: [
          ...failures.map(({ id, error }) => ({
            id,
            text: text.get(id) ?? "",
            reason: error.message,
          })),
          ...untranslated.map(notTranslated),
        ],
        warnings: [
          ...reviewed.warnings,
          ...cast.warnings,
          ...remarks,
          ...lines.filter((line) => !isHeard(line)).map(afterTheEnd),
          ...notSpoken(failures, text),
          ...(untranslated.length > 0 ? [untranslatedWarning(untranslated)] : []),
          ...planned.filter(({ overrun }) => overrun > 0.0005).map(tooLong),
        ],
      };
      await writePlan(planPath, plan);
      return {
        outputs: [planPath, groupsPath, ...new Set(planned.map(({ clip }) => join(speech, clip)))],
        warnings: plan.warnings,
        facts: { speech: { engine: engine.name, ...account, reworded } },
        isComplete: plan.failures.length === 0 || options.noTts,
      };
    },
  });
}

/**
 * The voices of named speakers, chosen before anything is decided, since whoever edits `voices.json` wants to hear it; undefined for
 * texts that name nobody.
 */
async function keptVoices(
  input: SynthInput,
  segments: readonly Segment[],
  engine: ScheduledSynthesizer,
  call: Call,
) {
  const isNamed = segments.some(({ speaker }) => speaker !== undefined);
  return isNamed
    ? await castKept(input, makeLines(segments, input.options), engine, call)
    : undefined;
}

/** The options the result depends on, so that changing any other one re-speaks nothing. */
function pickOptions(options: CheckedOptions): Partial<CheckedOptions> {
  const { voice, gender, voiceMap, alignMode, sentenceJoinGap, sentencesPerChunk } = options;
  const { strictTiming, timingToleranceMs, timingFitMode, minAtempo, maxAtempo } = options;
  const { breathPadMs, noSpeedup, noTts } = options;
  const { voiceInstructions, voiceSpeed, voiceSeed, voiceContext, noRewrite } = options;
  return {
    ...{ voice, gender, voiceMap, alignMode, sentenceJoinGap, sentencesPerChunk },
    ...{ strictTiming, timingToleranceMs, timingFitMode, minAtempo, maxAtempo },
    ...{ breathPadMs, noSpeedup, noTts },
    ...{ voiceInstructions, voiceSpeed, voiceSeed, voiceContext, noRewrite },
  };
}

/** The documented file: one entry per spoken line, with the time window of each of its segments. */
async function writeGroups(path: string, lines: readonly Line[]): Promise<void> {
  await writeJsonAtomic(
    path,
    lines.map(({ id, text, windows }) => ({ id, text, windows })),
  );
}

function nothingSpoken(
  failures: readonly LineFailure[],
  heard: readonly Line[],
  duration: number,
): DubberError {
  const [first] = failures;
  if (first !== undefined) {
    // One reason for all is told as itself: a service that is down, a price too high.
    const isShared = failures.every(({ error }) => error.code === first.error.code);
    if (isShared && first.error.code !== "engine_failed") return first.error;
    return new DubberError(
      "lines_failed",
      `Not one of ${failures.length} lines could be spoken: ${first.error.message}`,
      {
        hint: first.error.hint ?? "`dubber doctor` checks the voice engine.",
        retryable: true,
        cause: first.error,
      },
    );
  }
  const why =
    heard.length === 0
      ? `every line begins after the end of the video (${duration.toFixed(1)} s)`
      : "no line holds a letter or digit";
  return new DubberError("text_missing", `There is nothing to speak: ${why}.`, {
    hint: "Check the times and the text of subs.srt: is it for this video?",
  });
}

/** Lines that failed for the same reason are told together, a few of them by name; `failures` holds them all. */
function notSpoken(
  failures: readonly LineFailure[],
  text: ReadonlyMap<string, string>,
): readonly string[] {
  const byReason = Map.groupBy(failures, ({ error }) => error.message);
  return [...byReason].map(([reason, [first, ...more]]) => {
    const named = [first, ...more].slice(0, namedFailures);
    const quoted = named.map((one) => `"${shorten(text.get(one?.id ?? "") ?? "")}"`).join(", ");
    const rest = more.length + 1 - named.length;
    const hint = first?.error.hint === undefined ? "" : ` ${first.error.hint}`;
    return `Not spoken: ${quoted}${rest > 0 ? ` and ${rest} more lines` : ""}: ${reason}${hint}`;
  });
}

function afterTheEnd({ text, slot }: Line): string {
  return `"${shorten(text)}" begins at ${slot.start.toFixed(1)} s, after the end of the video: not spoken.`;
}

function tooLong({ text, start, overrun, tempo }: PlannedLine): string {
  return `"${shorten(text)}" at ${start.toFixed(1)} s does not fit by ${overrun.toFixed(2)} s (spoken at ${tempo.toFixed(2)}×): shorten it.`;
}

/** A line that is the person's to translate is no line that failed to be spoken, but it is missing all the same. */
function notTranslated({ id, text }: Segment) {
  return {
    id,
    text,
    reason: `It is not translated. Replace it in subs.srt, without ${untranslatedMark}, or run the translation again.`,
  };
}

function nothingTranslated({ length }: readonly Segment[]): DubberError {
  return new DubberError("lines_failed", `Not one of ${length} lines is translated.`, {
    hint: `Replace the lines that begin with ${untranslatedMark} in subs.srt, or name another --translation-model.`,
  });
}

function untranslatedWarning(lines: readonly Segment[]): string {
  const count = lines.length === 1 ? "1 line is" : `${lines.length} lines are`;
  return `${count} not translated and so not spoken: they begin with ${untranslatedMark} in subs.srt.`;
}
