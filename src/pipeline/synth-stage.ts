/** The second stage, first half: speaks the reviewed lines and plans when each is heard. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeJsonAtomic } from "../core/atomic-file.ts";
import type { Call } from "../core/call.ts";
import { DubberError } from "../core/error.ts";
import { hashBytes } from "../core/hash.ts";
import type { Line } from "../core/segment.ts";
import type { MediaInfo } from "../media/probe.ts";
import { parseSubtitles } from "../subtitles/parse.ts";
import { toSegments } from "../subtitles/segments.ts";
import { parseSegments } from "../subtitles/segments-json.ts";
import type { LineFailure } from "../synthesis/speak-lines.ts";
import { speakingTime } from "../synthesis/speaking-time.ts";
import { lineTooLong } from "../timeline/too-long.ts";
import { openCallLog } from "./call-log.ts";
import type { Emit } from "./events.ts";
import { castVoices, makeLines, restoreSpeakers } from "./lines.ts";
import type { CheckedOptions } from "./options.ts";
import { type PlanFile, type PlannedLine, writePlan } from "./plan-file.ts";
import { planSpoken } from "./plan-spoken.ts";
import type { Setup } from "./setup.ts";
import { shorten } from "./shorten.ts";
import { castFallback, lastFailures, outageWarning, restricted } from "./speaking-engines.ts";
import { type SpeakInput, speakClips } from "./spoken-clips.ts";
import type { StageRecord } from "./state.ts";
import type { WorkDirectory } from "./work-directory.ts";

/** Lines that failed alike and are named in one warning. */
const namedFailures = 3;

export type SynthInput = {
  readonly work: WorkDirectory;
  readonly options: CheckedOptions;
  readonly setup: Setup;
  readonly info: () => Promise<MediaInfo>;
  /** Language of the dub as prep found it. */
  readonly language: string | undefined;
  readonly emit: Emit;
};

/**
 * Speaks every line of `subs.srt` that has no clip yet, and writes `sentences_groups.json` and `plan.json`. Lines that cannot
 * be spoken are kept in the plan's `failures`; the stage then runs again next time.
 *
 * @throws DubberError `text_missing`, `unknown_voice`, `unknown_language`, `engine_unavailable`,
 *   `lines_failed` when not one line could be spoken, `line_too_long`.
 */
export async function synthStage(input: SynthInput, call: Call = {}): Promise<StageRecord> {
  const { work, options, setup, language, emit } = input;
  const subs = await readReviewed(join(work.languageRoot, "subs.srt"));
  const prepared = await readFile(join(work.languageRoot, "translation.json"), "utf8").catch(
    () => "[]",
  );
  const failed = options.retryFailed ? await lastFailures(work) : new Set<string>();
  const engine = restricted(await setup.synthesizer(), failed, options);
  const planPath = join(work.languageRoot, "plan.json");
  const fingerprint = work.fingerprint({
    subs: hashBytes(subs),
    prepared: hashBytes(prepared),
    engine: [engine.name, engine.version],
    language,
    options: pickOptions(options),
  });

  return await work.stage("synth", options.to ?? "", {
    fingerprint,
    async run() {
      const parsed = parseSubtitles(subs, { name: "subs.srt" });
      const reviewed = restoreSpeakers(toSegments(parsed.cues), parseSegments(prepared));
      const lines = makeLines(reviewed, options);
      const groupsPath = join(work.languageRoot, "sentences_groups.json");
      await writeGroups(groupsPath, lines);
      const { casting, warnings } = await castVoices(lines, language, options, engine, call);
      const speech = join(work.languageRoot, "speech");
      if (options.force.includes("synth")) await rm(speech, { recursive: true, force: true });
      const { duration } = await input.info();
      const heard = lines.filter(({ slot }) => slot.start < duration);
      checkLengths(heard, duration);
      emit({ type: "engine", stage: "synth", engine: engine.name, isChosen: setup.isEngineNamed });
      const log = openCallLog(join(work.root, "synth_async.log"), options.logFormat);
      const speaking: SpeakInput = {
        ...{ options, language, emit, cast: { engine, casting } },
        fallback: () => castFallback(input, heard, call),
        onAttempt(attempt) {
          log.add(attempt);
          emit({ type: "call", stage: "synth", ...attempt, ms: Math.round(attempt.ms) });
        },
      };
      const endOutages = setup.onOutage((outage) => emit(outageWarning(outage, engine.name)));
      const { clips, failures, remarks, account } = await speakClips(
        speaking,
        heard,
        speech,
        call,
      ).finally(async () => {
        endOutages();
        const trouble = await log.close();
        if (trouble !== undefined) emit({ type: "warning", stage: "synth", message: trouble });
      });
      const spoken = heard.filter(({ id }) => clips.has(id));
      if (spoken.length === 0 && !options.noTts) throw nothingSpoken(failures, heard, duration);
      const planned = planSpoken(spoken, clips, duration, options, reviewed);
      const text = new Map(heard.map((line) => [line.id, line.text]));
      const missing = failures.map(({ id, error }) => ({
        id,
        text: text.get(id) ?? "",
        reason: error.message,
      }));
      const plan: PlanFile = {
        schema: 1,
        duration,
        ...(language !== undefined && { language }),
        engine: engine.name,
        lines: planned,
        failures: missing,
        warnings: [
          ...parsed.warnings,
          ...warnings,
          ...remarks,
          ...lines.filter((line) => !heard.includes(line)).map(afterTheEnd),
          ...notSpoken(failures, text),
          ...planned.filter(({ overrun }) => overrun > 0.0005).map(tooLong),
        ],
      };
      await writePlan(planPath, plan);
      return {
        outputs: [
          planPath,
          groupsPath,
          ...[...new Set([...clips.values()].map(({ path }) => path))],
        ],
        warnings: plan.warnings,
        facts: { speech: { engine: engine.name, ...account } },
        isComplete: failures.length === 0 || options.noTts,
      };
    },
  });
}

/** The options the result depends on, so that changing any other one re-speaks nothing. */
function pickOptions(options: CheckedOptions): Partial<CheckedOptions> {
  const { voice, gender, voiceMap, alignMode, sentenceJoinGap, sentencesPerChunk } = options;
  const { strictTiming, timingToleranceMs, timingFitMode, minAtempo, maxAtempo } = options;
  const { breathPadMs, noSpeedup, noTts } = options;
  const { voiceInstructions, voiceSpeed, voiceSeed, voiceContext } = options;
  return {
    ...{ voice, gender, voiceMap, alignMode, sentenceJoinGap, sentencesPerChunk },
    ...{ strictTiming, timingToleranceMs, timingFitMode, minAtempo, maxAtempo },
    ...{ breathPadMs, noSpeedup, noTts },
    ...{ voiceInstructions, voiceSpeed, voiceSeed, voiceContext },
  };
}

/** The documented file: one entry per spoken line, with the time window of each of its segments. */
async function writeGroups(path: string, lines: readonly Line[]): Promise<void> {
  await writeJsonAtomic(
    path,
    lines.map(({ id, text, windows }) => ({ id, text, windows })),
  );
}

async function readReviewed(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new DubberError("text_missing", `There is no reviewed text yet (${path}).`, {
      hint: "Run `dubber prep VIDEO --subs FILE` first, or `dubber dub` for everything at once.",
      cause,
    });
  }
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
